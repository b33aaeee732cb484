import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../core/errors.ts";
import type { SloState } from "../core/slo/slo-state.ts";
import type { Logger } from "../ports/logger.ts";

/** Keeps the state of the objectives across restarts. */
export interface SloStore {
  /** Undefined where there is none yet. @throws EdgeError DATA_INVALID naming what cannot be understood */
  read(): Promise<SloState | undefined>;
  /** On disk when it resolves. @throws EdgeError DISK_FULL */
  write(state: SloState): Promise<void>;
}

interface Deps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: SloStore;
}

/** Good events alone are written so seldom: each write wears the flash. */
const SAVE_MS = 60_000;

/** Undefined in the beginning, and where nothing can be understood. */
export async function readSloState({ store, logger }: Omit<Deps, "clock">): Promise<SloState | undefined> {
  try {
    return await store.read();
  } catch (thrown) {
    if (!(thrown instanceof EdgeError)) throw thrown;
    logger.warn(
      { err: describeError(thrown) },
      "what the objectives counted and did before is not known; it is begun anew",
    );
    return undefined;
  }
}

/** Writes what changed, when it is asked to; it has no timer.
 *  @param stateOf the state as it is now */
export function createSloSaver({ clock, logger, store }: Deps, stateOf: () => SloState) {
  let isDirty = false;
  let isUrgent = false;
  let isFailing = false;
  let savedMs = clock.monotonicMs();

  async function save(): Promise<void> {
    if (!isDirty) return;
    const wasUrgent = isUrgent;
    [isDirty, isUrgent, savedMs] = [false, false, clock.monotonicMs()];
    try {
      await store.write(stateOf());
      isFailing = false;
    } catch (thrown) {
      [isDirty, isUrgent] = [true, isUrgent || wasUrgent];
      // Once, not at every attempt.
      if (!isFailing)
        logger.error(
          { err: describeError(thrown) },
          "the state of the objectives cannot be written; trying again",
        );
      isFailing = true;
    }
  }

  return {
    /** @param urgent evidence, or something told or done: not to be lost when the agent is killed */
    changed(urgent: boolean): void {
      isDirty = true;
      isUrgent ||= urgent;
    },
    /** Never throws. */
    save,
    async saveIfDue(): Promise<void> {
      if (isUrgent || clock.monotonicMs() - savedMs >= SAVE_MS) await save();
    },
  };
}
