import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { checkConfig } from "../config.ts";
import { ConfigError, type ConfigProblem } from "./problem.ts";
import { parseTagTable } from "./tag-table.ts";

function parsed(text: string) {
  const problems: ConfigProblem[] = [];
  const { tags, lines } = parseTagTable(text, (problem) => void problems.push(problem));
  return {
    tags,
    lines: [...lines],
    problems: problems.map(({ line, path, message }) => `${line} ${path}: ${message}`),
  };
}

const HEADER = "name,asset,address,unit,scale";
const ROW = "t1,a/l/c/pump-1,hr:0,Cel,0.1";
const TAG = { name: "t1", asset: "a/l/c/pump-1", address: "hr:0", unit: "Cel", scale: 0.1, offset: 0 };

describe("a table of tags", () => {
  it("has a line a tag", () => {
    expect(parsed(`${HEADER}\n${ROW}\n\nt2,a/l/c/pump-1,"hr:2,FLOAT32",A,\n`)).toEqual({
      tags: [TAG, { ...TAG, name: "t2", address: "hr:2,FLOAT32", unit: "A", scale: 1 }],
      lines: [2, 4],
      problems: [],
    });
  });

  it("is understood as a spreadsheet of Europe writes it", () => {
    const text = `\uFEFFName;Asset;Address;Unit;Scale;Comment\r\nt1;a/l/c/pump-1;hr:0;Cel;0,1;Kühlwasser; links\r\n`;
    expect(parsed(text.replace("; links", " links"))).toMatchObject({ tags: [TAG], problems: [] });
    expect(parsed(`${HEADER}\n${ROW}`.replaceAll(",", "\t"))).toMatchObject({ tags: [TAG], problems: [] });
  });

  it("carries limits", () => {
    const { tags } = parsed("name,asset,address,unit,low,highHigh,delayS\nt1,a/l/c/pump-1,hr:0,Cel,5,80,3");
    expect(tags[0]?.limits).toEqual({ low: 5, highHigh: 80, delayS: 3, hysteresis: 0 });
  });

  it.each([
    ["", "1 : is empty; its first line names the columns"],
    ["name,asset,address\nt1,a/l/c/p,hr:0", '1 : there is no column "unit"; each tag needs one'],
    [`${HEADER},unti\n${ROW},Cel`, '1 : "unti" is no column here'],
    [`${HEADER},Name\n${ROW},x`, '1 : two columns are called "Name"'],
    [`${HEADER}\n${ROW}\nt2,a/l/c/p,hr:1`, "3 : is no CSV table"],
    [`${HEADER}\n"t1,a/l/c/p,hr:1`, ": is no CSV table"],
    [`${HEADER}\nt1,pump-1,hr:0,Cel,1`, '2 asset: must be "area/line/cell/asset"'],
    [`${HEADER}\nt1,a/l/c/p,hr:0,Cel,much`, "2 scale: Invalid input: expected number"],
    [`${HEADER}\nt1,a/l/c/p,,Cel,1`, "2 address: is missing"],
  ])("tells what is wrong and in which line: %j", (text, told) => {
    expect(parsed(text).problems.join("\n")).toContain(told);
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", ",", ";", '"', "\n", "\t", "1", "\r") }), (text) => {
        for (const whole of [text, `${HEADER}\n${text}`]) {
          const { tags, lines } = parsed(whole);
          expect(tags).toHaveLength(lines.length);
        }
      }),
    );
  });
});

describe("a configuration with tables", () => {
  const folder = mkdtempSync(join(tmpdir(), "table-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function check(table: string, tags: readonly object[] = []) {
    writeFileSync(join(folder, "points.csv"), table);
    const groups = [{ name: "g", periodMs: 1000, tagTable: "points.csv", tags }];
    const device = { name: "plc", protocol: "modbus-tcp", connection: { host: "127.0.0.1" }, groups };
    return checkConfig(join(folder, "agent.yaml"), stringify({ version: 1, site: "s", devices: [device] }), {
      modelFolder: folder,
      modelKeys: [],
    });
  }

  it("reads their tags behind its own", () => {
    const config = check(`${HEADER}\n${ROW}`, [{ ...TAG, name: "own" }]);
    expect(config.tags.map(({ id, scale }) => [id, scale])).toEqual([
      ["s/a/l/c/pump-1/own", 0.1],
      ["s/a/l/c/pump-1/t1", 0.1],
    ]);
  });

  it("names the table and the line of what contradicts itself", () => {
    try {
      check(`${HEADER}\n${ROW}\nt1,a/l/c/pump-1,db1,°C,1`, [{ ...TAG, name: "own", unit: "x" }]);
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      const csv = join(folder, "points.csv");
      expect(thrown.message).toContain(
        `${csv}:3:1: devices[0].groups[0].tags[2].unit: "°C" is no UCUM unit; write "Cel"`,
      );
      expect(thrown.message).toContain(
        `${csv}:3:1: devices[0].groups[0].tags[2].name: "s/a/l/c/pump-1/t1" is already`,
      );
      expect(thrown.message).toMatch(/agent.yaml:\d+:\d+: devices\[0\].groups\[0\].tags\[0\].unit/);
      return;
    }
    throw new Error("nothing was wrong");
  });

  it("must have them", () => {
    check(`${HEADER}\n${ROW}`);
    rmSync(join(folder, "points.csv"));
    const text = stringify({
      version: 1,
      site: "s",
      devices: [
        {
          name: "plc",
          protocol: "modbus-tcp",
          connection: { host: "127.0.0.1" },
          groups: [{ name: "g", periodMs: 1000, tagTable: "gone.csv" }],
        },
      ],
    });
    const defaults = { modelFolder: folder, modelKeys: [] };
    expect(() => checkConfig(join(folder, "a.yaml"), text, defaults)).toThrow(
      /tagTable: there is no readable file/,
    );
  });
});
