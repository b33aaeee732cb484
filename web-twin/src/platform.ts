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
