import { describe, expect, it } from "vitest";
import { format, t } from "../testing/english.ts";
import { at, makeMachine, makeReading, makeScore, T0 } from "../testing/fixtures.ts";
import { machineRows } from "./machine-rows.ts";
import { readingRows } from "./reading-rows.ts";
import { whyOf } from "./why-rows.ts";

const health = (more: Partial<ReturnType<typeof makeMachine>["health"]>) => ({
  health: { machine: "M", time: at(0), state: "healthy" as const, baselineProgress: 1, ...more },
});

describe("the rows of the machine list", () => {
  it("say name, place, state and figure, and all of it in one sentence", () => {
    const [row] = machineRows([makeMachine("M1", health({ state: "alarm", index: 31.4 }))], "M1", t, format);
    expect(row).toEqual({
      id: "M1",
      name: "Pump M1",
      place: "A / L",
      health: "alarm",
      state: "Alarm",
      figure: "31",
      label: "Pump M1: Alarm, health 31 of 100",
      selected: true,
    });
  });

  it("show how far the learning is, and no figure where there is none", () => {
    const rows = machineRows(
      [
        makeMachine("M1", health({ state: "learning", baselineProgress: 0.43 })),
        makeMachine("M2", health({ state: "offline" })),
      ],
      undefined,
      t,
      format,
    );
    expect(rows.map(({ figure, label, selected }) => [figure, label, selected])).toEqual([
      ["43%", "Pump M1: Learning", false],
      ["", "Pump M2: Offline", false],
    ]);
  });
});

describe("a machine that is judged by thresholds alone", () => {
  const scores = [makeScore("M1", { state: "degraded" })];
  const rowOf = (state: "healthy" | "offline") =>
    machineRows([makeMachine("M1", { ...health({ state, index: 90 }), scores })], undefined, t, format)[0];

  it("is not called healthy without saying so", () => {
    expect(rowOf("healthy")).toMatchObject({
      health: "healthy",
      state: "Healthy, thresholds only",
      label: "Pump M1: Healthy, thresholds only, health 90 of 100",
    });
    expect(rowOf("offline")?.state).toBe("Offline");
  });
});

describe("the rows of the measurements", () => {
  const tags = ["hot", "cold", "lost", "new", "on"].map((id) => ({ id, name: id, unit: "Cel" }));
  const machine = makeMachine("M1", {
    tags: [...tags, { id: "M1/vibration", name: "waveform", unit: "m/s2" }],
    readings: [
      makeReading("hot", { value: 90 }),
      makeReading("cold", { quality: "uncertain", status: "UncertainLastUsableValue" }),
      makeReading("lost", { value: null, quality: "bad", status: "BadTimeout" }),
      makeReading("on", { value: true }),
    ],
  });

  it("say value and unit, what is wrong with it, and whether it has a trend", () => {
    const rows = readingRows(machine, t, format, T0);
    expect(rows.map((row) => [row.name, row.value, row.quality, row.qualityText, row.hasTrend])).toEqual([
      ["hot", "90 °C", "good", "", true],
      ["cold", "58.25 °C", "uncertain", "uncertain (UncertainLastUsableValue)", true],
      ["lost", "no value", "bad", "bad (BadTimeout)", true],
      ["new", "no value", "missing", "", false],
      ["on", "on", "good", "", false],
    ]);
    expect(rows[0]?.title).toBe("Good, 16:00:00");
  });
});

describe("why a sensor is judged as it is", () => {
  const features = {
    rms: 1.5,
    peak: 7,
    crest: 4.7,
    kurtosis: 6,
    skewness: 0,
    velocityRms: 4.2,
    lines: [{ name: "BPFO" as const, foundHz: 88.6, expectedHz: 88.3, prominenceDb: 21.5 }],
  };

  it("names the votes with their ratios, the guess and the physics", () => {
    const why = whyOf(
      makeScore("M1", {
        anomaly: 0.86,
        votes: { network: true, spectrum: true, rms: false },
        spectrumRatio: 1.46,
        rmsRatio: 0.8,
        faultHint: "outer-race",
        features,
      }),
      "m/s2",
      t,
      format,
    );
    expect(why).toEqual({
      anomaly: { share: 0.86, text: "0.86" },
      votes: [
        { name: "Neural network", unusual: true, verdict: "unusual" },
        { name: "Spectrum", unusual: true, verdict: "unusual, 146% of its limit" },
        { name: "Strength (RMS)", unusual: false, verdict: "as usual, 80% of the healthy level" },
      ],
      hint: "The network thinks of: outer ring of the bearing",
      facts: [
        { label: "Shaft speed", value: "24.75 Hz" },
        { label: "Vibration, RMS", value: "1.5 m/s²" },
        { label: "Vibration velocity, 10 to 1000 Hz", value: "4.2 mm/s" },
        { label: "Peak", value: "7 m/s²" },
        { label: "Crest factor", value: "4.7" },
        { label: "Kurtosis (3 when healthy)", value: "6" },
        {
          label: "Outer ring (BPFO)",
          value: "88.6 Hz, expected 88.3 Hz; 21.5 dB above its surroundings",
        },
      ],
    });
  });

  it("guesses no fault of a machine below the limit, or where the network sees none", () => {
    expect(whyOf(makeScore("M1", { anomaly: 0.2, faultHint: "ball" }), "1", t, format).hint).toBeUndefined();
    expect(
      whyOf(makeScore("M1", { anomaly: 0.9, faultHint: "healthy" }), "1", t, format).hint,
    ).toBeUndefined();
    expect(whyOf(makeScore("M1", { anomaly: 0.9 }), "1", t, format).hint).toBeUndefined();
  });

  it("says why there is no judgement", () => {
    const { velocityRms: _, ...withoutVelocity } = features;
    const why = whyOf(
      makeScore("M1", { state: "learning", anomaly: 0, shaftHz: 0, features: withoutVelocity }),
      "1",
      t,
      format,
    );
    expect(why.note).toBe("Still learning; nothing is judged yet.");
    expect(why.anomaly).toBeUndefined();
    expect(why.votes).toEqual([]);
    expect(why.facts[0]).toEqual({ label: "Vibration, RMS", value: "1.5" });
    expect(why.facts.some(({ label }) => label.includes("velocity"))).toBe(false);
    expect(whyOf(makeScore("M1", { sensorState: "flat", state: "not-scored" }), "1", t, format).note).toBe(
      "Sensor signal is flat: check cable and supply",
    );
  });

  it("says that thresholds judged alone, and of which check nothing was heard", () => {
    const why = whyOf(
      makeScore("M1", { state: "degraded", anomaly: 0.7, votes: { rms: true }, rmsRatio: 2.4, features }),
      "m/s2",
      t,
      format,
    );
    expect(why.note).toBe(
      "Threshold alarms only: the neural network cannot be run, each check counts by itself.",
    );
    expect(why.anomaly?.share).toBe(0.7);
    expect(why.votes).toEqual([
      { name: "Neural network", unusual: false, verdict: "not heard" },
      { name: "Spectrum", unusual: false, verdict: "not heard" },
      { name: "Strength (RMS)", unusual: true, verdict: "unusual, 240% of the healthy level" },
    ]);
  });

  it("keeps the bar within its ends", () => {
    expect(whyOf(makeScore("M1", { anomaly: 1.7 }), "1", t, format).anomaly?.share).toBe(1);
  });
});
