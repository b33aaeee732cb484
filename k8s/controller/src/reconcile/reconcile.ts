import { unreachable } from "@stethos/edge-agent/core";
import type { ModelRolloutStatus } from "../ports/resources.ts";
import { advance, offers, verdicts } from "./advance.ts";
import { begin } from "./begin.ts";
import { compensate, returned } from "./compensate.ts";
import { isPending } from "./journal.ts";
import { type Decision, FINALIZER, type Observed, type Step } from "./observed.ts";
import { renew, renewalMs } from "./renew.ts";
import { type Change, isFinal, statusWith } from "./status.ts";
import { eventsOf } from "./tell.ts";
import { type View, viewOf } from "./view.ts";

interface Next {
  readonly change: Change;
  readonly steps: readonly Step[];
  readonly soakedMs?: number;
}

// Nothing changes without a report or a write; this is for what only time does.
const LOOK_AGAIN_MS = 60_000;
// No longer, though a renewal is far: a wall clock may have been set meanwhile.
const RENEWAL_LOOK_MS = 3_600_000;

/** What is to be done about one rollout, from what is seen alone: no memory, no clock, no I/O. The same again once it was
 *  done says nothing more; what was done and not seen yet is said again, and fails as a conflict or changes nothing. */
export function reconcile(observed: Observed): Decision {
  const { rollout } = observed;
  const { metadata, status } = rollout;
  const finalizers = metadata.finalizers ?? [];
  const hasFinalizer = finalizers.includes(FINALIZER);
  if (metadata.deletionTimestamp !== undefined && !hasFinalizer) return nothing;
  if (metadata.deletionTimestamp === undefined && !hasFinalizer) {
    return { ...nothing, steps: [{ kind: "finalizers", rollout, finalizers: [...finalizers, FINALIZER] }] };
  }
  const view = viewOf(observed);
  if (metadata.deletionTimestamp !== undefined && mayGo(status, view)) {
    return {
      ...nothing,
      steps: [{ kind: "finalizers", rollout, finalizers: finalizers.filter((name) => name !== FINALIZER) }],
    };
  }
  return decided(observed, view, nextOf(observed, view));
}

const nothing: Decision = { steps: [], events: [] };

/** Nothing is left to be undone. */
function mayGo(status: ModelRolloutStatus | undefined, { members }: View): boolean {
  return status?.phase === "Completed" || status?.phase === "RolledBack" || members.length === 0;
}

function nextOf(observed: Observed, view: View): Next {
  const { metadata, status } = observed.rollout;
  const phase = status?.phase ?? "Pending";
  if (status !== undefined && metadata.deletionTimestamp !== undefined && phase !== "RollingBack") {
    const { wave, waves } = status;
    const message = "the rollout is deleted; its devices go back";
    return { change: { phase: "RollingBack", wave, waves, reason: "Deleted", message }, steps: [] };
  }
  switch (phase) {
    case "Invalid":
    case "Pending":
      return { change: begin(observed, view), steps: [] };
    case "Paused":
    case "Progressing":
      return advance(observed, view);
    case "RollingBack":
      return compensate(observed, view);
    case "Halted":
      // Nothing is begun and nothing undone; what is under way ends by itself, and is written down.
      return { change: asItIs(observed), steps: [...verdicts(observed, view), ...offers(observed, view)] };
    case "Completed": {
      const { pointers, steps } = renew(observed, view);
      return { change: { ...asItIs(observed), pointers }, steps: [...returned(observed, view), ...steps] };
    }
    case "RolledBack":
      return { change: asItIs(observed), steps: returned(observed, view) };
    default:
      return unreachable(phase);
  }
}

function asItIs({ rollout }: Observed): Change {
  const { phase = "Pending", wave = 0, waves = [], message = "", conditions = [] } = rollout.status ?? {};
  const reason = conditions.find(({ type }) => type === "Ready")?.reason ?? phase;
  return { phase, wave, waves, reason, message };
}

function decided(observed: Observed, view: View, { change, steps, soakedMs }: Next): Decision {
  const before = observed.rollout.status;
  const status = statusWith(observed, view, change);
  const isSame = before !== undefined && sameJson(before, status);
  const requeueAfterMs = againMs(observed, view, status, soakedMs);
  return {
    ...(!isSame && { status }),
    steps,
    events: eventsOf(before, status),
    ...(requeueAfterMs !== undefined && { requeueAfterMs }),
  };
}

function againMs(
  { rollout, nowMs }: Observed,
  { members }: View,
  { phase, pointers }: ModelRolloutStatus,
  soakedMs: number | undefined,
): number | undefined {
  if (isFinal(phase)) {
    const isWaiting = members.some(({ step }) => step.step === "Recalled" || isPending(step));
    if (isWaiting) return LOOK_AGAIN_MS;
    if (pointers === undefined) return undefined;
    return Math.min(RENEWAL_LOOK_MS, Math.max(0, renewalMs(pointers, rollout.spec) - nowMs));
  }
  return Math.min(LOOK_AGAIN_MS, Math.max(0, (soakedMs ?? Number.POSITIVE_INFINITY) - nowMs));
}

/** Whatever order the keys have: the server sorts them as it likes. */
const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
