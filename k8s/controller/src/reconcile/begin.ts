import type { ModelRollout } from "../ports/resources.ts";
import { nodeOf } from "./mirror.ts";
import type { Observed } from "./observed.ts";
import type { Change } from "./status.ts";
import { isActive, isSelected, type View } from "./view.ts";

/** A rollout that has not begun: may it? */
export function begin(observed: Observed, view: View): Change {
  const wait = whyInvalid(observed) ?? whyPending(observed, view);
  if (wait !== undefined) return { ...wait, wave: 0, waves: [] };
  return {
    phase: "Progressing",
    wave: 0,
    waves: [{ devices: 0, succeeded: 0, failed: 0, startedTime: new Date(observed.nowMs).toISOString() }],
    reason: "WaveStarted",
    message: "wave 1 has begun",
  };
}

type Waiting = Pick<Change, "message" | "phase" | "reason">;

/** Looked at again: somebody may push the version. */
function whyInvalid({ rollout, devices, namesakes, published }: Observed): Waiting | undefined {
  const shared = devices
    .filter((device) => isSelected(device, rollout))
    .map(nodeOf)
    .find((node) => namesakes.has(node));
  if (shared !== undefined) {
    const both = namesakes.get(shared)?.join(" and ");
    const message = `the EdgeDevices ${both} name one device, ${shared}; delete all but one, or correct spec.node`;
    return { phase: "Invalid", reason: "SharedDevice", message };
  }
  const { model, version, manifestSha256 } = rollout.spec;
  const digest = published.get(version);
  if (digest === undefined) {
    return { phase: "Pending", reason: "RegistryUnreachable", message: "the registry gives no answer" };
  }
  if (digest === null) {
    const message = `the registry has no ${model} ${version} signed by a trusted key; push it`;
    return { phase: "Invalid", reason: "NotPublished", message };
  }
  if (digest !== manifestSha256) {
    const message = `${model} ${version} in the registry has the manifest ${digest}: not the one that is wanted`;
    return { phase: "Invalid", reason: "OtherManifest", message };
  }
  return undefined;
}

function whyPending(observed: Observed, view: View): Waiting | undefined {
  const first = observed.others.find((other) => goesFirst(other, observed));
  if (first !== undefined) {
    const message = `waits for ModelRollout ${first.metadata.name}, which has the same devices`;
    return { phase: "Pending", reason: "OtherRollout", message };
  }
  if (view.available.length > 0) return undefined;
  return { phase: "Pending", reason: "NoDevices", message: "there is no device to update" };
}

/** One that has begun has its devices until it is over; of those that wait, the older goes first. */
function goesFirst(other: ModelRollout, { rollout, devices }: Observed): boolean {
  if (other.spec.model !== rollout.spec.model) return false;
  const waits = other.status?.phase === undefined || other.status.phase === "Pending";
  const isOlder = isBefore(other, rollout) && waits && other.metadata.deletionTimestamp === undefined;
  if (!isActive(other) && !isOlder) return false;
  return devices.some((device) => isSelected(device, rollout) && isSelected(device, other));
}

function isBefore({ metadata: a }: ModelRollout, { metadata: b }: ModelRollout): boolean {
  if (a.creationTimestamp !== b.creationTimestamp)
    return Date.parse(a.creationTimestamp) < Date.parse(b.creationTimestamp);
  return a.uid < b.uid;
}
