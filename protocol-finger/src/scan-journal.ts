import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { FingerError } from "./finger-error.ts";
import { fingerprintSchema } from "./fingerprint-schema.ts";
import type { ScanResult } from "./scan.ts";

/** Results of a scan on disk, one JSON object a line, each safe before the scan goes on: a scan that was cut off is
 *  taken up where it ended. */
export interface ScanJournal {
  /** What earlier runs found, by host. */
  readonly known: ReadonlyMap<string, ScanResult>;
  append(result: ScanResult): Promise<void>;
  close(): Promise<void>;
}

/** @throws FingerError OPTION_INVALID where the file is something else, or cannot be written; `append` throws
 *  FILE_UNWRITABLE */
export async function openScanJournal(file: string): Promise<ScanJournal> {
  const handle = await opened(file);
  const text = await handle.readFile("utf8");
  // What a power cut left of the last line is no result.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const known = new Map<string, ScanResult>();
  try {
    for (const [i, line] of whole.split("\n").entries()) {
      if (line !== "") known.set(...entryOf(file, i + 1, line));
    }
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
  let end = Buffer.byteLength(whole);
  await handle.truncate(end);
  let last: Promise<void> = Promise.resolve();

  async function write(line: Buffer): Promise<void> {
    try {
      await handle.write(line, 0, line.length, end);
      await handle.datasync();
    } catch (cause) {
      const message = `${file} cannot be written to any more; free space and run the same command again, it goes on there`;
      throw new FingerError("FILE_UNWRITABLE", message, { cause });
    }
    end += line.length;
  }

  return {
    known,
    append(result) {
      // One after the other: lines of hosts that end together must not mix.
      const done = last.then(() => write(Buffer.from(`${JSON.stringify(result)}\n`)));
      last = done.catch(() => undefined);
      return done;
    },
    async close() {
      await last;
      await handle.close();
    },
  };
}

async function opened(file: string): Promise<FileHandle> {
  try {
    const made = await open(file, "a+");
    const isFile = (await made.stat()).isFile();
    await made.close();
    if (isFile) return await open(file, "r+");
  } catch (cause) {
    throw notWritable(file, cause);
  }
  throw notWritable(file);
}

const host = z.string();
const entry = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["found", "closed", "silent"]), host, fingerprint: fingerprintSchema }),
  z.object({ kind: z.literal("refused"), host }),
  z.object({ kind: z.literal("failed"), host, message: z.string() }),
]) satisfies z.ZodType<ScanResult>;

function entryOf(file: string, line: number, text: string): [string, ScanResult] {
  try {
    const result = entry.parse(JSON.parse(text));
    return [result.host, result];
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof z.ZodError)) throw cause;
    throw notAJournal(file, line, cause);
  }
}

function notAJournal(file: string, line: number, cause: unknown): FingerError {
  return new FingerError(
    "OPTION_INVALID",
    `${file}, line ${line}: this is no journal of a scan; nothing was changed in it. Choose another file for --resume`,
    { cause },
  );
}

const notWritable = (file: string, cause?: unknown): FingerError =>
  new FingerError("OPTION_INVALID", `${file} cannot be written to; choose another file for --resume`, {
    cause,
  });
