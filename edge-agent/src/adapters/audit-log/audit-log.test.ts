import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditLog } from "./audit-log.ts";
import { canonicalJson } from "./canonical-json.ts";
import { chain, GENESIS, lineOf, readLine } from "./line.ts";
import { verifyAuditLog } from "./verify.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stethos-audit-"));
  file = join(folder, "deep", "audit.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
const open = () => openAuditLog({ file }, () => 77);
const entry = (n: number) => ({ timeUs: n, by: "Ann", what: "paused", detail: { n, ü: "ä\n" } });

async function written(count: number): Promise<string[]> {
  const log = await open();
  await Promise.all(Array.from({ length: count }, (_, i) => log.append(entry(i + 1))));
  await log.close();
  return readFileSync(file, "utf8").trimEnd().split("\n");
}

const put = (lines: readonly string[]): void =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));

const found = async () => (await verifyAuditLog(file)).problems.map(({ line, kind }) => `${line} ${kind}`);

describe("the audit log", () => {
  it("numbers entries in the order in which they were given, and gives the newest first", async () => {
    await written(5);
    const log = await open();
    expect(await log.append(entry(6))).toEqual({ sequence: 6, ...entry(6) });
    expect((await log.newest(2, never)).map(({ sequence }) => sequence)).toEqual([6, 5]);
    expect(await log.newest(100, never)).toHaveLength(6);
    expect(await log.newest(0, never)).toEqual([]);
    await log.close();
    const verdict = await verifyAuditLog(file);
    expect(verdict).toMatchObject({ entries: 6, problems: [] });
    expect(verdict.head).toBe(readLine(readFileSync(file, "utf8").trimEnd().split("\n")[5] ?? "")?.hash);
  });

  it("stops reading when nobody waits any more, and answers the next", async () => {
    await written(5);
    const log = await open();
    await expect(log.newest(3, AbortSignal.abort())).rejects.toThrow("aborted");
    expect(await log.newest(3, never)).toHaveLength(3);
    await log.close();
  });

  it("is empty and whole before the first entry", async () => {
    const log = await open();
    expect(await log.newest(3, never)).toEqual([]);
    await log.close();
    expect(await verifyAuditLog(file)).toEqual({ entries: 0, problems: [], head: GENESIS });
  });

  it("reads back entries longer than what is read at a time", async () => {
    const log = await open();
    const detail = { text: "long ".repeat(40_000) };
    await log.append({ ...entry(1), detail });
    await log.append(entry(2));
    expect((await log.newest(2, never))[1]?.detail).toEqual(detail);
    await log.close();
  });

  it("takes a torn line out, wherever it was torn, and says so", async () => {
    await written(2);
    const { length } = readFileSync(file);
    const head = readFileSync(`${file}.head`);
    const next = lineOf(chain({ sequence: 3, ...entry(3) }, "0".repeat(64)));
    for (const torn of [1, 20, next.length - 1]) {
      truncateSync(file, length);
      writeFileSync(`${file}.head`, head);
      appendFileSync(file, next.slice(0, torn));
      const log = await open();
      const [newest] = await log.newest(1, never);
      expect(newest).toMatchObject({ sequence: 3, by: "agent", what: "log-repaired", timeUs: 77 });
      expect(newest?.detail["tornBytes"]).toBe(Buffer.byteLength(next.slice(0, torn)));
      await log.close();
      expect(await found()).toEqual([]);
    }
  });

  it("goes on where a crash left the head behind", async () => {
    const lines = await written(2);
    const { hash } = readLine(lines[1] ?? "") ?? { hash: "" };
    appendFileSync(file, lineOf(chain({ sequence: 3, ...entry(3) }, hash)));
    expect(await found()).toEqual([]);
    const log = await open();
    await log.append(entry(4));
    await log.close();
    expect(await found()).toEqual([]);
  });

  it("can be told whole where a crash came right after its first line", async () => {
    const log = await open();
    appendFileSync(file, lineOf(chain({ sequence: 1, ...entry(1) }, GENESIS)));
    await log.close();
    expect(await found()).toEqual([]);
  });

  it("says for good that its end was cut off, where it is opened after that", async () => {
    const lines = await written(5);
    put(lines.slice(0, 3));
    await (await open()).close();
    const log = await open();
    expect(await log.newest(2, never)).toMatchObject([
      { sequence: 4, by: "agent", what: "log-cut", detail: { missing: 2 } },
      { sequence: 3 },
    ]);
    await log.close();
  });

  it("refuses to build on a last line that is no entry", async () => {
    const lines = await written(2);
    put([...lines, "hello"]);
    await expect(open()).rejects.toThrow(/last line .* is no entry; run "stethos audit verify"/);
  });

  it("cannot be opened where a file stands in the way", async () => {
    writeFileSync(join(folder, "deep"), "");
    await expect(open()).rejects.toMatchObject({ code: "DATA_INVALID" });
  });
});

