import { drawFrame } from "@stethos/edge-agent/core";
import type { SignedReport } from "../ports/fleet.ts";
import type { EdgeDevice, ModelRollout, RolloutPhase } from "../ports/resources.ts";
import { type Member, stepOf } from "./journal.ts";
import { heardMs, nodeOf } from "./mirror.ts";
import type { Observed } from "./observed.ts";

/** The fleet as one rollout sees it. */
export interface View {
  readonly members: readonly Member[];
  /** Those that may be offered the version, in the order in which they are. */
  readonly available: readonly Candidate[];
  /** Why others of the selector are not among them, and how many. */
  readonly leftOut: Readonly<Record<LeftOut, number>>;
}

export interface Candidate {
  readonly device: EdgeDevice;
  readonly signed: SignedReport;
}

/** "taken": by another rollout that is not over. "unpublished": the registry has not what it runs, so that nothing could
 *  bring it back. "other-model": it follows another. "shared": another EdgeDevice names the same device. */
export type LeftOut = "held" | "other-model" | "shared" | "silent" | "taken" | "unheard" | "unpublished";

const NOT_OVER: readonly RolloutPhase[] = ["Paused", "Progressing", "RollingBack"];

/** It moves pointers, or may. */
export const isActive = ({ status }: ModelRollout): boolean =>
  status !== undefined && NOT_OVER.includes(status.phase);

export function viewOf(observed: Observed): View {
  const { rollout, devices, reports } = observed;
  const members: Member[] = [];
  const available: Candidate[] = [];
  const leftOut = { held: 0, "other-model": 0, shared: 0, silent: 0, taken: 0, unheard: 0, unpublished: 0 };
  const active = new Set(observed.others.filter(isActive).map(({ metadata }) => metadata.uid));
  for (const device of devices) {
    const signed = reports.get(nodeOf(device));
    const step = stepOf(device, rollout);
    if (step !== undefined) {
      members.push({ device, signed, step });
      continue;
    }
    if (!isSelected(device, rollout)) continue;
    const why = whyNot(device, signed, observed, active);
    if (why !== undefined) leftOut[why] += 1;
    else if (signed !== undefined) available.push({ device, signed });
  }
  return { members, available: inOrder(available, rollout), leftOut };
}

export const isSelected = ({ metadata }: EdgeDevice, { spec }: ModelRollout): boolean =>
  metadata.deletionTimestamp === undefined &&
  Object.entries(spec.selector?.matchLabels ?? {}).every(([key, value]) => metadata.labels?.[key] === value);

function whyNot(
  device: EdgeDevice,
  signed: SignedReport | undefined,
  { rollout, namesakes, published, readableSinceMs, nowMs }: Observed,
  active: ReadonlySet<string>,
): LeftOut | undefined {
  const { spec } = rollout;
  if (device.spec.isHeld) return "held";
  if (namesakes.has(nodeOf(device))) return "shared";
  if (signed === undefined) return "unheard";
  const { report } = signed;
  if (report.model !== spec.model) return "other-model";
  const owner = device.status?.rollout?.uid;
  if (owner !== undefined && active.has(owner)) return "taken";
  const silentMs = nowMs - heardMs(device, signed, readableSinceMs, nowMs);
  if (silentMs > spec.deviceTimeoutMinutes * 60_000) return "silent";
  const { version, digest } = report.champion;
  if (digest !== spec.manifestSha256 && published.get(version) !== digest) return "unpublished";
  return undefined;
}

/** The same for one rollout today and tomorrow, on any controller; another for the next, so that it is not always the
 *  same machines that go first. */
function inOrder(candidates: readonly Candidate[], { metadata }: ModelRollout): readonly Candidate[] {
  return candidates
    .map((candidate) => {
      const { name } = candidate.device.metadata;
      return { candidate, name, position: drawFrame(metadata.uid, name).position };
    })
    .sort((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1))
    .map(({ candidate }) => candidate);
}
