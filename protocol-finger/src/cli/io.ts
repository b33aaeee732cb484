import type { Readable } from "node:stream";
import type { Command } from "commander";
import type { Streams } from "../terminal/streams.ts";

export interface CliIo extends Streams {
  readonly stdin: Readable;
  readonly stdout: NodeJS.WritableStream & { readonly writableNeedDrain?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the process says at its end. */
export const EXIT = {
  ok: 0,
  /** It could not be done, or the device was not identified. */
  failed: 1,
  usage: 2,
  /** The allow-list does not name the device: nothing was sent. */
  notAllowed: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CliContext extends CliIo {
  readonly version: string;
  /** The exit code of a command that neither fails nor succeeds in full. */
  exitWith(code: ExitCode): void;
}

export type AddCommand = (program: Command, context: CliContext) => void;
