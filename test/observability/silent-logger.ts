import type { Logger } from "../../edge-agent/src/ports/logger.ts";

const nothing = (): void => {};

export const silent: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silent,
};
