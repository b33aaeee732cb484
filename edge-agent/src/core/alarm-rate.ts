import type { TimeUs } from "./time.ts";

/** Alarms announced in the last ten minutes. */
export interface AlarmRate {
  count(nowUs: TimeUs): void;
  inTenMinutes(nowUs: TimeUs): number;
}

/** From so many in ten minutes on an operator cannot follow (ISA-18.2 and EEMUA 191: more than 10 in 10 minutes). */
export const FLOOD_FROM = 11;

const STEP_US = 10e6;
const STEPS = 60;

export function createAlarmRate(): AlarmRate {
  const counts = new Uint32Array(STEPS);
  let newest = Number.NEGATIVE_INFINITY;

  /** Forgets what is ten minutes old, or of a clock that was set back. */
  function moveTo(nowUs: TimeUs): number {
    const step = Math.floor(nowUs / STEP_US);
    if (step < newest - STEPS || step > newest + STEPS) counts.fill(0);
    else for (let passed = newest + 1; passed <= step; passed += 1) counts[passed % STEPS] = 0;
    newest = step;
    return step % STEPS;
  }

  return {
    count(nowUs) {
      const at = moveTo(nowUs);
      counts[at] = (counts[at] ?? 0) + 1;
    },
    inTenMinutes(nowUs) {
      moveTo(nowUs);
      return counts.reduce((sum, one) => sum + one, 0);
    },
  };
}
