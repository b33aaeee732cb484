/** One place where lines go. Writing never waits and never throws: what cannot be kept is counted. */
export interface LogSink {
  /** @param line one JSON object, with its end of line */
  write(line: string): void;
  figures(): LogSinkFigures;
  /** Hands over what it can; never throws. */
  close(): Promise<void>;
}

export interface LogSinkFigures {
  readonly log: "file" | "loki";
  /** Given to it. */
  readonly lines: number;
  /** Of these, lines that had to make room, or that were refused for good. */
  readonly dropped: number;
  /** Attempts that failed. */
  readonly failures: number;
}
