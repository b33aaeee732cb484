import { type DestinationStream, pino } from "pino";

type Fields = Readonly<Record<string, unknown>>;

/** Structured log: a constant message and variable fields. Secrets never go in. */
export interface Logger {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines as log shippers read them, or, in a terminal, short lines as people read them. */
export function createLogger(level: LogLevel, isTerminal: boolean, sink: DestinationStream): Logger {
  const options = {
    level,
    base: {},
    redact: { paths: ["password", "token", "key", "passphrase", "*.token", "*.key"], censor: "(hidden)" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!isTerminal) return pino(options, sink);
  return pino(options, { write: (line: string) => sink.write(readable(line)) });
}

function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<"level" | "msg" | "time", string>;
  const rest = Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${msg}${rest === "" ? "" : ` ${rest}`}\n`;
}
