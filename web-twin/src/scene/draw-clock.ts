import type { Timers } from "../stream/timers.ts";
import type { Level } from "./level.ts";

/** How long pictures take from the first call until they are drawn. */
export interface DrawClock {
  start(level: Level): void;
  /** All calls of the picture are made; it is drawn some time later. */
  submitted(): void;
  readonly stats: DrawStats;
  forget(): void;
}

export interface DrawStats {
  /** ms of the latest picture that was measured. */
  lastMs: number;
  level: Level;
  readonly total: Record<Level, number>;
  medianMs(): number;
}

const POLL_MS = 4;
/** Older pictures say nothing of now. */
const KEPT = 61;
/** A picture that takes longer is given up: the context may be gone. */
const MOST_MS = 5_000;

/** Asks a fence whether the drawing is done: nothing waits for it. One picture at a time is measured. */
export function createDrawClock(
  gl: WebGL2RenderingContext,
  timers: Timers,
  shown: (level: Level, ms: number) => void,
): DrawClock {
  const times: number[] = [];
  const total: Record<Level, number> = { none: 0, changed: 0, points: 0, everything: 0 };
  let fence: WebGLSync | undefined;
  let cancel = (): void => {};
  let startMs = 0;
  let measured: Level = "none";
  const stats: DrawStats = {
    lastMs: 0,
    level: "none",
    total,
    medianMs: () => [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0,
  };
  let started: { readonly level: Level; readonly ms: number } = { level: "none", ms: 0 };

  const poll = (): void => {
    if (fence === undefined) return;
    const ms = timers.now() - startMs;
    const isDone = gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED;
    if (!isDone && ms < MOST_MS) {
      cancel = timers.after(POLL_MS, poll);
      return;
    }
    gl.deleteSync(fence);
    fence = undefined;
    if (!isDone) return;
    stats.lastMs = ms;
    times.push(ms);
    if (times.length > KEPT) times.shift();
    shown(measured, ms);
  };

  return {
    stats,
    start(level) {
      started = { level, ms: timers.now() };
      stats.level = level;
      total[level] += 1;
    },
    submitted() {
      if (fence !== undefined) return;
      const made = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      if (made === null) return;
      gl.flush();
      fence = made;
      startMs = started.ms;
      measured = started.level;
      cancel = timers.after(POLL_MS, poll);
    },
    forget() {
      cancel();
      fence = undefined;
    },
  };
}
