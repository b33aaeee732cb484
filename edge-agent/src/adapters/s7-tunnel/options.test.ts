import { describe, expect, it } from "vitest";
import { s7TunnelOptions } from "./options.ts";

const areas = [{ kind: "holding", db: 1, startRegister: 0, endRegister: 99 }];

describe("S7 tunnel options", () => {
  it("need a host and the areas, and have defaults that suit an old S7-300", () => {
    expect(s7TunnelOptions.parse({ host: "10.0.0.5", areas })).toEqual({
      host: "10.0.0.5",
      port: 502,
      unit: 1,
      areas: [{ ...areas[0], byteBase: 0 }],
      wordOrder: "ABCD",
      connectTimeoutMs: 5000,
      requestTimeoutMs: 2000,
      minGapMs: 5,
      maxRegisters: 111,
      maxBits: 1776,
      maxGap: 16,
      refusedRetryMs: 60_000,
    });
  });

  it.each([
    [{ host: "plc" }, "areas"],
    [{ areas }, "host"],
    [{ host: "plc", areas, maxRegisters: 126 }, "maxRegisters"],
    [{ host: "plc", areas, slot: 2 }, ""],
    [{ host: "plc", areas: [...areas, ...areas] }, "areas.1.startRegister"],
  ])("refuse %j", (options, path) => {
    const result = s7TunnelOptions.safeParse(options);
    expect(result.error?.issues[0]?.path.join(".")).toBe(path);
  });
});
