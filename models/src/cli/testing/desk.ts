import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { runCli } from "../run.ts";

/** The command line in a test's own hands. */
export interface Desk {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly env: Record<string, string | undefined>;
  file(...parts: string[]): string;
  run(...args: string[]): Promise<Ran>;
  /** What a terminal answers to the next question. */
  answer(text: string): void;
  /** The next command is stopped as soon as it listens. */
  interrupt(): void;
  remove(): Promise<void>;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Each line of stdout as JSON. */
  lines<T = Record<string, unknown>>(): readonly T[];
}

export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "model-cli-"));
  const clock = createManualClock();
  const env: Record<string, string | undefined> = {};
  let stdin: Readable & { isTTY?: boolean } = new PassThrough();
  let isInterrupted = false;
  return {
    folder,
    clock,
    env,
    file: (...parts) => join(folder, ...parts),
    answer(text) {
      stdin = Object.assign(Readable.from([Buffer.from(`${text}\n`)]), { isTTY: true });
    },
    interrupt() {
      isInterrupted = true;
    },
    async run(...args) {
      const out = collector();
      const err = collector();
      const onSignal = (_: string, handler: () => void) => {
        if (isInterrupted) queueMicrotask(handler);
        return () => undefined;
      };
      const io = { stdin, stdout: out.stream, stderr: err.stream, env, clock, onSignal };
      const code = await runCli(args, io);
      stdin = new PassThrough();
      isInterrupted = false;
      return {
        code,
        out: out.text(),
        err: err.text(),
        lines: <T>() =>
          out
            .text()
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as T),
      };
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

function collector(): { readonly stream: Writable; text(): string } {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString("utf8");
      done();
    },
  });
  return { stream, text: () => text };
}
