import type { Score } from "../core/score.ts";
import type { TimeUs } from "../core/time.ts";

/** So many usual intervals without a score, and what was said last says nothing of now: as many as scan periods make a gap
 *  in a window of readings. */
const GAP_INTERVALS = 3;
/** Blocks of samples come seconds apart; a busy processor or a short stop of the device may cost a few of them. */
const LEAST_BOUND_US = 60e6;
/** A clock that was set ahead is no usual interval. */
const MOST_INTERVAL_US = 8.64e10;
/** Weight of the newest interval. */
const SMOOTHING = 1 / 8;

/** Whether scores still come: of a sensor, and of any sensor of a machine. Scores are stale after three times the usual
 *  interval of their sensor, and not before a minute; while there is but one, the minute alone holds. */
export interface Freshness {
  note(score: Pick<Score, "machine" | "sensor" | "timeUs">, nowUs: TimeUs): void;
  hasScores(sensor: string, nowUs: TimeUs): boolean;
  /** True also where no score ever came: then nothing stopped. */
  hasMachine(machine: string, nowUs: TimeUs): boolean;
  /** Those whose answer changed since the last call. */
  turned(nowUs: TimeUs): { readonly sensors: readonly string[]; readonly machines: readonly string[] };
}

interface Heard {
  /** End of the newest window. */
  timeUs: TimeUs;
  cameUs: TimeUs;
  /** Smoothed; NaN before the second block. */
  intervalUs: number;
}

export function createFreshness(): Freshness {
  const sensors = new Map<string, Heard>();
  /** Its sensors. */
  const machines = new Map<string, Set<string>>();
  const staleSensors = new Set<string>();
  const staleMachines = new Set<string>();

  function hasScores(sensor: string, nowUs: TimeUs): boolean {
    const heard = sensors.get(sensor);
    // By its amount: after a clock was set back, nobody knows how old a score is.
    return heard !== undefined && Math.abs(nowUs - heard.cameUs) <= boundOf(heard);
  }

  function hasMachine(machine: string, nowUs: TimeUs): boolean {
    const own = machines.get(machine);
    return own === undefined || [...own].some((sensor) => hasScores(sensor, nowUs));
  }

  return {
    note({ machine, sensor, timeUs }, nowUs) {
      const before = sensors.get(sensor);
      if (before !== undefined) {
        // Windows of one block come at once.
        if (timeUs !== before.timeUs) before.intervalUs = nextInterval(before, nowUs);
        before.timeUs = timeUs;
        before.cameUs = nowUs;
        return;
      }
      sensors.set(sensor, { timeUs, cameUs: nowUs, intervalUs: Number.NaN });
      machines.set(machine, (machines.get(machine) ?? new Set()).add(sensor));
    },
    hasScores,
    hasMachine,
    turned: (nowUs) => ({
      sensors: turnedOf(sensors.keys(), staleSensors, (sensor) => hasScores(sensor, nowUs)),
      machines: turnedOf(machines.keys(), staleMachines, (machine) => hasMachine(machine, nowUs)),
    }),
  };
}

/** @param stale as it was; is brought up to date */
function turnedOf(names: Iterable<string>, stale: Set<string>, isFresh: (name: string) => boolean): string[] {
  const turned: string[] = [];
  for (const name of names) {
    const isNow = isFresh(name);
    if (isNow !== stale.has(name)) continue;
    if (isNow) stale.delete(name);
    else stale.add(name);
    turned.push(name);
  }
  return turned;
}

const boundOf = ({ intervalUs }: Heard): number =>
  Number.isNaN(intervalUs) ? LEAST_BOUND_US : Math.max(LEAST_BOUND_US, GAP_INTERVALS * intervalUs);

/** An outage counts as no more than the bound: what stopped for a night is not usual, and what became slower is learnt. */
function nextInterval(heard: Heard, nowUs: TimeUs): number {
  const gapUs = Math.min(MOST_INTERVAL_US, Math.max(0, nowUs - heard.cameUs));
  if (Number.isNaN(heard.intervalUs)) return gapUs;
  return heard.intervalUs + SMOOTHING * (Math.min(gapUs, boundOf(heard)) - heard.intervalUs);
}
