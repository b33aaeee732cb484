import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { runCli } from "../../cli.ts";

/** The command line in a test's own hands: what it wrote, and Ctrl-C. */
export interface Desk {
  readonly folder: string;
  file(name: string): string;
  /** Runs to the end. */
  run(...args: string[]): Promise<Ran>;
  /** Runs until stopped. */
  start(...args: string[]): Running;
  /** What the next command finds on standard input. */
  feed(bytes: Buffer): void;
  /** It finds nothing there, and no end. */
  wait(): void;
  remove(): Promise<void>;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Each line of stdout as JSON. */
  lines<T = Record<string, unknown>>(): readonly T[];
}

export interface Running {
  /** Resolves with the first text of stdout and stderr together that matches. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  interrupt(): void;
  readonly ended: Promise<Ran>;
}

export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "finger-cli-"));
  let stdin: Readable = new PassThrough();

  function start(...args: string[]): Running {
    const out = collector();
    const err = collector();
    const listeners = new Set<() => void>();
    let isInterrupted = false;
    const code = runCli(args, {
      stdin,
      stdout: out.stream,
      stderr: err.stream,
      env: { XDG_STATE_HOME: folder },
      onSignal(name, handler) {
        if (name === "SIGINT") listeners.add(handler);
        if (isInterrupted) queueMicrotask(handler);
        return () => void listeners.delete(handler);
      },
    });
    const ended = code.then((value): Ran => {
      const text = out.text();
      return {
        code: value,
        out: text,
        err: err.text(),
        lines: <T>() =>
          text
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as T),
      };
    });
    return {
      ended,
      interrupt() {
        isInterrupted = true;
        for (const listener of listeners) listener();
      },
      async said(pattern) {
        for (;;) {
          const found = pattern.exec(`${out.text()}\n${err.text()}`);
          if (found !== null) return found;
          const next = await Promise.race([out.more(), err.more(), ended.then((ran) => ran)]);
          if (typeof next === "object") {
            const last = pattern.exec(`${next.out}\n${next.err}`);
            if (last !== null) return last;
            throw new Error(`ended with ${next.code} before it said ${pattern}:\n${next.out}\n${next.err}`);
          }
        }
      },
    };
  }

  return {
    folder,
    file: (name) => join(folder, name),
    run: (...args) => start(...args).ended,
    start,
    feed(bytes) {
      stdin = Readable.from([bytes]);
    },
    wait() {
      stdin = new PassThrough();
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

function collector(): { stream: Writable; text(): string; more(): Promise<true> } {
  let text = "";
  const waiting = new Set<() => void>();
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString("utf8");
      for (const wake of waiting) wake();
      waiting.clear();
      done();
    },
  });
  return {
    stream,
    text: () => text,
    more: () => new Promise((resolve) => waiting.add(() => resolve(true))),
  };
}
