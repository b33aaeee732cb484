import type { Palette } from "../state/store.ts";

/** Colours of one palette, "#rrggbb". Those with a namesake among the page's custom properties are the same there
 *  (styles/palette.css): ground, alarm, warning, advisory, stale, shelved. */
export interface SceneColours {
  readonly ground: string;
  readonly floor: string;
  readonly kerb: string;
  /** Equipment in the shade and in full light; its greys lie between. */
  readonly shade: string;
  readonly light: string;
  /** Around each glyph, so that it stands out from equipment behind it. */
  readonly outline: string;
  readonly normal: string;
  readonly advisory: string;
  readonly warning: string;
  readonly alarm: string;
  readonly stale: string;
  readonly shelved: string;
  readonly outOfService: string;
  readonly selected: string;
}

/** Greys for what is normal, colour only for what is not (ISA-101). The colour-blind set keeps to colours that red-green
 *  blindness tells apart (Okabe and Ito 2008). */
export const SCENE_COLOURS: Readonly<Record<Palette, SceneColours>> = {
  dark: {
    ground: "#14181d",
    floor: "#20262d",
    kerb: "#333d47",
    shade: "#191e24",
    light: "#7c8894",
    outline: "#0b0e11",
    normal: "#b4bec8",
    advisory: "#62b5ff",
    warning: "#ffc83d",
    alarm: "#ff7468",
    stale: "#b9a06a",
    shelved: "#c79bf2",
    outOfService: "#93a0ac",
    selected: "#ffffff",
  },
  light: {
    ground: "#d9dde1",
    floor: "#eceef0",
    kerb: "#b9c0c7",
    shade: "#868f98",
    light: "#f8f9fa",
    outline: "#ffffff",
    normal: "#515b65",
    advisory: "#0a569c",
    warning: "#7d4a00",
    alarm: "#ae1710",
    stale: "#665220",
    shelved: "#6b3aa0",
    outOfService: "#5b656f",
    selected: "#000000",
  },
  "colour-blind": {
    ground: "#14181d",
    floor: "#20262d",
    kerb: "#333d47",
    shade: "#191e24",
    light: "#7c8894",
    outline: "#0b0e11",
    normal: "#b4bec8",
    advisory: "#56b4e9",
    warning: "#f0e442",
    alarm: "#ff8a3d",
    stale: "#b5b5b5",
    shelved: "#e39ac4",
    outOfService: "#93a0ac",
    selected: "#ffffff",
  },
};

/** "#rrggbb" -> 0..1 each, as the screen shows them. */
export function channels(colour: string): readonly [number, number, number] {
  const bits = Number.parseInt(colour.slice(1), 16);
  return [(bits >> 16) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}

const linear = (channel: number): number =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;

/** WCAG 2.1 contrast ratio of two colours, 1..21. */
export function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [red, green, blue] = channels(colour);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
