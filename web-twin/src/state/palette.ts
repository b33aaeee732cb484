import type { Palette } from "./store.ts";

export const PALETTES = ["dark", "light", "colour-blind"] as const satisfies readonly Palette[];

/** What was chosen before, else what the system prefers. */
export const choosePalette = (remembered: string | null, prefersLight: boolean): Palette =>
  PALETTES.find((palette) => palette === remembered) ?? (prefersLight ? "light" : "dark");
