import type { Readable } from "node:stream";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { Streams } from "@stethos/protocol-finger/terminal";
import type { Command } from "commander";

export interface CliIo extends Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** What the process says at its end. `refused`: an iteration was looked at and is not good enough; trying again is no use. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CliContext extends CliIo {
  /** Aborts on Ctrl-C, a service manager's stop, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** The exit code of a command that neither fails nor succeeds in full. */
  exitWith(code: ExitCode): void;
}

export type AddCommand = (program: Command, context: CliContext) => void;
