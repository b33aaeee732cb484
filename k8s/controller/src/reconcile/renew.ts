import type { ModelRolloutSpec, PointersStatus } from "../ports/resources.ts";
import { isTouched, type Member } from "./journal.ts";
import { nodeOf } from "./mirror.ts";
import { isoOf, MOST_STEPS, type Observed, type Step } from "./observed.ts";
import type { View } from "./view.ts";

export interface Renewal {
  /** Absent where nothing is known of them, or the rollout has no device any more. */
  readonly pointers: PointersStatus | undefined;
  readonly steps: readonly Step[];
}

const DAY_MS = 86_400_000;
/** Of its time, when the first pointer that expires begins a round. */
const BEGINS_BELOW = 1 / 2;

/** A rollout that is completed: its devices go on following its pointers, and one that is off for long still has to find
 *  them valid. Every round looks at the pointer of each device that the rollout still has; which of them is old is seen there,
 *  so that a round may be begun again at any time, by anybody. */
export function renew({ rollout, renewals, nowMs }: Observed, { members }: View): Renewal {
  const { spec, status } = rollout;
  const kept = members.filter((member) => isKept(member, spec));
  if (kept.length === 0) return { pointers: undefined, steps: [] };
  const before = status?.pointers;
  if (before !== undefined && nowMs < renewalMs(before, spec)) return { pointers: before, steps: [] };
  const unseen = kept.filter(({ device }) => {
    const node = nodeOf(device);
    const expiresMs = renewals.get(node)?.expiresMs ?? Number.POSITIVE_INFINITY;
    // A round that one device holds up for long leaves the others no less valid.
    return !renewals.has(node) || nowMs >= expiresMs - marginMs(spec);
  });
  if (unseen.length === 0) return { pointers: pointersOf(kept, renewals, nowMs), steps: [] };
  const { model, version, manifestSha256: digest, pointerDays: expiresDays } = spec;
  const steps = unseen.slice(0, MOST_STEPS).map(({ device }): Step => {
    const pointing = { model, version, digest, node: nodeOf(device), expiresDays };
    return { kind: "renew", rollout, device, pointing };
  });
  return { pointers: before, steps };
}

/** When the next round begins, ms. */
export const renewalMs = (
  { checkedTime, validUntilTime }: PointersStatus,
  spec: Pick<ModelRolloutSpec, "pointerDays">,
): number =>
  validUntilTime === undefined
    ? Date.parse(checkedTime) + marginMs(spec)
    : Date.parse(validUntilTime) - marginMs(spec);

const marginMs = ({ pointerDays }: Pick<ModelRolloutSpec, "pointerDays">): number =>
  pointerDays * DAY_MS * BEGINS_BELOW;

/** It was offered the version, and is still there to follow: also one that failed because it was silent. */
const isKept = ({ device, step }: Member, { manifestSha256 }: ModelRolloutSpec): boolean =>
  device.metadata.deletionTimestamp === undefined &&
  !device.spec.isHeld &&
  (step.step === "Offered" || step.step === "Updated" || step.step === "Failed") &&
  isTouched(step, manifestSha256);

function pointersOf(kept: readonly Member[], renewals: Observed["renewals"], nowMs: number): PointersStatus {
  const times = kept.flatMap(({ device }) => renewals.get(nodeOf(device)) ?? []);
  const checkedTime = isoOf(nowMs);
  if (times.length === 0) return { checkedTime };
  const newestMs = times.reduce((most, { signedMs }) => Math.max(most, signedMs), 0);
  const firstMs = times.reduce(
    (least, { expiresMs }) => Math.min(least, expiresMs),
    Number.POSITIVE_INFINITY,
  );
  return { checkedTime, signedTime: isoOf(newestMs), validUntilTime: isoOf(firstMs) };
}
