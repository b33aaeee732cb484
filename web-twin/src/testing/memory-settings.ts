import { createSettings, type Settings } from "../platform.ts";

/** Settings of a screen that nobody used before. */
export function memorySettings(): Settings {
  const held = new Map<string, string>();
  return createSettings(() => ({
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
  }));
}
