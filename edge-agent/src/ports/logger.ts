type Fields = Readonly<Record<string, unknown>>;

/** Structured log: a constant message and variable fields. Secrets never go in. */
export interface Logger {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
  child(fields: Fields): Logger;
}
