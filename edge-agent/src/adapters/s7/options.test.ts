import { describe, expect, it } from "vitest";
import { s7OptionsSchema, tsapsOf } from "./options.ts";

const problems = (options: object): string[] => {
  const parsed = s7OptionsSchema.safeParse({ host: "plc", ...options });
  return parsed.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];
};

describe("S7 options", () => {
  it("has a default for everything but the host", () => {
    expect(s7OptionsSchema.parse({ host: "plc" })).toEqual({
      host: "plc",
      port: 102,
      connectTimeoutMs: 5000,
      requestTimeoutMs: 2000,
      pduSize: 960,
      jobsInFlight: 4,
      minGapMs: 0,
      maxMergeGap: 128,
      maxReadBytes: 942,
      refusedRetryMs: 60_000,
    });
  });

  it("refuses names it does not know and numbers out of range", () => {
    expect(problems({ hots: 1 })).toEqual([': Unrecognized key: "hots"']);
    expect(problems({ pduSize: 961, slot: 32 })).toHaveLength(2);
  });

  it("refuses half a pair of TSAPs, and TSAPs beside rack and slot", () => {
    expect(problems({ localTsap: 0x1000 })).toEqual([
      "remoteTsap: localTsap and remoteTsap go together: give both",
    ]);
    expect(problems({ localTsap: 1, remoteTsap: 2, slot: 1, connectionType: "pg" })).toEqual([
      "slot: slot says nothing beside localTsap and remoteTsap: leave it out",
      "connectionType: connectionType says nothing beside localTsap and remoteTsap: leave it out",
    ]);
  });

  it.each([
    [{}, 0x0100, 0x0302],
    [{ rack: 1, slot: 3 }, 0x0100, 0x0323],
    [{ slot: 1, connectionType: "pg" }, 0x0100, 0x0101],
    [{ slot: 0, connectionType: "op" }, 0x0100, 0x0200],
    [{ localTsap: 0x1000, remoteTsap: 0x1001 }, 0x1000, 0x1001],
  ])("makes TSAPs of %j", (options, local, remote) => {
    expect(tsapsOf(s7OptionsSchema.parse({ host: "plc", ...options }))).toEqual({ local, remote });
  });
});
