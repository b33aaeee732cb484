import { StatusCode } from "../../core/quality.ts";

/** Which units behind one connection answer, and when the silence means that the connection itself is gone. */
export interface Units {
  /** The unit gave an answer, be it an exception. */
  answered(unit: number): void;
  /** A question went unanswered.
   *  @returns true when the connection is to be taken for dead */
  timedOut(unit: number, sentAtMs: number, nowMs: number): boolean;
  /** The gateway says that it cannot reach the unit, or the unit that it is busy. */
  away(unit: number, status: number, nowMs: number): void;
  /** Why the unit is not to be asked now, as a status code; undefined when it may be asked. */
  restingStatus(unit: number, nowMs: number): number | undefined;
}

export interface UnitsOptions {
  /** How many units the plan asks. */
  readonly units: number;
  readonly timeoutLimit: number;
  readonly retryMs: number;
}

interface UnitState {
  wasUp: boolean;
  timeouts: number;
  lastTimeoutMs: number;
  restUntilMs: number;
  status: number;
}

/** Dead is a connection on which `timeoutLimit` questions in a row went unanswered by units that used to answer. A
 *  unit that was silent before proves less: it must be silent together with all the others, each as many times. */
export function createUnits({ retryMs, timeoutLimit, units }: UnitsOptions): Units {
  const states = new Map<number, UnitState>();
  let fresh = 0;
  let total = 0;

  function stateOf(unit: number): UnitState {
    let state = states.get(unit);
    if (state === undefined) {
      state = {
        wasUp: false,
        timeouts: 0,
        lastTimeoutMs: Number.NEGATIVE_INFINITY,
        restUntilMs: 0,
        status: 0,
      };
      states.set(unit, state);
    }
    return state;
  }

  /** The others shall not wait for this one; alone, it is asked on. */
  function rest(state: UnitState, nowMs: number, status: number): void {
    if (units < 2) return;
    state.restUntilMs = nowMs + retryMs;
    state.status = status;
  }

  return {
    answered(unit) {
      const state = stateOf(unit);
      state.wasUp = true;
      state.timeouts = 0;
      state.restUntilMs = 0;
      fresh = 0;
      total = 0;
    },
    timedOut(unit, sentAtMs, nowMs) {
      const state = stateOf(unit);
      // Questions that were in flight together are one silence.
      if (sentAtMs < state.lastTimeoutMs) return false;
      state.lastTimeoutMs = nowMs;
      state.timeouts += 1;
      total += 1;
      if (state.wasUp) fresh += 1;
      if (units > 1) state.wasUp = false;
      if (state.timeouts >= timeoutLimit) rest(state, nowMs, StatusCode.BadTimeout);
      return fresh >= timeoutLimit || total >= timeoutLimit * units;
    },
    away(unit, status, nowMs) {
      const state = stateOf(unit);
      state.wasUp = false;
      fresh = 0;
      total = 0;
      rest(state, nowMs, status);
    },
    restingStatus(unit, nowMs) {
      const state = stateOf(unit);
      return state.restUntilMs > nowMs ? state.status : undefined;
    },
  };
}
