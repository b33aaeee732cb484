/** How often the agent may act by itself: an action that did not help helps no better when it is repeated at once. */
export interface ActionGuardPolicy {
  readonly cooldownMinutes: number;
  readonly mostPerDay: number;
}

export const defaultActionGuardPolicy: ActionGuardPolicy = { cooldownMinutes: 30, mostPerDay: 4 };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface ActionGuard {
  /** Whether an action is allowed now; if so it counts.
   *  @param nowMs of a clock that never jumps: a wall clock that was wrong for a while would forget what was done */
  admit(nowMs: number): boolean;
  /** When the actions that count were, by the same clock; oldest first. */
  readonly taken: readonly number[];
}

/** @param earlier actions of an earlier run, oldest first: before the clock began, where need be */
export function createActionGuard(
  policy: ActionGuardPolicy = defaultActionGuardPolicy,
  earlier: readonly number[] = [],
): ActionGuard {
  let taken = earlier;
  return {
    get taken() {
      return taken;
    },
    admit(nowMs) {
      taken = taken.filter((ms) => nowMs - ms < DAY_MS);
      const last = taken.at(-1) ?? Number.NEGATIVE_INFINITY;
      const isCool = nowMs - last >= policy.cooldownMinutes * MINUTE_MS;
      if (!isCool || taken.length >= policy.mostPerDay) return false;
      taken = [...taken, nowMs];
      return true;
    },
  };
}
