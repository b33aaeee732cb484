/** A command as a shell completes it. */
export interface CompletedCommand {
  /** [] is the program itself, ["signatures", "check"] a command of a command. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly string[];
  /** Words that its arguments may be. */
  readonly words: readonly string[];
  readonly options: readonly CompletedOption[];
}

export interface CompletedOption {
  /** "--json". */
  readonly flag: string;
  readonly description: string;
  /** Undefined where the option takes no value; empty where the value is a file or anything. */
  readonly values?: readonly string[];
}
