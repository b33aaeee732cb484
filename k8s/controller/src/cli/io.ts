import type { Streams } from "@stethos/protocol-finger/terminal";
import type { Command } from "commander";
import type { Logger } from "../compose/logger.ts";

export interface CliContext extends Streams {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C or a service manager's stop. */
  readonly signal: AbortSignal;
  /** For tests: they read what is logged. */
  readonly logger?: Logger;
}

export type AddCommand = (program: Command, context: CliContext) => void;

/** A command that did its work and found something that is not well. */
export class NotWellError extends Error {
  override readonly name = "NotWellError";
}
