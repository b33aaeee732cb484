import { describe, expect, it } from "vitest";
import { ICONS, LOOKS } from "./look.ts";
import { frameTriangles, ringTriangles } from "./ring.ts";

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
    expect(LOOKS.healthy.tone).toBe("normal");
    expect(LOOKS.offline.tone).toBe("outOfService");
    expect([LOOKS.alarm.tone, LOOKS.warning.tone]).toEqual(["alarm", "warning"]);
  });
});

const OVAL = { halfX: 2.4, halfZ: 1.6 };

describe("the rings", () => {
  const names = ["single", "double", "dashed", "dotted", "crossed"] as const;

  it("differ in how much of the floor they cover", () => {
    expect(new Set(names.map((name) => ringTriangles(name, OVAL).length)).size).toBe(5);
    expect(ringTriangles("none", OVAL)).toEqual([]);
  });

  it.each(
    [...names.map((name) => ringTriangles(name, OVAL)), frameTriangles(OVAL, 0.1)].map((corners, i) => [
      i,
      corners,
    ]),
  )("are triangles that face up (%i)", (_, corners) => {
    expect(corners.length % 6).toBe(0);
    for (let i = 0; i < corners.length; i += 6) {
      const [ax = 0, az = 0, bx = 0, bz = 0, cx = 0, cz = 0] = corners.slice(i, i + 6);
      // The y of (b - a) x (c - a): positive looks up.
      expect((bz - az) * (cx - ax) - (bx - ax) * (cz - az)).toBeGreaterThan(0);
    }
  });
});
