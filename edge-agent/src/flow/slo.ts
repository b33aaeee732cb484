import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../core/errors.ts";
import {
  type ActionGuardPolicy,
  createActionGuard,
  defaultActionGuardPolicy,
} from "../core/slo/action-guard.ts";
import type { GoodAndBad } from "../core/slo/minute-counts.ts";
import {
  createServiceObjective,
  type ServiceObjective,
  type ServiceReport,
} from "../core/slo/service-objective.ts";
import { agesMs, type SloState } from "../core/slo/slo-state.ts";
import type { Logger } from "../ports/logger.ts";
import type { Telemetry, TelemetryEvent } from "../ports/telemetry.ts";
import { createSloSaver, readSloState, type SloStore } from "./slo-memory.ts";

export interface SloPolicy {
  /** Of the frames that were to be scored, how many may fail or come late. */
  readonly inferenceBudget: number;
  /** A run of the champion that takes longer for each of its frames is as bad as one that failed. */
  readonly frameMs: number;
  /** Of the batches for a sink, how many may come later than `deliveryMs`, or never. */
  readonly deliveryBudget: number;
  readonly deliveryMs: number;
  readonly leastBad: number;
  readonly guard: ActionGuardPolicy;
}

export const defaultSloPolicy: SloPolicy = {
  inferenceBudget: 0.001,
  frameMs: 1000,
  deliveryBudget: 0.01,
  deliveryMs: 60_000,
  leastBad: 3,
  guard: defaultActionGuardPolicy,
};

export interface SloDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: SloStore;
  /** Inference burns: rolls back a trial, if one runs. What it did, in a word, for the log. */
  rollBack(reason: string, signal: AbortSignal): Promise<string>;
}

export interface Slo extends Telemetry {
  /** How each objective stands, over its windows. */
  reports(): readonly ServiceReport[];
  /** Judges until the signal aborts, then saves. */
  run(signal: AbortSignal): Promise<void>;
}

const JUDGE_MS = 10_000;
const INFERENCE = "inference";
const DELIVERY = "delivery";

/** Whether one run of the champion was good: it did not fail, and was not too slow. The objective that brings back the
 *  version before, or degrades to thresholds (flow/roll-out.ts), is to count by the same measure.
 *  @returns undefined of what is no run of a model */
export function inferenceOf(
  event: TelemetryEvent,
  { frameMs }: Pick<SloPolicy, "frameMs">,
): { readonly role: "challenger" | "champion"; readonly isOk: boolean; readonly frames: number } | undefined {
  if (event.kind === "model-failed") return { role: event.role, isOk: false, frames: event.frames };
  if (event.kind !== "model-run") return undefined;
  return { role: event.role, isOk: event.ms <= frameMs * event.frames, frames: event.frames };
}

/** Watches what was promised, and acts where the agent can: seldom, never twice in a row, and never because it hears
 *  nothing. It goes on after a restart as if there had been none. */
