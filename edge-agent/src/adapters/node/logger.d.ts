import type { Logger } from "../../ports/logger.ts";
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
/** JSON lines on standard error, as log shippers read them; in a terminal, short lines as people read them. */
export declare function createLogger(level: LogLevel, isTerminal: boolean): Logger;
