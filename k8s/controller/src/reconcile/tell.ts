import { unreachable } from "@stethos/edge-agent/core";
import type { ClusterEvent } from "../ports/cluster.ts";
import type { ModelRolloutStatus } from "../ports/resources.ts";

/** What to tell of the way from one status to the next: each turn once. */
export function eventsOf(
  before: ModelRolloutStatus | undefined,
  after: ModelRolloutStatus,
): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  after.waves.forEach((wave, place) => {
    const known = before?.waves[place];
    const counts = `${wave.succeeded} promoted it, ${wave.failed} failed, of ${wave.devices} devices`;
    if (wave.startedTime !== undefined && known === undefined) {
      events.push({ type: "Normal", reason: "WaveStarted", message: `wave ${place + 1} has begun` });
    }
    if (wave.succeededTime !== undefined && known?.succeededTime === undefined) {
      events.push({ type: "Normal", reason: "WaveSucceeded", message: `wave ${place + 1}: ${counts}` });
    }
    if (wave.failedTime !== undefined && known?.failedTime === undefined) {
      events.push({ type: "Warning", reason: "WaveFailed", message: `wave ${place + 1}: ${counts}` });
    }
  });
  const renewed = renewedEvent(before, after);
  if (renewed !== undefined) events.push(renewed);
  const turn = before?.phase === after.phase ? undefined : turnOf(after);
  return turn === undefined ? events : [...events, turn];
}

/** Of a whole round one event, when it is over and something was signed. */
function renewedEvent(
  before: ModelRolloutStatus | undefined,
  { pointers }: ModelRolloutStatus,
): ClusterEvent | undefined {
  if (pointers?.signedTime === undefined) return undefined;
  const sinceMs = Date.parse(before?.pointers?.signedTime ?? before?.finishedTime ?? "");
  if (!(Date.parse(pointers.signedTime) > sinceMs)) return undefined;
  const message = `pointers were signed anew; all are valid until ${pointers.validUntilTime}`;
  return { type: "Normal", reason: "PointersRenewed", message };
}

function turnOf({ phase, message }: ModelRolloutStatus): ClusterEvent | undefined {
  switch (phase) {
    case "Progressing":
      return undefined;
    case "Completed":
    case "Paused":
    case "Pending":
    case "RolledBack":
      return { type: "Normal", reason: phase, message };
    case "Halted":
    case "Invalid":
    case "RollingBack":
      return { type: "Warning", reason: phase, message };
    default:
      return unreachable(phase);
  }
}
