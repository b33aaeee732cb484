import type { Readable } from "node:stream";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { Command } from "commander";

/** Where a command's data and messages go: standard streams, or a test's own. */
export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** @returns stops listening */
  onSignal(name: "SIGINT" | "SIGTERM", handler: () => void): () => void;
}

/** What the process says at its end. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CliContext extends CliIo {
  /** Aborts on Ctrl-C, a service manager's stop, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** The exit code of a command that neither fails nor succeeds in full. */
  exitWith(code: ExitCode): void;
}

export type AddCommand = (program: Command, context: CliContext) => void;

const STOPPED = "stopped";

/** Whether it is what `untilStopped` aborts with. */
export const isStop = (thrown: unknown): boolean =>
  thrown instanceof DOMException && thrown.name === "AbortError" && thrown.message === STOPPED;

export function untilStopped(io: CliIo): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort(new DOMException(STOPPED, "AbortError"));
  const offs = [io.onSignal("SIGINT", stop), io.onSignal("SIGTERM", stop)];
  io.stdout.once("error", stop);
  return {
    signal: controller.signal,
    dispose() {
      for (const off of offs) off();
      io.stdout.off("error", stop);
    },
  };
}

export const say = (io: CliIo, text: string): void => void io.stderr.write(`${text}\n`);

/** One line of data. */
export const put = (io: CliIo, text: string): void => void io.stdout.write(`${text}\n`);

export const putJson = (io: CliIo, value: unknown): void => put(io, JSON.stringify(value));
