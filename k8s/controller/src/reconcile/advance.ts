import type { ModelRolloutSpec, Wave, WaveStatus } from "../ports/resources.ts";
import { isPending, nextStatus, REJECTED_BEFORE, statusWithStep } from "./journal.ts";
import { nodeOf } from "./mirror.ts";
import { isoOf, MOST_STEPS, type Observed, type Step } from "./observed.ts";
import type { Change } from "./status.ts";
import { type Verdict, verdictOf } from "./verdict.ts";
import type { Candidate, View } from "./view.ts";
import {
  canNotSucceed,
  hasSucceeded,
  hasTooManyErrors,
  soakedMs,
  type Tally,
  tallyOf,
  targetOf,
} from "./waves.ts";

export interface Advance {
  readonly change: Change;
  readonly steps: readonly Step[];
  readonly soakedMs?: number;
}

/** A rollout on its way: what the devices say is written down, what was begun is finished, and where the persisted status
 *  says that a wave is open, its devices are offered the version. What changes the phase or the wave is persisted first;
 *  its steps come with the next look. */
export function advance(observed: Observed, view: View): Advance {
  const { rollout, nowMs } = observed;
  const { spec } = rollout;
  const place = Math.min(rollout.status?.wave ?? 0, spec.waves.length - 1);
  const said = verdicts(observed, view);
  const counted = countWaves(observed, view, place);
  const failed = counted.findIndex(({ failedTime }) => failedTime !== undefined);
  if (failed >= 0) return { change: stop(spec, counted, place, failed), steps: said };
  const heard = [...said, ...offers(observed, view)];
  const wave = spec.waves[place];
  const current = counted[place];
  if (wave === undefined || current === undefined)
    return { change: going(observed, counted, place), steps: heard };
  if (current.succeededTime === undefined) {
    const opening = spec.paused ? [] : openings(observed, view, place);
    return { change: going(observed, counted, place), steps: [...heard, ...opening] };
  }
  const dueMs = current.devices === 0 ? nowMs : soakedMs(current, wave);
  const isLast = place === spec.waves.length - 1;
  if (nowMs < dueMs) return { change: going(observed, counted, place), steps: heard, soakedMs: dueMs };
  if (!isLast && !spec.paused) return { change: openNext(counted, place, nowMs), steps: heard };
  const isOver = isLast && !view.members.some(({ step }) => isPending(step));
  return { change: isOver ? complete(counted, place) : going(observed, counted, place), steps: heard };
}

/** What the reports say of those that were offered it. */
export function verdicts({ rollout, readableSinceMs, nowMs }: Observed, { members }: View): readonly Step[] {
  const steps: Step[] = [];
  for (const member of members) {
    const verdict: Verdict | undefined = verdictOf(member, rollout.spec, { readableSinceMs, nowMs });
    if (verdict === undefined) continue;
    const { device } = member;
    steps.push({ kind: "journal", device, status: nextStatus(member, verdict.step, nowMs, verdict.reason) });
  }
  return steps;
}

/** What the journal says is being offered: perhaps it was, perhaps the one who wrote it died before. */
export function offers({ rollout, nowMs }: Observed, { members }: View): readonly Step[] {
  const { model, version, manifestSha256, pointerDays } = rollout.spec;
  return members
    .filter(({ step }) => step.step === "Offering")
    .slice(0, MOST_STEPS)
    .map((member) => ({
      kind: "offer",
      device: member.device,
      pointing: {
        model,
        version,
        digest: manifestSha256,
        node: nodeOf(member.device),
        expiresDays: pointerDays,
      },
      status: nextStatus(member, "Offered", nowMs),
    }));
}

