import { describe, expect, it } from "vitest";
import { kindOf } from "./kind.ts";
import { ICONS, LOOKS } from "./look.ts";
import { frameTriangles, ringTriangles } from "./ring.ts";

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

const saturation = (hex: string): number => {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return Math.max(...channels) - Math.min(...channels);
};

describe("how health looks", () => {
  it("gives each state an icon of its own", () => {
    const icons = Object.values(LOOKS).map(({ icon }) => icon);
    expect(new Set(icons).size).toBe(7);
    expect(icons.every((icon) => ICONS[icon].lines !== "")).toBe(true);
  });

  it("tells the states that want attention apart by their ring, without colour", () => {
    const urgent = (["alarm", "warning", "sensor-fault", "learning", "offline"] as const).map(
      (s) => LOOKS[s].ring,
    );
    expect(new Set(urgent).size).toBe(5);
    expect(LOOKS.healthy.ring).toBe("none");
  });

  it("keeps colour for the abnormal", () => {
    expect(saturation(LOOKS.healthy.colour)).toBeLessThan(40);
    expect(saturation(LOOKS.offline.colour)).toBeLessThan(40);
    expect(saturation(LOOKS.alarm.colour)).toBeGreaterThan(120);
    expect(saturation(LOOKS.warning.colour)).toBeGreaterThan(120);
    expect(LOOKS.healthy.tint).toBe("#ffffff");
  });

  it.each(Object.entries(LOOKS))("stands out from the ground by 4.5 to 1: %s", (_, { colour }) => {
    const ground = luminance("#1b2128");
    expect((luminance(colour) + 0.05) / (ground + 0.05)).toBeGreaterThan(4.5);
  });
});

describe("the rings", () => {
  const names = ["single", "double", "dashed", "dotted", "crossed"] as const;

  it("differ in how much of the floor they cover", () => {
    expect(new Set(names.map((name) => ringTriangles(name).length)).size).toBe(5);
    expect(ringTriangles("none")).toEqual([]);
  });

  it.each([...names.map((name) => ringTriangles(name)), frameTriangles()].map((corners, i) => [i, corners]))(
    "are triangles that face up (%i)",
    (_, corners) => {
      expect(corners.length % 6).toBe(0);
      for (let i = 0; i < corners.length; i += 6) {
        const [ax = 0, az = 0, bx = 0, bz = 0, cx = 0, cz = 0] = corners.slice(i, i + 6);
        // The y of (b - a) x (c - a): positive looks up.
        expect((bz - az) * (cx - ax) - (bx - ax) * (cz - az)).toBeGreaterThan(0);
      }
    },
  );
});

describe("the kind of a machine", () => {
  it.each([
    ["Feed pump P-101", "S/A/L/C/P-101", "pump"],
    ["循环泵 3", "S/A/L/C/3", "pump"],
    ["Draught fan", "S/A/L/C/F1", "fan"],
    ["引风机", "S/A/L/C/F1", "fan"],
    ["Conveyor 4", "S/A/L/C/4", "gearbox"],
    ["减速机", "S/A/L/C/4", "gearbox"],
    ["K-12", "S/A/L/C/blower-2", "fan"],
    ["Infant mill", "S/Pumps/L/C/K-12", "motor"],
  ] as const)("of %s (%s) is %s", (name, id, kind) => {
    expect(kindOf({ name, id })).toBe(kind);
  });
});
