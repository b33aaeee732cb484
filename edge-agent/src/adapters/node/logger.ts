import { pino } from "pino";
import type { Logger } from "../../ports/logger.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** JSON lines on standard error, as log shippers read them; in a terminal, short lines as people read them. */
export function createLogger(level: LogLevel, isTerminal: boolean): Logger {
  const options = {
    level,
    base: {},
    // A password, token or key never reaches the log, wherever somebody put it.
    redact: { paths: ["password", "token", "key", "*.password", "*.token", "*.key"], censor: "(hidden)" },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const target = isTerminal
    ? { write: (line: string) => void process.stderr.write(readable(line)) }
    : pino.destination(2);
  return pino(options, target);
}

const LEVELS: Readonly<Record<number, string>> = { 20: "debug", 30: "info ", 40: "WARN ", 50: "ERROR" };

function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: number; time: string; msg: string };
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${time.slice(11, 23)} ${LEVELS[level] ?? level} ${msg}${rest.length > 0 ? `  ${rest.join(" ")}` : ""}\n`;
}
