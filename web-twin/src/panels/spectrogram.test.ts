import type { SpectrogramDto } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../stream/api-error.ts";
import { makeSpectrogram } from "../testing/fixtures.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { settled } from "../testing/settled.ts";
import { inferno } from "./colour-map.ts";
import { commonRange, spectrogramPixels, strongest } from "./spectrogram-image.ts";
import { createSpectrogramModel } from "./spectrogram-model.ts";
import { ticks } from "./ticks.ts";

function setUp(answer: (id: string) => Promise<SpectrogramDto>) {
  const timers = createManualTimers();
  const asked: string[] = [];
  const failures: unknown[] = [];
  const ask = (id: string) => {
    asked.push(id);
    return answer(id);
  };
  const model = createSpectrogramModel({
    api: { sensorSpectrogram: ask, alarmSpectrogram: ask },
    timers,
    changed: () => {},
    failed: (error) => failures.push(error),
  });
  return { model, timers, asked, failures };
}

describe("the spectrogram", () => {
  it("shows the sensor now and, where an alarm is chosen, at the alarm", async () => {
    const { model, asked } = setUp(async (sensor) => makeSpectrogram({ sensor }));
    model.watch("s1", "a1");
    expect([model.now().kind, model.alarm()?.kind]).toEqual(["loading", "loading"]);
    await settled();
    expect(asked).toEqual(["s1", "a1"]);
    expect(model.now()).toMatchObject({ kind: "ready", spectrogram: { sensor: "s1" } });
    expect(model.alarm()).toMatchObject({ kind: "ready", spectrogram: { sensor: "a1" } });
    model.watch("s1", undefined);
    expect([asked.length, model.alarm()]).toEqual([2, undefined]);
  });

  it("asks anew when a window came, but not more often than every three seconds", async () => {
    const { model, timers, asked } = setUp(async () => makeSpectrogram());
    model.watch("s1", undefined);
    model.heard(1);
    await settled();
    model.heard(2);
    model.heard(3);
    model.heard(3);
    expect(asked).toHaveLength(1);
    timers.advance(3_000);
    expect(asked).toHaveLength(2);
    await settled();
    timers.advance(60_000);
    expect(asked).toHaveLength(2);
    model.heard(4);
    expect(asked).toHaveLength(3);
  });

  it("keeps the last picture while the next is on its way", async () => {
    const { model, timers } = setUp(async () => makeSpectrogram());
    model.watch("s1", undefined);
    await settled();
    timers.advance(3_000);
    model.heard(9);
    expect(model.now().kind).toBe("ready");
  });

  it("has no picture where nothing was recorded or the recording is too short", async () => {
    const none = setUp(() => Promise.reject(new ApiError("not-found", "no waveform yet")));
    none.model.watch("s1", "a1");
    await settled();
    expect([none.model.now().kind, none.model.alarm()?.kind, none.failures.length]).toEqual([
      "absent",
      "absent",
      0,
    ]);
    const short = setUp(async () => makeSpectrogram({ rows: 0, columns: 0, db: [] }));
    short.model.watch("s1", "a1");
    await settled();
    expect([short.model.now().kind, short.model.alarm()?.kind]).toEqual(["absent", "absent"]);
  });

  it("says what went wrong and can try again", async () => {
    let isDown = true;
    const { model, failures } = setUp(() =>
      isDown ? Promise.reject(new ApiError("timeout", "late")) : Promise.resolve(makeSpectrogram()),
    );
    model.watch("s1", "a1");
    await settled();
    expect([model.now().kind, model.alarm()?.kind, failures.length]).toEqual(["failed", "failed", 2]);
    isDown = false;
    model.reload();
    await settled();
    expect([model.now().kind, model.alarm()?.kind]).toEqual(["ready", "ready"]);
  });

  it("forgets the picture of a sensor that is no longer watched", async () => {
    const { model, timers, asked } = setUp(async (sensor) => makeSpectrogram({ sensor }));
    model.watch("s1", "a1");
    model.watch("s2", undefined);
    await settled();
    expect(model.now()).toMatchObject({ kind: "ready", spectrogram: { sensor: "s2" } });
    expect(model.alarm()).toBeUndefined();
    model.watch(undefined, undefined);
    expect(model.now().kind).toBe("absent");
    model.heard(5);
    model.dispose();
    expect([asked.filter((id) => id !== "a1"), timers.waiting]).toEqual([["s1", "s2"], 0]);
  });
});

describe("the picture", () => {
  it("has the lowest frequency at the bottom and the strongest level brightest", () => {
    const pixels = spectrogramPixels(makeSpectrogram(), { low: -60, high: -20 });
    expect([...pixels.slice(0, 4)]).toEqual([252, 255, 164, 255]);
    expect([...pixels.slice(12, 16)]).toEqual([0, 0, 4, 255]);
    expect(pixels).toHaveLength(2 * 3 * 4);
  });

  it("takes the darkest colour where a level is missing", () => {
    const pixels = spectrogramPixels(makeSpectrogram({ db: [] }), { low: -60, high: -20 });
    expect([...pixels.slice(0, 4)]).toEqual([0, 0, 4, 255]);
  });

  it("shows pictures that belong together in one range, without their outermost levels", () => {
    const loud = makeSpectrogram({ db: Array.from({ length: 1000 }, (_, i) => -i / 10) });
    const dead = makeSpectrogram({ db: [-200] });
    const range = commonRange([loud, dead]);
    expect(range.high).toBeCloseTo(-0.2, 1);
    expect(range.low).toBeCloseTo(-98, 0);
  });

  it("gives silence at least twenty decibels, and nothing at all a range", () => {
    expect(commonRange([makeSpectrogram({ db: [-90, -90, -90] })])).toEqual({ low: -110, high: -90 });
    expect(commonRange([])).toEqual({ low: -20, high: 0 });
  });

  it("names its strongest frequency", () => {
    expect(strongest(makeSpectrogram())).toEqual({ hz: 75, db: -20 });
    expect(strongest(makeSpectrogram({ rows: 1, columns: 1, db: [] }))).toEqual({ hz: 50, db: 0 });
  });
});

describe("the colours", () => {
  it("grow brighter from end to end", () => {
    const light = (share: number): number => {
      const [red, green, blue] = inferno(share);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const steps = Array.from({ length: 101 }, (_, i) => light(i / 100));
    expect(steps.every((value, i) => i === 0 || value >= (steps[i - 1] ?? 0) - 0.6)).toBe(true);
    expect(inferno(-1)).toEqual([0, 0, 4]);
    expect(inferno(7)).toEqual([252, 255, 164]);
    expect(inferno(1 / 9)).toEqual([27, 12, 65]);
  });
});

describe("ticks", () => {
  it("are round values", () => {
    expect(ticks(6400, 4)).toEqual([0, 2000, 4000, 6000]);
    expect(ticks(1.28, 4)).toEqual([0, 0.5, 1]);
    expect(ticks(0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(ticks(1000, 1)).toEqual([0, 1000]);
  });

  it("are zero alone where there is no scale", () => {
    expect(ticks(0, 4)).toEqual([0]);
    expect(ticks(Number.NaN, 4)).toEqual([0]);
    expect(ticks(Number.POSITIVE_INFINITY, 4)).toEqual([0]);
  });

  it("stay on the scale and are never too many", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        (end, about) => {
          const found = ticks(end, about);
          expect(found.length).toBeGreaterThanOrEqual(1);
          expect(found.length).toBeLessThanOrEqual(about + 2);
          expect(found.at(-1) ?? 0).toBeLessThanOrEqual(end * (1 + 1e-6));
        },
      ),
    );
  });
});
