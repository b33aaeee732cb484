import type { RolloutReason, Stage, WaitDto } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { format, t } from "../testing/english.ts";
import { at, makeTrial } from "../testing/fixtures.ts";
import { createFormat } from "./format.ts";
import { auditText, decidesTexts, endedText, short, waitTexts } from "./model-words.ts";
import { createTranslate } from "./translate.ts";
import { zhCn } from "./zh-cn.ts";

const zh = createTranslate(zhCn);
const zhFormat = createFormat("zh-CN", "Asia/Shanghai", zh);

const WAITS: readonly (readonly [WaitDto, string])[] = [
  [{ code: "frames", have: 1200, need: 5000 }, "Frames heard by both, counted as blocks: 1,200 of 5,000"],
  [{ code: "labels", have: 7, need: 25 }, "Labels on disagreements: 7 of 25"],
  [{ code: "soak-minutes", have: 3.5, need: 30 }, "Watched after promotion: 3.5 of 30 min"],
  [{ code: "evidence", have: 2.2857, need: 20 }, "Weight of the evidence: 2.29 of 20"],
  [{ code: "gain-points", have: 0.2071, need: 0.5 }, "Gain in accuracy: 0.207 of 0.5 points"],
  [
    { code: "latency-sure", highPercent: 7.812, mostPercent: 5 },
    "Latency: it may still be 7.81 % slower; less than 5 % must be sure",
  ],
  [
    { code: "latency-sure", highPercent: null, mostPercent: 5 },
    "Latency: not measured often enough; less than 5 % slower must be sure",
  ],
  [{ code: "decision-by-hand" }, "Your decision, with the buttons above"],
  [{ code: "working", stage: "load" }, "Load is under way"],
  [{ code: "working", stage: "verify", progress: 0.42 }, "Verify is under way: 42%"],
];

const REASONS: readonly (readonly [RolloutReason, string])[] = [
  [
    { code: "accuracy-fell", evidence: 24.3, better: 2, worse: 11 },
    "Less accurate: right on 2 and wrong on 11 labelled disagreements (evidence 24.3)",
  ],
  [
    { code: "accuracy-rose", evidence: 31.5, gainPoints: 0.62 },
    "More accurate by 0.62 points (evidence 31.5)",
  ],
  [{ code: "alarms-rose", champion: 4, challenger: 19 }, "Raised more alarms: 19 abnormal windows against 4"],
  [{ code: "by-hand", by: "Ada" }, "By hand: Ada"],
  [
    { code: "disagreement-too-small", points: 0.11, neededPoints: 0.5 },
    "The models disagree on 0.11 % of the frames only; a gain of 0.5 points is impossible",
  ],
  [{ code: "errors", failed: 3, frames: 900 }, "Failed on 3 of 900 frames"],
  [
    { code: "golden-worse", champion: 191, challenger: 170, frames: 200 },
    "Right on 170 of 200 frames of its labelled set; the champion on 191",
  ],
  [{ code: "incompatible", what: "another preprocessing" }, "Does not fit this agent: another preprocessing"],
  [{ code: "latency-rose", quantile: "p50", percent: 9.53 }, "Slower by 9.53 % on half of the frames"],
  [{ code: "memory-rose", mib: 140 }, "Needs 140 MiB more memory"],
  [{ code: "recalled" }, "The registry took it back"],
  [
    { code: "refused", error: "MODEL_EXPIRED", message: "it is too old" },
    "Refused: it is too old (MODEL_EXPIRED)",
  ],
  [{ code: "restarted" }, "The agent restarted during the trial"],
  [
    { code: "slo-broken", percent: 1.25, failed: 5, frames: 400 },
    "Too many errors after promotion: 1.25 %, 5 of 400 frames",
  ],
  [{ code: "trial-too-long", frames: 20_000, hours: 72 }, "No decision in 20,000 frames and 72 h"],
];

describe("why a trial waits", () => {
  it.each(WAITS)("%j is told with its figures", (wait, text) => {
    expect(waitTexts(makeTrial({ stage: "shadow", waitsFor: [wait] }), t, format)).toEqual([text]);
  });

  it.each(WAITS)("%j is told in Chinese too", (wait) => {
    const [text] = waitTexts(makeTrial({ waitsFor: [wait] }), zh, zhFormat);
    expect(text).toMatch(/\p{Script=Han}/u);
    expect(text).not.toMatch(/[{}]/);
  });
});

describe("why a canary waits", () => {
  it("is the frames on which the challenger must have acted, for it hears more", () => {
    const waitsFor: readonly WaitDto[] = [
      { code: "frames", have: 40, need: 100 },
      { code: "labels", have: 7, need: 25 },
    ];
    expect(waitTexts(makeTrial({ stage: "canary", waitsFor }), t, format)).toEqual([
      "Frames on which it acted: 40 of 100",
      "Labels on disagreements: 7 of 25",
    ]);
  });
});

describe("why a trial ended", () => {
  it.each(REASONS)("%j is told with its figures", (reason, text) => {
    expect(endedText(reason, t, format)).toBe(text);
  });

  it.each(REASONS)("%j is told in Chinese too", (reason) => {
    const text = endedText(reason, zh, zhFormat);
    expect(text).toMatch(/\p{Script=Han}/u);
    expect(text).not.toMatch(/[{}]/);
  });
});

describe("what would decide a trial", () => {
  const at_ = (stage: Stage, unlabelled = 18) => {
    const { evidence } = makeTrial();
    return decidesTexts(makeTrial({ stage, evidence: { ...evidence, unlabelled } }), t, format);
  };

  it("are the package's own proofs at first", () => {
    for (const stage of ["verify", "load", "warm", "golden"] as const) {
      expect(at_(stage)).toEqual([expect.stringContaining("a signature, a checksum")]);
    }
  });

  it("are labels and evidence while both hear the frames", () => {
    expect(at_("canary")).toEqual([
      "Your labels decide most: 18 disagreements have none.",
      "Promoted when the evidence for “better” reaches 100, the gain is at least 0.5 points and less than 5 % more latency is sure.",
      "Rolled back when the evidence for “worse” reaches 100, or when it fails, is slower or raises more alarms.",
    ]);
    expect(at_("shadow", 0).at(-1)).toContain("disagree on less than 0.5 % of the frames");
    expect(at_("shadow", 0)[0]).toContain("Promoted");
  });

  it("are errors once it judges alone, and nothing when it goes back", () => {
    expect(at_("soak")).toEqual([expect.stringContaining("unless errors rise")]);
    expect(at_("rollback")).toEqual([]);
  });
});

describe("the audit log", () => {
  it("is told in the page's words where it has them, else in the agent's", () => {
    const entry = { sequence: 1, time: at(0), by: "Li", what: "paused", detail: {} };
    expect(auditText(entry, t)).toBe("paused the trial");
    expect(auditText({ ...entry, what: "rebooted" }, t)).toBe("rebooted");
  });
});

describe("figures that grow", () => {
  it.each([
    [2.2857, "2.29"],
    [0.00012345, "0.000123"],
    [123.456, "123"],
    [45_678.9, "45,680"],
    [3.2e9, "3e9"],
    [-0.6249, "-0.625"],
    [0, "0"],
  ])("%f is %s", (value, text) => {
    expect(short(value, format)).toBe(text);
  });
});
