import type {
  Condition,
  DeviceStep,
  ModelRolloutStatus,
  PointersStatus,
  RolloutPhase,
  WaveStatus,
} from "../ports/resources.ts";
import { rankOf } from "./journal.ts";
import { isoOf, type Observed } from "./observed.ts";
import { isInconclusive } from "./verdict.ts";
import type { LeftOut, View } from "./view.ts";

/** What a decision changes; the rest is counted. */
export interface Change {
  readonly phase: RolloutPhase;
  readonly wave: number;
  readonly waves: readonly WaveStatus[];
  /** UpperCamelCase, for the conditions. */
  readonly reason: string;
  readonly message: string;
  readonly pointers?: PointersStatus | undefined;
}

const MOST_NAMED = 10;

/** A rollout that is over, unless somebody deletes it. */
export const isFinal = (phase: RolloutPhase): boolean =>
  phase === "Completed" || phase === "Halted" || phase === "RolledBack";

export function statusWith(observed: Observed, view: View, change: Change): ModelRolloutStatus {
  const { rollout, nowMs } = observed;
  const before = rollout.status;
  const { phase, wave, waves, pointers } = change;
  const now = isoOf(nowMs);
  // What called for the compensation stays told while it is undone.
  const isUndone = phase === "RollingBack" || phase === "RolledBack";
  const failed = view.members
    .filter(({ step }) => step.step === "Failed")
    .map(({ device }) => device.metadata.name);
  const isOver = before !== undefined && isFinal(before.phase);
  const kept = before !== undefined && (isOver || before.phase === "RollingBack") ? before : undefined;
  // A rollout that came later may have the devices by now: what is over is not uncounted.
  const counted = (step: DeviceStep["step"]): number =>
    view.members.filter((one) => one.step.step === step).length;
  const atLeast = (known: number | undefined): number => (isOver ? (known ?? 0) : 0);
  const startedTime = before?.startedTime ?? (phase === "Progressing" ? now : undefined);
  const finishedTime = isFinal(phase) ? (before?.finishedTime ?? now) : undefined;
  const status = {
    observedGeneration: rollout.metadata.generation,
    phase,
    wave,
    waves,
    devices: isOver ? before.devices : view.members.length + (isUndone ? 0 : view.available.length),
    updated: Math.max(atLeast(before?.updated), counted("Updated")),
    failed: kept?.failed ?? failed.length,
    rolledBack: Math.max(atLeast(before?.rolledBack), counted("RolledBack")),
    failedDevices: kept?.failedDevices ?? failed.sort().slice(0, MOST_NAMED),
    message: [change.message, ...leftOutText(view.leftOut, phase)].join("; "),
    ...(startedTime !== undefined && { startedTime }),
    ...(finishedTime !== undefined && { finishedTime }),
    ...(pointers && { pointers }),
  };
  return {
    ...status,
    conditions: conditionsOf(observed, view, { ...change, failed: status.failed }, before?.conditions ?? []),
  };
}

const LEFT_OUT: Readonly<Record<LeftOut, string>> = {
  held: "held by hand",
  "other-model": "of another model",
  shared: "named by another EdgeDevice too (delete one of the two, or correct spec.node)",
  silent: "silent",
  taken: "taken by another rollout",
  unheard: "never heard of",
  unpublished:
    "running a version that the registry does not have (push it, so that they can be brought back)",
};

function leftOutText(leftOut: View["leftOut"], phase: RolloutPhase): readonly string[] {
  if (phase === "RollingBack" || isFinal(phase)) return [];
  const texts = Object.entries(LEFT_OUT).flatMap(([why, text]) => {
    const count = leftOut[why as LeftOut];
    return count > 0 ? `${count} ${text}` : [];
  });
  return texts.length === 0 ? [] : [`left out: ${texts.join(", ")}`];
}

function conditionsOf(
  { rollout, nowMs }: Observed,
  { members }: View,
  { phase, waves, reason, message, failed }: Change & { readonly failed: number },
  before: readonly Condition[],
): readonly Condition[] {
  const waiting = members.filter(({ step }) => isInconclusive(step)).length;
  const notBack = members.filter(
    ({ step }) => rankOf(step.step) >= rankOf("Recalling") && step.step !== "RolledBack",
  ).length;
  const hasFailed = waves.some(({ failedTime }) => failedTime !== undefined);
  const isMoving = phase === "Progressing" || phase === "RollingBack";
  const degraded = hasFailed
    ? { is: true, reason: "WaveFailed", text: "a wave failed" }
    : {
        is: failed > 0,
        reason: failed > 0 ? "DevicesFailed" : "NoneFailed",
        text: `${failed} devices failed`,
      };
  const facts: readonly Omit<Condition, "lastTransitionTime" | "observedGeneration">[] = [
    { type: "Ready", status: phase === "Completed" ? "True" : "False", reason, message },
    { type: "Progressing", status: isMoving ? "True" : "False", reason, message },
    {
      type: "Degraded",
      status: degraded.is ? "True" : "False",
      reason: degraded.reason,
      message: notBack > 0 ? `${degraded.text}; ${notBack} devices are not known to be back` : degraded.text,
    },
    {
      type: "Inconclusive",
      status: waiting > 0 ? "True" : "False",
      reason: waiting > 0 ? "DevicesWait" : "NoneWaits",
      message: `${waiting} devices wait for a person's decision`,
    },
  ];
  return facts.map((fact) => {
    const known = before.find(({ type }) => type === fact.type);
    const isSame = known?.status === fact.status;
    return {
      ...fact,
      lastTransitionTime: isSame && known !== undefined ? known.lastTransitionTime : isoOf(nowMs),
      observedGeneration: rollout.metadata.generation,
    };
  });
}
