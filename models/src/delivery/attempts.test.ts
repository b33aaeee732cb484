import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { withAttempts } from "./attempts.ts";

const never = new AbortController().signal;
const away = () => new ModelError("REGISTRY_UNREACHABLE", "away");

describe("attempts", () => {
  it("waits longer each time, at most a minute, and gives up after eight that brought nothing", async () => {
    const clock = createManualClock();
    const waits: number[] = [];
    const work = async () => {
      throw away();
    };
    const deps = { clock, random: () => 0.5, onFailure: (_: ModelError, ms: number) => void waits.push(ms) };
    const done = withAttempts(work, () => 0, deps, never).catch((thrown: unknown) => thrown);
    await clock.advance(600_000);
    expect(await done).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
  });

  it("goes on for as long as each attempt gets further", async () => {
    const clock = createManualClock();
    let far = 0;
    const work = async () => {
      far += 1;
      if (far < 40) throw away();
      return far;
    };
    const done = withAttempts(work, () => far, { clock, random: () => 1 }, never);
    await clock.advance(100_000);
    expect(await done).toBe(40);
  });

  it("does not try again what will not pass, and ends with the signal", async () => {
    const clock = createManualClock();
    let calls = 0;
    const refused = async () => {
      calls += 1;
      throw new ModelError("REGISTRY_REFUSED", "no");
    };
    await expect(withAttempts(refused, () => 0, { clock, random: () => 0 }, never)).rejects.toThrow("no");
    expect(calls).toBe(1);

    const stop = new AbortController();
    const waiting = withAttempts(
      async () => {
        throw away();
      },
      () => 0,
      { clock, random: () => 1, onFailure: () => queueMicrotask(() => stop.abort(new Error("enough"))) },
      stop.signal,
    );
    await expect(waiting).rejects.toThrow("enough");
    expect(clock.waiting).toBe(0);
  });
});
