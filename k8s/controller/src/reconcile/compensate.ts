import type { ModelRolloutSpec, WaveStatus } from "../ports/resources.ts";
import { isTouched, type Member, nextStatus, rankOf } from "./journal.ts";
import { nodeOf } from "./mirror.ts";
import { MOST_STEPS, type Observed, type Step } from "./observed.ts";
import type { Change } from "./status.ts";
import { isBack, isOverdue } from "./verdict.ts";
import type { View } from "./view.ts";

export interface Compensation {
  readonly change: Change;
  readonly steps: readonly Step[];
}

/** A rollout that is undone: each device that was offered the version gets the pointers of the one before, and is asked
 *  whether it followed. Over when all did; for one that says nothing nobody waits longer than `deviceTimeoutMinutes`: its
 *  pointers are back, and it follows them when it comes. */
export function compensate(observed: Observed, view: View): Compensation {
  const { rollout, readableSinceMs, nowMs } = observed;
  const { spec, status } = rollout;
  const waves = status?.waves ?? [];
  const wave = status?.wave ?? 0;
  const undone = view.members.filter((member) => isUndone(member, spec, scopeOf(observed, waves)));
  const isWaitedFor = (member: Member): boolean =>
    member.step.step !== "RolledBack" &&
    !(member.step.step === "Recalled" && isOverdue(member, spec, { readableSinceMs, nowMs }));
  const waiting = undone.filter(isWaitedFor).length;
  const back = undone.filter(({ step }) => step.step === "RolledBack").length;
  const count = `${back} of ${undone.length} devices are back`;
  const change: Change =
    waiting === 0
      ? { phase: "RolledBack", wave, waves, reason: "RolledBack", message: count }
      : {
          phase: "RollingBack",
          wave,
          waves,
          reason: reasonOf(observed),
          message: `${whyOf(observed)}; ${count}`,
        };
  return {
    change,
    steps: [...journalled(observed, undone), ...recalls(observed, undone), ...returned(observed, view)],
  };
}

/** Devices that come back after the rollout is over. */
export function returned({ rollout, nowMs }: Observed, { members }: View): readonly Step[] {
  const wanted = rollout.spec.manifestSha256;
  return members
    .filter((member) => member.step.step === "Recalled" && isBack(member, wanted))
    .map((member) => ({
      kind: "journal",
      device: member.device,
      status: nextStatus(member, "RolledBack", nowMs),
    }));
}

/** First of the waves that are undone. */
function scopeOf({ rollout }: Observed, waves: readonly WaveStatus[]): number {
  const isDeleted = rollout.metadata.deletionTimestamp !== undefined;
  if (isDeleted || rollout.spec.onFailure !== "RollBackWave") return 0;
  // Later waves began because this one seemed good.
  return Math.max(
    0,
    waves.findIndex(({ failedTime }) => failedTime !== undefined),
  );
}

const isUndone = ({ device, step }: Member, spec: ModelRolloutSpec, first: number): boolean =>
  step.wave >= first && !device.spec.isHeld && isTouched(step, spec.manifestSha256);

const journalled = ({ nowMs }: Observed, undone: readonly Member[]): readonly Step[] =>
  undone
    .filter(({ step }) => rankOf(step.step) < rankOf("Recalling"))
    .slice(0, MOST_STEPS)
    .map((member) => ({
      kind: "journal",
      device: member.device,
      status: nextStatus(member, "Recalling", nowMs),
    }));

function recalls({ rollout, nowMs }: Observed, undone: readonly Member[]): readonly Step[] {
  const { model, pointerDays } = rollout.spec;
  return undone
    .filter(({ step }) => step.step === "Recalling")
    .slice(0, MOST_STEPS)
    .map((member) => ({
      kind: "recall",
      device: member.device,
      pointing: { ...member.step.previous, model, node: nodeOf(member.device), expiresDays: pointerDays },
      status: nextStatus(member, "Recalled", nowMs),
    }));
}

const reasonOf = ({ rollout }: Observed): string =>
  rollout.metadata.deletionTimestamp === undefined ? "WaveFailed" : "Deleted";

function whyOf({ rollout }: Observed): string {
  if (rollout.metadata.deletionTimestamp !== undefined) return "the rollout is deleted";
  const waves = rollout.status?.waves ?? [];
  const failed = waves.findIndex(({ failedTime }) => failedTime !== undefined);
  return `wave ${failed + 1} failed: ${waves[failed]?.failed ?? 0} of ${waves[failed]?.devices ?? 0} devices`;
}
