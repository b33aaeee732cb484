import type { Timers } from "./stream/timers.ts";

/** The browser's clock, the only place that reads it. */
export const browserTimers: Timers = {
  now: () => performance.now(),
  after(ms, callback) {
    const id = setTimeout(callback, ms);
    return () => clearTimeout(id);
  },
};

export const wallClockMs = (): number => Date.now();

/** Longer than any picture takes that somebody waits for. */
const MOST_PICTURE_MS = 1_000;

/** Runs a function before the next picture is drawn. A window that is hidden or covered draws none: then once a second. */
export function beforePicture(callback: () => void): void {
  const run = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    callback();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, MOST_PICTURE_MS);
}

/** Settings of this screen. A browser that keeps none (private mode, storage full) still shows the plant. */
export interface Settings {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

export function createSettings(storage: () => Pick<Storage, "getItem" | "setItem">): Settings {
  const held = new Map<string, string>();
  return {
    get(key) {
      const kept = held.get(key);
      if (kept !== undefined) return kept;
      try {
        return storage().getItem(`stethos.${key}`);
      } catch {
        // Storage is forbidden here: what was set lasts as long as the page.
        return null;
      }
    },
    set(key, value) {
      held.set(key, value);
      try {
        storage().setItem(`stethos.${key}`, value);
      } catch {
        // As above: the value is held for this page.
      }
    },
  };
}
