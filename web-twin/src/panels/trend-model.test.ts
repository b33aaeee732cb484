import { describe, expect, it } from "vitest";
import type { TrendRequest } from "../stream/api.ts";
import { ApiError } from "../stream/api-error.ts";
import { format, t } from "../testing/english.ts";
import { at, makeMachine, makeReading, makeScore, T0 } from "../testing/fixtures.ts";
import { settled } from "../testing/settled.ts";
import { createTrendModel, newestValue } from "./trend-model.ts";
import { optionTitle, spanText, trendLabel, trendNote, trendOptions } from "./trend-options.ts";

const history = { id: "t", unit: "Cel", time: [T0 / 1000 - 60], mean: [50], min: [49], max: [51] };

function setUp(answer: (request: TrendRequest) => Promise<typeof history>) {
  const asked: TrendRequest[] = [];
  const failures: unknown[] = [];
  let changes = 0;
  const model = createTrendModel({
    api: {
      trend(request) {
        asked.push(request);
        return answer(request);
      },
    },
    now: () => T0,
    changed: () => {
      changes += 1;
    },
    failed: (error) => failures.push(error),
  });
  return { model, asked, failures, changes: () => changes };
}

describe("the trend", () => {
  it("loads the history of its span and goes on with live values", async () => {
    const { model, asked, changes } = setUp(async () => history);
    model.watch({ kind: "tag", id: "M1/temperature" }, 900);
    expect(model.status()).toEqual({ kind: "loading" });
    model.follow(makeMachine("M1"));
    await settled();
    expect(asked).toEqual([
      { kind: "tag", id: "M1/temperature", fromMs: T0 - 900_000, toMs: T0, buckets: 600 },
    ]);
    expect(model.status()).toEqual({ kind: "ready" });
    expect(model.columns().mean).toEqual([50, 58.25]);
    expect([model.spanS(), model.subject()?.id, changes()]).toEqual([900, "M1/temperature", 2]);
  });

  it("forgets the answer to a question that was taken back", async () => {
    const { model } = setUp(async ({ id }) => ({ ...history, mean: [id === "a" ? 1 : 2] }));
    model.watch({ kind: "tag", id: "a" }, 900);
    model.watch({ kind: "tag", id: "b" }, 900);
    await settled();
    expect(model.columns().mean).toEqual([2]);
  });

  it("says what went wrong, keeps the live values, and can try again", async () => {
    let isDown = true;
    const { model, failures } = setUp(() =>
      isDown ? Promise.reject(new ApiError("timeout", "late")) : Promise.resolve(history),
    );
    model.watch({ kind: "tag", id: "M1/temperature" }, 900);
    model.follow(makeMachine("M1"));
    await settled();
    expect(model.status().kind).toBe("failed");
    expect(failures).toHaveLength(1);
    expect(model.columns().mean).toEqual([58.25]);
    isDown = false;
    model.reload();
    await settled();
    expect(model.columns().mean).toEqual([50, 58.25]);
  });

  it("does nothing while nothing is watched, and nothing after its end", async () => {
    const { model, asked, changes } = setUp(async () => history);
    model.reload();
    model.follow(makeMachine("M1"));
    expect([asked.length, model.columns().time.length]).toEqual([0, 0]);
    model.watch({ kind: "score", id: "M1/vibration" }, 60);
    model.dispose();
    await settled();
    expect([model.status().kind, changes()]).toEqual(["loading", 1]);
  });
});

describe("the newest value of a series", () => {
  const machine = makeMachine("M1", {
    scores: [makeScore("M1", { anomaly: 0.7 }), makeScore("M1", { sensor: "learning", state: "learning" })],
    readings: [
      makeReading("good"),
      makeReading("bad", { quality: "bad" }),
      makeReading("text", { value: "AUTO" }),
    ],
  });

  it.each([
    ["score", "M1/vibration", 0.7],
    ["score", "learning", null],
    ["tag", "good", 58.25],
    ["tag", "bad", null],
    ["tag", "text", null],
  ] as const)("of %s %s is %j", (kind, id, value) => {
    expect(newestValue(machine, { kind, id })).toEqual({ timeS: T0 / 1000, value });
  });

  it("is missing where the machine has none", () => {
    expect(newestValue(machine, { kind: "score", id: "?" })).toBeUndefined();
    expect(newestValue(machine, { kind: "tag", id: "?" })).toBeUndefined();
  });
});

describe("what can be drawn", () => {
  const machine = makeMachine("M1", {
    sensors: [
      { id: "M1/de", name: "Drive end" },
      { id: "M1/nde", name: "Other end" },
    ],
    tags: [
      { id: "M1/de", name: "waveform", unit: "m/s2" },
      { id: "M1/temperature", name: "Temperature", unit: "Cel" },
      { id: "M1/running", name: "Running", unit: "1" },
    ],
    readings: [makeReading("M1/temperature"), makeReading("M1/running", { value: true, sourceTime: at(1) })],
  });

  it("is each sensor's anomaly and each tag of numbers", () => {
    const options = trendOptions(machine, t);
    expect(options.map(({ key, text }) => [key, text])).toEqual([
      ["score:M1/de", "Anomaly, Drive end"],
      ["score:M1/nde", "Anomaly, Other end"],
      ["tag:M1/temperature", "Temperature"],
    ]);
    expect(options.map((option) => optionTitle(option, format)).at(-1)).toBe("Temperature (°C)");
    expect(optionTitle({ kind: "score", id: "x", key: "x", text: "Anomaly", unit: "1" }, format)).toBe(
      "Anomaly",
    );
    expect(trendOptions(makeMachine("M2"), t)[0]?.text).toBe("Anomaly");
  });

  it("is told in words, with the newest value where there is one", () => {
    const [score, , temperature] = trendOptions(machine, t);
    if (score === undefined || temperature === undefined) throw new Error("options are missing");
    expect(trendLabel(machine, temperature, 900, { t, format })).toBe(
      "Trend of Temperature over 15 min; newest value 58.25 °C",
    );
    expect(trendLabel(machine, score, 28_800, { t, format })).toBe("Trend of Anomaly, Drive end over 8 h");
    expect(spanText(3_600, t, format)).toBe("1 h");
  });

  it("is replaced by a note while there is nothing to see", () => {
    const note = (kind: "loading" | "ready" | "failed", points: number) =>
      trendNote(
        {
          status: () => (kind === "failed" ? { kind, error: "x" } : { kind }),
          columns: () => ({ time: new Array(points).fill(1), mean: [], min: [], max: [] }),
        },
        t,
        () => "the agent is away",
      );
    expect(note("loading", 1)).toBe("Loading the history ...");
    expect(note("failed", 1)).toBe("No history: the agent is away");
    expect(note("ready", 0)).toBe("No history yet; new values appear as they come.");
    expect(note("ready", 1)).toBeUndefined();
  });
});