/** The next devices of the open wave: so many as it still allows, in their order. */
function openings(
  { rollout, nowMs }: Observed,
  { members, available }: View,
  place: number,
): readonly Step[] {
  const target = targetOf(rollout.spec, place, members.length + available.length);
  const room = Math.min(MOST_STEPS, Math.max(0, target - members.length));
  return available.slice(0, room).map((candidate) => {
    const { name, uid } = rollout.metadata;
    const { version, digest } = candidate.signed.report.champion;
    const begun = {
      name,
      uid,
      wave: place,
      previous: { version, digest },
      ...firstStep(candidate, rollout.spec),
    };
    return { kind: "journal", device: candidate.device, status: statusWithStep(candidate, begun, nowMs) };
  });
}

function firstStep(
  { signed }: Candidate,
  { manifestSha256 }: ModelRolloutSpec,
): { readonly step: "Failed" | "Offering" | "Updated"; readonly reason?: string } {
  const { champion, rejected } = signed.report;
  if (champion.digest === manifestSha256) return { step: "Updated" };
  return rejected.includes(manifestSha256)
    ? { step: "Failed", reason: REJECTED_BEFORE }
    : { step: "Offering" };
}

/** Every wave that has begun, as it stands now: an old one may yet fail. */
function countWaves(
  { rollout, nowMs }: Observed,
  { members, available }: View,
  place: number,
): readonly WaveStatus[] {
  const { spec, status } = rollout;
  const fleet = members.length + available.length;
  return spec.waves.slice(0, place + 1).map((wave, at) => {
    const before = status?.waves[at];
    const isClosed = at < place || before?.succeededTime !== undefined;
    const tally = tallyOf(members, at, isClosed ? 0 : targetOf(spec, at, fleet));
    return { ...before, ...counts(tally), ...times(tally, wave, before, at === place, isoOf(nowMs)) };
  });
}

const counts = ({
  devices,
  succeeded,
  failed,
}: Tally): Pick<WaveStatus, "devices" | "failed" | "succeeded"> => ({
  devices,
  succeeded,
  failed,
});

function times(
  tally: Tally,
  wave: Wave,
  before: WaveStatus | undefined,
  isOpen: boolean,
  now: string,
): Partial<WaveStatus> {
  if (hasTooManyErrors(tally, wave)) return { failedTime: before?.failedTime ?? now };
  if (!isOpen || before?.succeededTime !== undefined) return {};
  if (hasSucceeded(tally, wave)) return { succeededTime: now };
  return canNotSucceed(tally, wave) ? { failedTime: before?.failedTime ?? now } : {};
}

function going({ rollout }: Observed, waves: readonly WaveStatus[], wave: number): Change {
  const current = waves[wave];
  const text = `wave ${wave + 1} of ${rollout.spec.waves.length}: ${current?.succeeded ?? 0} of ${current?.devices ?? 0} devices promoted it`;
  return rollout.spec.paused
    ? { phase: "Paused", wave, waves, reason: "PausedByHand", message: `${text}; nothing further is begun` }
    : { phase: "Progressing", wave, waves, reason: "WaveStarted", message: text };
}

function openNext(waves: readonly WaveStatus[], place: number, nowMs: number): Change {
  const opened = { devices: 0, succeeded: 0, failed: 0, startedTime: isoOf(nowMs) };
  const wave = place + 1;
  return {
    phase: "Progressing",
    wave,
    waves: [...waves, opened],
    reason: "WaveStarted",
    message: `wave ${wave + 1} has begun`,
  };
}

function complete(waves: readonly WaveStatus[], wave: number): Change {
  return { phase: "Completed", wave, waves, reason: "Completed", message: "all waves are over" };
}

function stop(spec: ModelRolloutSpec, waves: readonly WaveStatus[], wave: number, failed: number): Change {
  const { failed: count, devices } = waves[failed] ?? { failed: 0, devices: 0 };
  const text = `wave ${failed + 1} failed: ${count} of ${devices} devices`;
  return spec.onFailure === "Halt"
    ? { phase: "Halted", wave, waves, reason: "WaveFailed", message: `${text}; nothing is undone` }
    : { phase: "RollingBack", wave, waves, reason: "WaveFailed", message: `${text}; its devices go back` };
}