describe("verifying", () => {
  it("names a line that was changed, also with its own hash made anew", async () => {
    const lines = await written(4);
    put(lines.map((line) => line.replace('"n":2', '"n":9')));
    expect(await found()).toEqual(["2 changed"]);
    const second = readLine(lines[1] ?? "");
    if (second === undefined) throw new Error("no entry");
    const { prev, hash: _, ...rest } = second;
    put(lines.with(1, lineOf(chain({ ...rest, by: "Mallory" }, prev)).trimEnd()));
    expect(await found()).toEqual(["3 changed"]);
  });

  it("names lines that were removed, moved, doubled, or are none", async () => {
    const lines = await written(5);
    put(lines.toSpliced(2, 1));
    expect(await found()).toEqual(["3 removed"]);
    put(lines.toSpliced(0, 2));
    expect(await found()).toEqual(["1 removed"]);
    put([0, 2, 1, 3, 4].map((i) => lines[i] ?? ""));
    expect(await found()).toEqual(["2 removed", "3 out-of-order", "4 removed"]);
    put([...lines, lines[4] ?? ""]);
    expect(await found()).toEqual(["6 out-of-order"]);
    put(lines.with(2, "{}"));
    expect(await found()).toEqual(["3 no-entry", "4 removed"]);
  });

  it("notices that the end was cut off, or replaced, or that the head is gone", async () => {
    const lines = await written(5);
    put(lines.slice(0, 3));
    expect(await verifyAuditLog(file)).toMatchObject({
      problems: [{ line: 4, kind: "cut", message: "entries 4 to 5 are missing: the end was cut off" }],
    });
    const fourth = readLine(lines[3] ?? "");
    put(lines.with(4, lineOf(chain({ sequence: 5, ...entry(6) }, fourth?.hash ?? "")).trimEnd()));
    expect(await found()).toEqual(["5 changed"]);
    put(lines);
    rmSync(`${file}.head`);
    expect(await found()).toEqual(["5 cut"]);
  });

  it("finds whatever byte is changed", async () => {
    const text = (await written(3)).map((line) => `${line}\n`).join("");
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.constantFrom("x", "0", " ", "\n"), async (at, byte) => {
        fc.pre(text[at] !== byte);
        writeFileSync(file, text.slice(0, at) + byte + text.slice(at + 1));
        // The line's last end alone may be anything.
        if (at === text.length - 1 && byte === " ") return;
        expect(await found()).not.toEqual([]);
      }),
      { numRuns: 200, seed: 6 },
    );
  });

  it("stops counting at a hundred problems of a file that is no log", async () => {
    await written(1);
    put(Array.from({ length: 300 }, () => "no"));
    expect((await verifyAuditLog(file)).problems).toHaveLength(100);
  });
});

describe("canonical JSON", () => {
  it("is the same text whatever the order of the keys, and means the same", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "é" }], a: undefined, A: 1e21 })).toBe(
      '{"A":1e+21,"b":[1,{"c":"é","d":null}]}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
