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
