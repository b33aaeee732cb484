import type { Logger } from "../../edge-agent/src/ports/logger.ts";

const nothing = () => undefined;

export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
