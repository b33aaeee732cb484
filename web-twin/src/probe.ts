import { planeHash } from "@stethos/edge-agent/core";
import type { SceneProbe } from "./scene/probe.ts";
import type { PointStore } from "./state/points.ts";
import type { TwinFigures, TwinPicture } from "./stream/twin-news.ts";

/** When the page came to what, ms of its own clock. */
export interface BootTimes {
  readonly module: number;
  shell?: number;
  layout?: number;
  firstData?: number;
}

export interface ProbeDeps {
  readonly times: BootTimes;
  readonly points: PointStore;
  readonly scene: () => SceneProbe | undefined;
  readonly figures: () => TwinFigures | undefined;
  readonly goto: (asset: string) => void;
  /** ms since 1970 by this machine's clock, and of the page. */
  readonly wallMs: () => number;
  readonly pageMs: () => number;
}

/** What tests and benches see of the page, as window.__twin. It changes nothing but the camera. */
export interface Probe {
  /** A picture was told to all who show it. */
  shown(picture: TwinPicture): void;
  readonly view: object;
}

/** Latencies that the figures are made of: the newest so many. */
const MOST_LATENCIES = 600;
const RATE_MS = 1_000;

function createRate(pageMs: () => number) {
  let sinceMs = pageMs();
  let begin = 0;
  let rate = 0;
  return (count: number): number => {
    const now = pageMs();
    if (now - sinceMs < RATE_MS) return rate;
    rate = ((count - begin) * 1_000) / (now - sinceMs);
    begin = count;
    sinceMs = now;
    return rate;
  };
}

export function createProbe(deps: ProbeDeps): Probe {
  const { points, scene } = deps;
  const latencies: number[] = [];
  const appliedRate = createRate(deps.pageMs);
  const drawnRate = createRate(deps.pageMs);
  let drawn = 0;

  const quantile = (share: number): number => {
    const sorted = [...latencies].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  };
  const pointOf = (tag: string): number => points.find(tag) ?? -1;

  return {
    shown({ timeMs, count }) {
      if (count === 0) return;
      drawn += 1;
      latencies.push(deps.wallMs() - timeMs);
      if (latencies.length > MOST_LATENCIES) latencies.shift();
    },
    view: {
      get t() {
        return { ...deps.times, ...scene()?.t };
      },
      get counts() {
        const layout = points.view()?.layout;
        return { points: layout?.pointCount ?? 0, assets: layout?.assetCount ?? 0, ...scene()?.counts() };
      },
      get frame() {
        return scene()?.frame;
      },
      get feed() {
        const figures = deps.figures();
        return {
          seq: figures?.turn ?? 0,
          lost: figures?.lost ?? 0,
          resyncs: figures?.resyncs ?? 0,
          applied: figures?.applied ?? 0,
          drawn,
          latMed: quantile(0.5),
          latP95: quantile(0.95),
          appliedHz: appliedRate(figures?.applied ?? 0),
          drawnHz: drawnRate(drawn),
          isStale: points.view()?.isStale ?? true,
        };
      },
      get scene() {
        return scene();
      },
      state: (tag: string) => points.view()?.state[pointOf(tag)],
      value: (tag: string) => points.valueOf(pointOf(tag)),
      pick: (x: number, y: number) => scene()?.pick(x, y),
      project: (tag: string) => scene()?.project(pointOf(tag)),
      goto: deps.goto,
      renderNow: (level: Parameters<SceneProbe["renderNow"]>[0]) => scene()?.renderNow(level),
      hash: () => {
        const state = points.view()?.state;
        return state === undefined ? undefined : planeHash(state);
      },
    },
  };
}
