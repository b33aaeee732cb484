import { describe, expect, it } from "vitest";
import { createDrawLoop } from "./draw-loop.ts";
import type { Level } from "./level.ts";

function setUp() {
  const frames: (() => void)[] = [];
  const painted: Level[] = [];
  const world = { isWanted: true, steps: 0 };
  const loop = createDrawLoop({
    nextFrame: (draw) => frames.push(draw),
    isWanted: () => world.isWanted,
    step() {
      world.steps -= 1;
      return world.steps >= 0;
    },
    paint: (level) => painted.push(level),
  });
  const frame = (): void => {
    for (const draw of frames.splice(0)) draw();
  };
  return { frames, painted, world, loop, frame };
}

describe("the drawing loop", () => {
  it("draws once what was asked for several times, at the highest level", () => {
    const { frames, painted, loop, frame } = setUp();
    for (const level of ["changed", "everything", "points"] as const) loop.request(level);
    expect(frames).toHaveLength(1);
    frame();
    expect(painted).toEqual(["everything"]);
    expect(loop.isWaiting()).toBe(false);
  });

  it("asks for no picture where none is wanted, and draws none that was asked for before", () => {
    const { frames, painted, world, loop, frame } = setUp();
    loop.request("points");
    world.isWanted = false;
    frame();
    expect(painted).toEqual([]);
    loop.request("points");
    expect(frames).toHaveLength(0);
  });

  it("asks anew once what waited in vain is forgotten", () => {
    const { frames, world, loop } = setUp();
    world.isWanted = false;
    loop.request("points");
    world.isWanted = true;
    loop.request("points");
    expect(frames).toHaveLength(0);
    loop.forget();
    loop.request("points");
    expect(frames).toHaveLength(1);
  });

  it("draws on for as long as something moves by itself", () => {
    const { painted, world, loop, frame } = setUp();
    world.steps = 2;
    loop.request("points");
    for (let i = 0; i < 5; i += 1) frame();
    expect(painted).toEqual(["points", "everything", "everything"]);
  });
});
