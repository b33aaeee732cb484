import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { createChangeEncoder, encodeSnapshot } from "../core/twin/twin-change.ts";
import type { Points } from "../ports/points.ts";
import type { TwinRecording } from "../ports/twin-recording.ts";

export interface TwinRecorderPolicy {
  readonly everyMs: number;
  /** A replay begins at a snapshot: so much of the time before is read for nothing at most. */
  readonly snapshotMs: number;
  /** How long a recording that dropped a message is left alone. */
  readonly retryMs: number;
}

export const defaultTwinRecorder: TwinRecorderPolicy = {
  everyMs: 1000,
  snapshotMs: 60_000,
  retryMs: 10_000,
};

export interface TwinRecorder {
  /** Records until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface TwinRecorderDeps {
  readonly points: Points;
  readonly recording: Pick<TwinRecording, "append">;
  readonly clock: Clock;
}

/** Records what changed of the points, once a second, beside the screens: it only reads what they read. */
export function createTwinRecorder(
  policy: TwinRecorderPolicy,
  { points, recording, clock }: TwinRecorderDeps,
): TwinRecorder {
  const encodeChanges = createChangeEncoder();
  let seen = 0;
  let epoch: number | undefined;
  /** On the clock that never jumps. */
  let snapshotDueMs = 0;
  let restUntilMs = 0;

  function record(): void {
    const nowMs = clock.monotonicMs();
    const turn = points.endTurn();
    if (points.layout.pointCount === 0 || nowMs < restUntilMs) return;
    const isSnapshot = epoch !== points.epoch || nowMs >= snapshotDueMs;
    const about = {
      epoch: points.epoch,
      turn,
      timeMs: clock.nowUs() / 1000,
      layoutHash: points.layout.hash,
    };
    const message = isSnapshot
      ? encodeSnapshot(points, about)
      : encodeChanges(points, seen, { ...about, since: seen });
    if (message === undefined) return;
    if (recording.append(message)) {
      epoch = points.epoch;
      seen = turn;
      if (isSnapshot) snapshotDueMs = nowMs + policy.snapshotMs;
    } else {
      snapshotDueMs = 0;
      restUntilMs = nowMs + policy.retryMs;
    }
  }

  return {
    async run(signal) {
      do record();
      while (await slept(clock, policy.everyMs, signal));
    },
  };
}