export async function createSlo(deps: SloDeps, policy: SloPolicy = defaultSloPolicy): Promise<Slo> {
  const { clock, logger } = deps;
  const earlier = await readSloState(deps);
  const objectives = new Map<string, ServiceObjective>();
  const guard = createActionGuard(
    policy.guard,
    agesMs(earlier?.actionsUs ?? [], clock.nowUs()).map((ageMs) => clock.monotonicMs() - ageMs),
  );
  const burning = new Set<string>();
  let isActing = earlier?.isActing ?? false;
  const saver = createSloSaver(deps, stateNow);

  objectiveOf(INFERENCE);
  if (earlier === undefined) saver.changed(true);
  for (const { slo, isBurning, minutes } of earlier?.objectives ?? []) {
    objectiveOf(slo).restore(minutes, clock.nowUs());
    if (isBurning) burning.add(slo);
  }

  function objectiveOf(slo: string): ServiceObjective {
    const known = objectives.get(slo);
    if (known !== undefined) return known;
    const objective = createServiceObjective(slo, {
      budget: slo === INFERENCE ? policy.inferenceBudget : policy.deliveryBudget,
      leastBad: policy.leastBad,
    });
    objectives.set(slo, objective);
    return objective;
  }

  function stateNow(): SloState {
    const [nowUs, nowMs] = [clock.nowUs(), clock.monotonicMs()];
    return {
      objectives: [...objectives.values()]
        .map(({ slo, minutes }) => ({ slo, isBurning: burning.has(slo), minutes: minutes() }))
        // A sink that is gone is forgotten when its counts are.
        .filter(({ isBurning, minutes }) => isBurning || minutes.length > 0),
      actionsUs: guard.taken.map((ms) => Math.round(nowUs - (nowMs - ms) * 1000)),
      isActing,
    };
  }

  function countAs(slo: string, events: GoodAndBad): void {
    objectiveOf(slo).count(events, clock.nowUs());
    saver.changed(events.bad > 0);
  }

  function count(event: TelemetryEvent): void {
    const run = inferenceOf(event, policy);
    if (run?.role === "champion") countAs(INFERENCE, outcome(run.isOk, run.frames));
    if (event.kind === "sink-delivered")
      countAs(deliveryTo(event.sink), outcome(event.delayMs <= policy.deliveryMs, 1));
    if (event.kind === "sink-refused") countAs(deliveryTo(event.sink), { good: 0, bad: 1 });
  }

  const reports = (): readonly ServiceReport[] => {
    const timeUs = clock.nowUs();
    return [...objectives.values()].map((objective) => objective.report(timeUs));
  };

  /** @returns whether it has just begun to burn */
  function tell({ slo, isBurning, windows }: ServiceReport): boolean {
    if (isBurning === burning.has(slo)) return false;
    const what = { slo, ...Object.fromEntries(windows.map(({ window, burn }) => [window, burn])) };
    if (isBurning) burning.add(slo);
    else burning.delete(slo);
    saver.changed(true);
    if (isBurning) logger.error(what, "an objective burns its budget of errors too fast");
    else logger.info(what, "the objective is kept again");
    return isBurning;
  }

  /** An action that a stop cut off is decided again: it is done where the objective still burns, and counted once. */
  async function actOn(hasBegun: boolean, isBurning: boolean, signal: AbortSignal): Promise<void> {
    const wasCutOff = isActing;
    isActing = false;
    if (wasCutOff) saver.changed(true);
    if (wasCutOff && isBurning) await act(signal);
    else if (hasBegun && guard.admit(clock.monotonicMs())) await act(signal);
    else if (hasBegun)
      logger.warn({ slo: INFERENCE }, "nothing is done: the agent has acted lately, or often enough today");
  }

  async function act(signal: AbortSignal): Promise<void> {
    isActing = true;
    saver.changed(true);
    // Before it acts: killed in the middle, the agent knows that it has begun, and that it counts.
    await saver.save();
    try {
      const did = await deps.rollBack("the objective of inference burns its budget too fast", signal);
      logger.warn({ slo: INFERENCE, did }, "the agent acted on its objective");
    } catch (thrown) {
      if (signal.aborted) return;
      logger.error({ err: describeError(thrown) }, "the model could not be rolled back");
    }
    isActing = false;
    saver.changed(true);
  }

  async function judge(signal: AbortSignal): Promise<void> {
    for (const report of reports()) {
      const hasBegun = tell(report);
      if (report.slo === INFERENCE) await actOn(hasBegun, report.isBurning, signal);
    }
  }

  return {
    emit: count,
    reports,
    async run(signal) {
      while (await slept(clock, JUDGE_MS, signal)) {
        await judge(signal);
        await saver.saveIfDue();
      }
      await saver.save();
    },
  };
}

const deliveryTo = (sink: string): string => `${DELIVERY} ${sink}`;

const outcome = (isGood: boolean, events: number): GoodAndBad =>
  isGood ? { good: events, bad: 0 } : { good: 0, bad: events };
