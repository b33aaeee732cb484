import { describe, expect, it } from "vitest";
import { checkTunnelAddress, parseTunnelAddress } from "./address.ts";

const areas = [{ kind: "holding", db: 1, startRegister: 100, endRegister: 199, byteBase: 0 }] as const;

describe("address through the tunnel", () => {
  it("is an S7 address with its registers", () => {
    expect(parseTunnelAddress("DB1,REAL4", areas)).toMatchObject({
      address: { db: 1, start: 4, type: "REAL" },
      row: { elementBytes: 4, span: { table: "holding", start: 102, count: 2 } },
    });
  });

  it.each([
    ["DB1,REAL4", undefined],
    ["DB1,FOO4", { at: 4, message: expect.stringContaining("is no S7 type") }],
    [
      "MW4",
      { at: 0, message: expect.stringContaining("bit memory (M) cannot travel through Modbus registers") },
    ],
    ["DB2,REAL4", { at: 0, message: "DB2 has no area of registers; there are areas for DB1" }],
  ])("is told at configuration time what is wrong with %s", (text, problem) => {
    expect(checkTunnelAddress(text, areas)).toEqual(problem);
  });
});
