import type { HealthState } from "@stethos/edge-agent/core";
import type { SceneColours } from "./palette.ts";

export type IconName = "check" | "triangle" | "diamond" | "hourglass" | "cross" | "slash" | "question";
/** The ring on the floor around a machine: told apart without colour. */
export type RingName = "none" | "single" | "double" | "dashed" | "crossed" | "dotted";

export interface Look {
  readonly icon: IconName;
  readonly ring: RingName;
  /** Of the icon, CSS notation: a custom property of the palette. */
  readonly colour: string;
  /** The same in the scene's palette. */
  readonly tone: keyof SceneColours;
  /** Wants attention: shown before and above the others. */
  readonly urgency: number;
}

/** Greys for what is normal, colour only for what is not (ISA-101), and a shape of its own for each state, because
 *  one man in twelve does not tell red from green. */
export const LOOKS: Readonly<Record<HealthState, Look>> = {
  alarm: { icon: "diamond", ring: "double", colour: "var(--alarm)", tone: "alarm", urgency: 6 },
  warning: { icon: "triangle", ring: "single", colour: "var(--warning)", tone: "warning", urgency: 5 },
  "sensor-fault": { icon: "cross", ring: "crossed", colour: "var(--fault)", tone: "shelved", urgency: 4 },
  offline: { icon: "slash", ring: "dotted", colour: "var(--text-weak)", tone: "outOfService", urgency: 3 },
  learning: { icon: "hourglass", ring: "dashed", colour: "var(--learning)", tone: "advisory", urgency: 2 },
  unknown: { icon: "question", ring: "dotted", colour: "var(--text-weak)", tone: "outOfService", urgency: 1 },
  healthy: { icon: "check", ring: "none", colour: "var(--text-weak)", tone: "normal", urgency: 0 },
};

export interface Icon {
  /** SVG path data in a 24 x 24 box: a filled shape, and the lines upon it. */
  readonly solid?: string;
  readonly lines: string;
}

export const ICONS: Readonly<Record<IconName, Icon>> = {
  check: { lines: "M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18zM8 12.2l2.8 2.8L16 9.5" },
  triangle: { solid: "M12 2.5L23 21.5H1z", lines: "M12 9v6M12 18.2v.4" },
  diamond: { solid: "M12 .8L23.2 12L12 23.2L.8 12z", lines: "M12 6.5v7M12 16.8v.4" },
  hourglass: { lines: "M6 3h12M6 21h12M8 3c0 5 4 6 4 9s-4 4-4 9M16 3c0 5-4 6-4 9s4 4 4 9" },
  cross: { solid: "M3 3h18v18H3z", lines: "M8 8l8 8M16 8l-8 8" },
  slash: { lines: "M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18zM5.7 5.7l12.6 12.6" },
  question: {
    lines: "M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18zM9.5 10a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.8v.3",
  },
};
