import { type ExpandedLayout, expandLayout, type PlantLayout } from "@stethos/edge-agent/core";
import { type Ask, parsed } from "./ask.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { list, Mismatch, number, object, oneOf, optional, type Shape, text } from "./shape.ts";
import type { Timers } from "./timers.ts";

const numbers = list(number);

/** @param lengths that the list may have */
const place =
  <T extends readonly number[]>(...lengths: readonly number[]): Shape<T> =>
  (value, at, notes) => {
    const found = numbers(value, at, notes);
    if (!lengths.includes(found.length)) throw new Mismatch(at, `${lengths.join(" or ")} numbers`);
    return found as unknown as T;
  };
const triple = place<readonly [number, number, number]>(3);

const layoutShape: Shape<PlantLayout> = object({
  version: oneOf("plant-layout/v1"),
  site: text,
  timeZone: optional(text),
  kinds: list(object({ id: text, name: optional(text), unit: text, low: number, high: number })),
  areas: list(object({ id: text, name: text, minX: number, maxX: number, minZ: number, maxZ: number })),
  templates: list(
    object({
      id: text,
      size: triple,
      parts: list(
        object({
          shape: oneOf("along-x", "along-z", "box", "upright"),
          at: triple,
          size: triple,
          grey: number,
        }),
      ),
      points: list(object({ name: text, at: triple, kind: text })),
      model: optional(text),
    }),
  ),
  assets: list(
    object({
      id: text,
      name: optional(text),
      code: optional(text),
      area: text,
      template: text,
      at: place<readonly [number, number] | readonly [number, number, number]>(2, 3),
      turn: optional(number),
    }),
  ),
});

const expanded: Shape<ExpandedLayout> = (value, at, notes) => {
  const layout = layoutShape(value, at, notes);
  try {
    return expandLayout(layout);
  } catch (error) {
    if (error instanceof RangeError) throw new Mismatch(at, `a layout that fits together (${error.message})`);
    throw error;
  }
};

/** The plant as it is drawn. */
export const askLayout = (ask: Ask, signal: AbortSignal): Promise<ExpandedLayout> =>
  ask("v1/layout", {}, parsed(expanded), signal);

export interface LayoutLoaderDeps {
  readonly ask: Ask;
  readonly timers: Timers;
  readonly random: () => number;
}

export interface LayoutLoaderEvents {
  loaded(layout: ExpandedLayout): void;
  failed(error: unknown): void;
}

/** Fetches the layout, again and again until it comes, and anew when the agent speaks of another one. */
export interface LayoutLoader {
  /** @param wanted hash of the one to wait for; any, where it is left out */
  load(wanted?: number): void;
  /** For as long as none came: at once instead of after the current wait. */
  hurry(): void;
  close(): void;
}

export function createLayoutLoader(deps: LayoutLoaderDeps, events: LayoutLoaderEvents): LayoutLoader {
  let running: AbortController | undefined;
  let cancelRetry = (): void => {};
  let attempt = 0;
  let wantedHash: number | undefined;
  let isDone = false;

  const later = (): void => {
    cancelRetry();
    cancelRetry = deps.timers.after(retryDelayMs(attempt, deps.random), () => void run());
    attempt += 1;
  };

  async function run(): Promise<void> {
    cancelRetry();
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      const layout = await askLayout(deps.ask, mine.signal);
      if (mine.signal.aborted) return;
      // The feed was quicker than what serves the layout.
      if (wantedHash !== undefined && layout.hash !== wantedHash) return later();
      attempt = 0;
      isDone = true;
      events.loaded(layout);
    } catch (error) {
      if (mine.signal.aborted) return;
      events.failed(error);
      later();
    }
  }

  return {
    load(wanted) {
      wantedHash = wanted;
      isDone = false;
      void run();
    },
    hurry() {
      if (isDone) return;
      attempt = 0;
      void run();
    },
    close() {
      isDone = true;
      cancelRetry();
      running?.abort();
    },
  };
}
