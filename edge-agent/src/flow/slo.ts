import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../core/errors.ts";
import {
  type ActionGuardPolicy,
  createActionGuard,
  defaultActionGuardPolicy,
} from "../core/slo/action-guard.ts";
import {
  createServiceObjective,
  type ServiceObjective,
  type ServiceReport,
} from "../core/slo/service-objective.ts";
import type { Logger } from "../ports/logger.ts";
import type { Telemetry, TelemetryEvent } from "../ports/telemetry.ts";

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
  /** Inference burns: rolls back a trial, if one runs. What it did, in a word, for the log. */
  rollBack(reason: string, signal: AbortSignal): Promise<string>;
}

export interface Slo extends Telemetry {
  /** How each objective stands, over its windows. */
  reports(): readonly ServiceReport[];
  /** Judges until the signal aborts. */
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
 *  nothing. */
export function createSlo(deps: SloDeps, policy: SloPolicy = defaultSloPolicy): Slo {
  const { clock, logger } = deps;
  const inference = createServiceObjective(INFERENCE, {
    budget: policy.inferenceBudget,
    leastBad: policy.leastBad,
  });
  const deliveries = new Map<string, ServiceObjective>();
  const guard = createActionGuard(policy.guard);
  const burning = new Set<string>();

  function deliveryOf(sink: string): ServiceObjective {
    const known = deliveries.get(sink);
    if (known !== undefined) return known;
    const slo = `${DELIVERY} ${sink}`;
    const objective = createServiceObjective(slo, {
      budget: policy.deliveryBudget,
      leastBad: policy.leastBad,
    });
    deliveries.set(sink, objective);
    return objective;
  }

  function count(event: TelemetryEvent): void {
    const timeUs = clock.nowUs();
    const run = inferenceOf(event, policy);
    if (run?.role === "champion") inference.count(outcome(run.isOk, run.frames), timeUs);
    if (event.kind === "sink-delivered")
      deliveryOf(event.sink).count(outcome(event.delayMs <= policy.deliveryMs, 1), timeUs);
    if (event.kind === "sink-refused") deliveryOf(event.sink).count({ good: 0, bad: 1 }, timeUs);
  }

  const reports = (): readonly ServiceReport[] => {
    const timeUs = clock.nowUs();
    return [inference, ...deliveries.values()].map((objective) => objective.report(timeUs));
  };

  /** @returns whether it has just begun to burn */
  function tell({ slo, isBurning, windows }: ServiceReport): boolean {
    if (isBurning === burning.has(slo)) return false;
    const what = { slo, ...Object.fromEntries(windows.map(({ window, burn }) => [window, burn])) };
    if (isBurning) burning.add(slo);
    else burning.delete(slo);
    if (isBurning) logger.error(what, "an objective burns its budget of errors too fast");
    else logger.info(what, "the objective is kept again");
    return isBurning;
  }

  async function act(signal: AbortSignal): Promise<void> {
    if (!guard.admit(clock.monotonicMs())) {
      logger.warn({ slo: INFERENCE }, "nothing is done: the agent has acted lately, or often enough today");
      return;
    }
    try {
      const did = await deps.rollBack("the objective of inference burns its budget too fast", signal);
      logger.warn({ slo: INFERENCE, did }, "the agent acted on its objective");
    } catch (thrown) {
      if (!signal.aborted) logger.error({ err: describeError(thrown) }, "the model could not be rolled back");
    }
  }

  async function judge(signal: AbortSignal): Promise<void> {
    for (const report of reports()) if (tell(report) && report.slo === INFERENCE) await act(signal);
  }

  return {
    emit: count,
    reports,
    async run(signal) {
      while (await slept(clock, JUDGE_MS, signal)) await judge(signal);
    },
  };
}

const outcome = (isGood: boolean, events: number) =>
  isGood ? { good: events, bad: 0 } : { good: 0, bad: events };
