import { describeError } from "../core/errors.ts";
import type { Logger } from "../ports/logger.ts";
import type { Telemetry } from "../ports/telemetry.ts";

/** Says what goes wrong on the way from blocks to scores: each failure is counted, those in a row are logged once. */
export interface InferTeller {
  /** @param windows none of a sensor that is deaf: the models were not asked */
  scored(windows: number): void;
  unscored(cause: unknown): void;
  unread(cause: unknown): void;
  featureless(cause: unknown): void;
}

export function createInferTeller({
  logger,
  telemetry,
}: {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}): InferTeller {
  const count = () => telemetry.emit({ kind: "dropped", queue: "failed-frames", count: 1 });
  let failedInARow = 0;
  return {
    scored(windows) {
      if (failedInARow === 0 || windows === 0) return;
      logger.info({ failed: failedInARow }, "waveforms are scored again");
      failedInARow = 0;
    },
    unscored(cause) {
      count();
      if (failedInARow === 0) logger.error({ err: describeError(cause) }, "a waveform could not be scored");
      failedInARow += 1;
    },
    unread(cause) {
      count();
      logger.error({ err: describeError(cause) }, "a waveform could not be judged");
    },
    featureless: (cause) => logger.error({ err: describeError(cause) }, "a waveform has no features"),
  };
}
