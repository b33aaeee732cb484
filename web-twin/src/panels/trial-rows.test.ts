import { describe, expect, it } from "vitest";
import { format, t } from "../testing/english.ts";
import { at, makeModels, makeTrial, T0 } from "../testing/fixtures.ts";
import {
  comparedRows,
  labelParts,
  latencyBars,
  proofBars,
  shareText,
  steps,
  stepText,
  supplyFacts,
} from "./trial-rows.ts";

const { evidence } = makeTrial();

describe("the stages of a trial", () => {
  it("are done, under way or to come", () => {
    expect(steps("canary", t).map(({ text, state }) => `${text} ${state}`)).toEqual([
      "Verify done",
      "Load done",
      "Warm up done",
      "Golden set done",
      "Shadow done",
      "Canary now",
      "All frames next",
      "Soak next",
      "Commit next",
    ]);
    expect(stepText("canary", t)).toBe("Canary (step 6 of 9)");
  });

  it("are none but the roll-back where it goes back", () => {
    expect(steps("rollback", t)).toEqual([{ stage: "rollback", text: "Roll back", state: "now" }]);
    expect(stepText("rollback", t)).toBe("Roll back");
  });

  it.each([
    [0.05, 1, "Acts on 5% of the frames, hears all"],
    [0.05, 0.5, "Acts on 5% of the frames, hears 50%"],
    [0.05, 0.05, "Acts on 5% of the frames"],
    [1, 1, "Acts on 100% of the frames"],
    [0, 1, "Listens only; the champion acts on all frames"],
    [0, 0.5, "Hears 50% of the frames; the champion acts on all"],
    [0, 0, "Hears no frames; the champion acts on all"],
  ])("say on how many frames the challenger acts, here %f, and that it hears %f", (share, hears, text) => {
    expect(shareText(makeTrial({ share, hears }), t, format)).toBe(text);
  });
});

describe("the bars of evidence", () => {
  const bar = (key: string, more: Partial<typeof evidence> = {}) =>
    proofBars({ ...evidence, ...more }, t, format).find((one) => one.key === key);

  it("stand on a logarithmic scale: equal factors are equal steps", () => {
    const [one, ten, hundred] = [1, 10, 100].map(
      (evidenceBetter) => bar("better", { evidenceBetter })?.share ?? 0,
    );
    expect((ten ?? 0) - (one ?? 0)).toBeCloseTo((hundred ?? 0) - (ten ?? 0), 10);
    expect(bar("better")?.limit).toBeCloseTo(hundred ?? 0, 10);
    expect(bar("worse", { evidenceWorse: 0 })?.share).toBe(0);
    expect(bar("worse", { evidenceWorse: 1e15 })).toMatchObject({ share: 1, reached: true, tone: "bad" });
    expect(bar("better")).toMatchObject({ value: "2.29 of 100", reached: false });
  });

  it("show gain and disagreement beside what is needed", () => {
    expect(bar("gain")).toMatchObject({ share: 0.25, limit: 0.5, value: "0.25 points; 0.5 are needed" });
    expect(bar("gain", { gainPoints: -0.4 })).toMatchObject({
      share: 0,
      value: "-0.4 points; 0.5 are needed",
    });
    expect(bar("disagreement")).toMatchObject({ reached: true, tone: "plain" });
    expect(bar("disagreement")?.share).toBeCloseTo(1 / 1.1, 10);
  });
});

describe("the bars of latency", () => {
  it("show the interval around zero, and whether all of it is below the limit", () => {
    const [half, slow] = latencyBars(evidence, t, format);
    expect(half).toMatchObject({
      value: "+1.5 % (between -2 and +3 %); less than 5 % is allowed",
      limit: 0.75,
      sure: true,
    });
    expect(half?.interval?.from).toBeCloseTo(0.4, 10);
    expect(half?.interval?.to).toBeCloseTo(0.65, 10);
    expect(slow).toEqual({
      key: "p99",
      label: "Latency, slowest 1 %",
      value: "not measured often enough; less than 5 % is allowed",
      limit: 0.75,
      sure: false,
    });
  });

  it("widen for what is far off", () => {
    const latency = { p50: { percent: 0, low: -40, high: 20 }, p99: evidence.latency.p99 };
    const [half] = latencyBars({ ...evidence, latency }, t, format);
    expect(half).toMatchObject({ interval: { from: 0, to: 0.75, at: 0.5 }, sure: false });
  });
});

describe("the labels", () => {
  it("are parts of one bar, and none before the first disagreement", () => {
    const { text, parts } = labelParts(evidence, t, format);
    expect(text).toBe("6 for the challenger, 1 for the champion, 2 not sure, 18 open");
    expect(parts.map(({ key }) => key)).toEqual(["better", "worse", "notSure", "open"]);
    expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
    const none = { ...evidence, better: 0, worse: 0, notSure: 0, unlabelled: 0 };
    expect(labelParts(none, t, format).parts).toEqual([]);
  });
});

describe("the table", () => {
  it("sets both models side by side", () => {
    expect(comparedRows(evidence, t, format)).toEqual([
      { label: "Right on the labelled set", champion: "191 of 200", challenger: "196 of 200" },
      { label: "Failed inferences", champion: "0", challenger: "1" },
      { label: "Windows found abnormal", champion: "41", challenger: "1,055" },
    ]);
    const { golden: _, ...without } = evidence;
    expect(comparedRows(without, t, format)).toHaveLength(2);
  });
});

describe("where models come from", () => {
  const facts = (more: Parameters<typeof makeModels>[0]) =>
    supplyFacts(makeModels(more), t, format, T0).map(({ label, value }) => `${label}: ${value}`);

  it("is told with the objective", () => {
    expect(facts({ registry: { name: "s3", reachable: true, reason: "", checkedTime: at(-42) } })).toEqual([
      "Registry s3: answers, asked 42 s ago",
      "Inference errors of the champion: 0 % of 100 frames: objective kept",
    ]);
    expect(facts({ registry: { name: "s3", reachable: false, reason: "no route" } })[0]).toBe(
      "Registry s3: does not answer: no route",
    );
    expect(
      facts({
        registry: { name: "", reachable: false, reason: "" },
        objective: { state: "degraded", errorPercent: 1.25, frames: 4000 },
      }),
    ).toEqual(["Inference errors of the champion: 1.25 % of 4,000 frames: only threshold alarms now"]);
  });
});
