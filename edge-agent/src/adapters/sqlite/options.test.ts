import { describe, expect, it } from "vitest";
import { historyOptions } from "./options.ts";

describe("options of the history", () => {
  it("have documented defaults", () => {
    expect(historyOptions.parse({ file: "history.db" })).toEqual({
      file: "history.db",
      maxBytes: 2_147_483_648,
      maxAgeDays: 30,
      commitIntervalMs: 250,
      queueBytes: 33_554_432,
      chunkMinutes: 60,
      chunkReadings: 500_000,
      queryTimeoutMs: 10_000,
    });
  });

  it.each([
    { maxBytes: 1_000_000 },
    { maxAgeDays: 0 },
    { commitIntervalMs: 1001 },
    { queueBytes: 1 },
    { chunkMinutes: -1 },
    { chunkReadings: 10 },
    { queryTimeoutMs: 1.5 },
    { file: "" },
    { retention: 7 },
  ])("refuse %o", (wrong) => {
    expect(historyOptions.safeParse({ file: "history.db", ...wrong }).success).toBe(false);
  });
});
