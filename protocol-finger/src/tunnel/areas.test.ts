import { describe, expect, it } from "vitest";
import { areaText, tunnelAreas } from "./areas.ts";

const area = { kind: "holding", db: 1, startRegister: 0, endRegister: 99 } as const;

const problems = (areas: unknown): readonly string[] =>
  tunnelAreas.safeParse(areas).error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ??
  [];

describe("areas of registers", () => {
  it("begin with the first byte of the block unless told otherwise", () => {
    expect(tunnelAreas.parse([area])).toEqual([{ ...area, byteBase: 0 }]);
    expect(areaText({ ...area, byteBase: 10 })).toBe("holding 0 to 99 (DB1, bytes 10 to 209)");
    expect(areaText({ ...area, kind: "coil", byteBase: 0 })).toBe("coil 0 to 99 (DB1, bytes 0 to 12)");
  });

  it("may show the same bytes as registers of two tables, and as bits", () => {
    const kinds = ["holding", "input", "coil", "discrete"] as const;
    expect(problems(kinds.map((kind) => ({ ...area, kind })))).toEqual([]);
  });

  it("must not overlap in one table", () => {
    expect(problems([area, { ...area, db: 2, startRegister: 99, endRegister: 120 }])).toEqual([
      "1.startRegister: holding 99 to 120 (DB2, bytes 0 to 43) overlaps area 1, holding 0 to 99 (DB1, bytes 0 to 199)",
    ]);
  });

  it("end after they begin, and within the block", () => {
    expect(problems([{ ...area, startRegister: 100 }])).toEqual([
      "0.endRegister: endRegister is below startRegister (100): exchange them",
    ]);
    expect(problems([{ ...area, byteBase: 65_400 }])).toEqual([
      "0.endRegister: the area ends at byte 65599: a data block ends at 65535",
    ]);
  });

  it("are at least one, of known kinds, and of real blocks", () => {
    for (const wrong of [[], [{ ...area, kind: "memory" }], [{ ...area, db: 0 }], [{ ...area, extra: 1 }]]) {
      expect(problems(wrong)).not.toEqual([]);
    }
  });
});
