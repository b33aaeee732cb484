import { describe, expect, it } from "vitest";
import { defaultRolloutPolicy } from "../core/rollout/rollout-policy.ts";
import { modelsSettings } from "./models-schema.ts";

const problemsOf = (rollout: object): readonly string[] =>
  (modelsSettings.safeParse({ rollout }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

describe("the settings of a trial", () => {
  it("are the policy's own where none are given", () => {
    expect(modelsSettings.parse({}).rollout).toEqual(defaultRolloutPolicy);
  });

  it("let the challenger hear more than it acts on, or just that", () => {
    expect(modelsSettings.parse({ rollout: { canaryHears: 0.5 } }).rollout.canaryHears).toBe(0.5);
    expect(problemsOf({ canaryHears: 0.2, canaryShares: [0.05, 0.2] })).toEqual([]);
  });

  it.each([[{ canaryHears: 0.01 }], [{ canaryHears: 0.2, canaryShares: [0.05, 0.25] }]])(
    "refuse %j: it would act on frames that it does not hear",
    (rollout) => {
      expect(problemsOf(rollout)).toEqual([expect.stringContaining("rollout.canaryHears: must be at least")]);
    },
  );

  it("refuse shares that do not grow, and a share of hearing that is none", () => {
    expect(problemsOf({ canaryShares: [0.25, 0.05] })).toEqual([expect.stringContaining("must grow")]);
    expect(problemsOf({ canaryHears: 0 })).toHaveLength(1);
    expect(problemsOf({ canaryHears: 1.1 })).toHaveLength(1);
  });
});

describe("the settings of a fleet", () => {
  const registry = { url: "s3://models/plant", trustedKeys: ["release.pub"] };
  const refusals = (settings: object): readonly string[] =>
    (modelsSettings.safeParse(settings).error?.issues ?? []).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );

  it("are a word, and the rest goes without saying", () => {
    expect(modelsSettings.parse({ registry, fleet: {} }).fleet).toEqual({
      perDeviceChannels: true,
      report: { everySeconds: 300, leastGapSeconds: 5 },
    });
  });

  it("need a registry", () => {
    expect(refusals({ fleet: {} })).toEqual([expect.stringContaining("fleet: needs a registry")]);
  });

  it("leave no channel to be named, unless the device's own are not followed", () => {
    const channels = { candidateChannel: "candidate-eu", stableChannel: "stable" };
    expect(refusals({ registry, fleet: {}, ...channels })).toEqual([
      expect.stringMatching(/^candidateChannel: in a fleet/),
      expect.stringMatching(/^stableChannel: in a fleet/),
    ]);
    expect(refusals({ registry, fleet: { perDeviceChannels: false }, ...channels })).toEqual([]);
  });

  it("take an S3 server for reports with an S3 address alone", () => {
    const s3 = { endpoint: "https://s3.example:9000" };
    expect(refusals({ registry, fleet: { report: { s3 } } })).toEqual([
      expect.stringContaining("fleet.report.s3: goes with a url"),
    ]);
  });
});
