import { type DestinationStream, pino } from "pino";
import type { Logger } from "../../ports/logger.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** JSON lines as log shippers read them, or, in a terminal, short lines as people read them.
 *  @param sink standard error, written without delay
 *  @param copies where every line goes too, as JSON */
export function createLogger(
  level: LogLevel,
  isTerminal: boolean,
  sink: DestinationStream = pino.destination(2),
  copies?: DestinationStream,
): Logger {
  const options = {
    level,
    base: {},
    // A password, token or key never reaches the log, wherever somebody put it.
    redact: { paths: ["password", "token", "key", "*.password", "*.token", "*.key"], censor: "(hidden)" },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (!isTerminal && copies === undefined) return pino(options, sink);
  return pino(options, {
    write(line: string) {
      copies?.write(line);
      sink.write(isTerminal ? readable(line) : line);
    },
  });
}

const LEVELS: Readonly<Record<number, string>> = { 20: "debug", 30: "info ", 40: "WARN ", 50: "ERROR" };

function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: number; time: string; msg: string };
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${time.slice(11, 23)} ${LEVELS[level] ?? level} ${msg}${rest.length > 0 ? `  ${rest.join(" ")}` : ""}\n`;
}
