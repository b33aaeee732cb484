import type { ExpandedLayout } from "@stethos/edge-agent/core";
import type { Timers } from "../stream/timers.ts";
import type { TwinPicture } from "../stream/twin-news.ts";
import { createTwinPlanes } from "../stream/twin-planes.ts";
import type { ReplayApi } from "./replay-api.ts";
import { createReplayTrack, type ReplayTrack } from "./replay-track.ts";

export const SPEEDS = [1, 2, 5, 10, 30, 60] as const;
export type Speed = (typeof SPEEDS)[number];

export interface ReplayStatus {
  readonly ms: number;
  readonly isPlaying: boolean;
  readonly speed: Speed;
  readonly isLoading: boolean;
  readonly problem?: unknown;
}

export interface ReplayPlayerDeps {
  readonly api: Pick<ReplayApi, "frames">;
  readonly timers: Timers;
  readonly layout: ExpandedLayout;
  /** The player stays between these. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly show: (picture: TwinPicture, release: () => void) => void;
  readonly changed: (status: ReplayStatus) => void;
}

export interface ReplayPlayer {
  status(): ReplayStatus;
  seek(ms: number): void;
  play(): void;
  pause(): void;
  setSpeed(speed: Speed): void;
  /** To the next or the last moment at which something changed. */
  step(direction: -1 | 1): void;
  dispose(): void;
}

/** So often a playing replay moves on. */
const TICK_MS = 100;
/** Of screen time: changes within are merged. */
const STEP_MS = 250;
const STEPS_A_TRACK = 120;
/** After the last move of a slider the recording is asked for: not for each place that it passed. */
const SETTLE_MS = 120;

/** Plays the recording into planes of its own. Two stretches are in memory at most: the one shown and the one after. */
export function createReplayPlayer(deps: ReplayPlayerDeps): ReplayPlayer {
  const { timers, layout, fromMs, toMs } = deps;
  const planes = createTwinPlanes(layout.firstPoint);
  const cancels = { tick: () => {}, settle: () => {} };
  let columns: TwinPicture["columns"] | undefined = planes.makeColumns();
  let isUnshown = false;
  let ms = fromMs;
  let speed: Speed = 1;
  let isPlaying = false;
  let problem: unknown;
  let track: ReplayTrack | undefined;
  let next: ReplayTrack | undefined;
  let loading: AbortController | undefined;
  let tickedMs = 0;
  let afterLoad: (() => void) | undefined;

  const status = (): ReplayStatus => ({
    ms,
    isPlaying,
    speed,
    isLoading: loading !== undefined && (track === undefined || !track.covers(ms)),
    ...(problem !== undefined && { problem }),
  });
  const report = (): void => deps.changed(status());
  const within = (wanted: number): number => Math.min(toMs, Math.max(fromMs, wanted));

  const publish = (): void => {
    isUnshown = columns === undefined;
    if (columns === undefined) return;
    const lent = columns;
    columns = undefined;
    const figures = { turn: 0, applied: 0, lost: 0, resyncs: 0 };
    deps.show(
      { kind: "picture", layoutHash: layout.hash, ...planes.fill(lent), columns: lent, timeMs: ms, figures },
      () => {
        columns = lent;
        if (isUnshown) publish();
      },
    );
  };

  /** @returns whether that moment is in memory */
  const showNow = (): boolean => {
    if (track?.covers(ms) !== true && next?.covers(ms) === true) {
      track = next;
      next = undefined;
    }
    if (track?.covers(ms) !== true) return false;
    track.show(ms, planes);
    publish();
    return true;
  };

  const load = async (from: number, wanted: "next" | "track", stepMs = STEP_MS * speed): Promise<void> => {
    loading?.abort();
    const mine = new AbortController();
    loading = mine;
    const to = Math.min(toMs + stepMs, from + STEPS_A_TRACK * stepMs);
    try {
      const frames = await deps.api.frames({ fromMs: from, toMs: to, stepMs }, mine.signal);
      if (mine.signal.aborted) return;
      const made = createReplayTrack(frames, from, stepMs, layout.hash);
      problem = undefined;
      loading = undefined;
      if (wanted === "next") next = made;
      else {
        track = made;
        next = undefined;
        showNow();
        afterLoad?.();
        afterLoad = undefined;
      }
    } catch (error) {
      if (mine.signal.aborted) return;
      loading = undefined;
      problem = error;
      isPlaying = false;
    }
    report();
  };

  const show = (): void => {
    if (!showNow() && loading === undefined) void load(ms, "track");
  };

  /** The stretch after this one, in time. */
  const loadAhead = (): void => {
    if (track === undefined || next !== undefined || loading !== undefined || track.toMs >= toMs) return;
    const isNear = ms > track.fromMs + (track.toMs - track.fromMs) / 2;
    if (isNear) void load(track.toMs, "next");
  };

  const tick = (): void => {
    cancels.tick = timers.after(TICK_MS, tick);
    const now = timers.now();
    const elapsed = now - tickedMs;
    tickedMs = now;
    // What is not there yet cannot be played; time waits for it.
    if (loading !== undefined && track?.covers(ms) !== true) return;
    ms = within(ms + elapsed * speed);
    show();
    loadAhead();
    if (ms === toMs) pause();
    else report();
  };

  /** Once nothing moves any more: the very moment, as steps merge what changed within them. */
  const refineLater = (): void => {
    cancels.settle();
    cancels.settle = timers.after(SETTLE_MS, () => {
      if (!isPlaying && track?.fromMs !== ms) void load(ms, "track", STEP_MS);
    });
  };

  function pause(): void {
    isPlaying = false;
    cancels.tick();
    refineLater();
    report();
  }

  const moveTo = (wanted: number): void => {
    ms = within(wanted);
    problem = undefined;
    showNow();
    refineLater();
    report();
  };

  /** A message's own moment needs no refining. */
  const stepTo = (wanted: number | undefined): boolean => {
    if (wanted === undefined || wanted < fromMs || wanted > toMs) return false;
    cancels.settle();
    ms = wanted;
    showNow();
    report();
    return true;
  };

  return {
    status,
    seek(wanted) {
      afterLoad = undefined;
      moveTo(wanted);
    },
    play() {
      if (isPlaying) return;
      if (ms === toMs) ms = fromMs;
      isPlaying = true;
      tickedMs = timers.now();
      cancels.tick();
      cancels.tick = timers.after(TICK_MS, tick);
      show();
      report();
    },
    pause,
    setSpeed(chosen) {
      speed = chosen;
      // What is in memory has the steps of the speed before it.
      next = undefined;
      report();
    },
    step(direction) {
      pause();
      const isFine = track !== undefined && track.stepMs <= STEP_MS && track.covers(ms);
      if (isFine && stepTo(track?.neighbour(ms, direction))) return;
      const from = direction > 0 ? ms : ms - (STEPS_A_TRACK / 2) * STEP_MS;
      cancels.settle();
      afterLoad = () => {
        // Nothing changed for a while: by one step of time.
        if (!stepTo(track?.neighbour(ms, direction))) moveTo(ms + direction * STEP_MS);
      };
      void load(within(from), "track", STEP_MS);
    },
    dispose() {
      loading?.abort();
      isPlaying = false;
      for (const cancel of Object.values(cancels)) cancel();
    },
  };
}
