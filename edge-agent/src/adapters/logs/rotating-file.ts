import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../../core/errors.ts";
import { createBoundedQueue } from "../../lib/bounded-queue.ts";
import type { LogSink } from "./log-sink.ts";
import type { FileSettings } from "./options.ts";

export interface RotatingFileDeps {
  readonly clock: Clock;
  /** Told once when writing begins to fail. */
  onTrouble(error: Error): void;
}

/** Lines are gathered for so long, or until there are so many: a line each would be a system call each. */
const FLUSH_MS = 250;
const FLUSH_LINES = 256;
const PIECE_LINES = 64;
/** Written at once, at most: a file is no larger than it may be by more than a share of it. */
const MOST_PIECE_BYTES = 2 ** 20;
const PIECE_SHARE = 1 / 8;
/** Lines that may wait for a slow or full disk. */
const MOST_WAITING = 65_536;
const RETRY_MS = 5000;

/** A file that becomes <path>.1 when it is full. */
export function createRotatingFile(settings: FileSettings, { clock, onTrouble }: RotatingFileDeps): LogSink {
  const queue = createBoundedQueue<string>(MOST_WAITING);
  const stopping = new AbortController();
  const writer = createWriter(settings);
  const pieceBytes = Math.min(MOST_PIECE_BYTES, settings.maxBytes * PIECE_SHARE);
  let wake = new AbortController();
  let lines = 0;
  let lost = 0;
  let failures = 0;
  let isFailing = false;

  /** @returns false when the disk would not; the piece is written again, or lost when the agent stops */
  async function tryWriting(piece: string): Promise<boolean> {
    try {
      await writer.write(piece);
      isFailing = false;
      return true;
    } catch (thrown) {
      failures += 1;
      if (!isFailing)
        onTrouble(new Error(`the log file cannot be written: ${describeError(thrown)}`, { cause: thrown }));
      isFailing = true;
      return false;
    }
  }

  async function drain(): Promise<void> {
    while (queue.size > 0) {
      const piece = pieceOf(queue.take, pieceBytes);
      while (!(await tryWriting(piece.text))) {
        if (await slept(clock, RETRY_MS, stopping.signal)) continue;
        lost += piece.lines + queue.take(queue.size).length;
        return;
      }
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      if (queue.size < FLUSH_LINES)
        await slept(clock, FLUSH_MS, AbortSignal.any([stopping.signal, wake.signal]));
      await drain();
    }
    await drain();
    await writer.close();
  }

  const running = run();
  return {
    write(line) {
      lines += 1;
      queue.push(line);
      if (queue.size === FLUSH_LINES) wake.abort();
    },
    figures: () => ({ log: "file", lines, dropped: lost + queue.dropped, failures }),
    async close() {
      stopping.abort(new DOMException("the log is closed", "AbortError"));
      await running;
    },
  };
}

function pieceOf(
  take: (most: number) => string[],
  bytes: number,
): { readonly text: string; readonly lines: number } {
  let text = "";
  let lines = 0;
  while (text.length < bytes) {
    const some = take(PIECE_LINES);
    if (some.length === 0) break;
    text += some.join("");
    lines += some.length;
  }
  return { text, lines };
}

function createWriter({ path, maxBytes, files }: FileSettings) {
  let handle: FileHandle | undefined;
  let bytes = 0;

  async function reopen(): Promise<FileHandle> {
    await mkdir(dirname(path), { recursive: true });
    const opened = await open(path, "a", 0o640);
    bytes = (await opened.stat()).size;
    handle = opened;
    return opened;
  }

  async function close(): Promise<void> {
    const open = handle;
    handle = undefined;
    await open?.close();
  }

  async function rotate(): Promise<void> {
    await close();
    await rm(`${path}.${files}`, { force: true });
    for (let i = files - 1; i >= 0; i -= 1) {
      const from = i === 0 ? path : `${path}.${i}`;
      try {
        await rename(from, `${path}.${i + 1}`);
      } catch (thrown) {
        // There are fewer than there may be, or somebody has tidied up.
        if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT")) throw thrown;
      }
    }
  }

  return {
    async write(piece: string): Promise<void> {
      let file = handle ?? (await reopen());
      const size = Buffer.byteLength(piece);
      if (bytes > 0 && bytes + size > maxBytes) {
        await rotate();
        file = await reopen();
      }
      // After a failed write the file may end in half a line; it is opened anew, and its size looked up.
      handle = undefined;
      try {
        await file.appendFile(piece);
        handle = file;
      } finally {
        if (handle === undefined) await file.close();
      }
      bytes += size;
    },
    close,
  };
}
