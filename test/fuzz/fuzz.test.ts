import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { WireError } from "../../protocol-finger/src/wire/wire-error.ts";
import type { Coverage } from "./coverage.ts";
import { fuzz } from "./fuzz.ts";
import { seededRandom } from "./random.ts";

const run = promisify(execFile);
const main = join(import.meta.dirname, "main.ts");
const EXECUTIONS = 200;

/** Without coverage, every seed is as good as any: enough to see what becomes of findings. */
const blind: Coverage = {
  async begin() {},
  async news() {
    return undefined;
  },
  keep() {},
  characters: 0,
  async stop() {},
};

const until = (most: number) => (executions: number) => executions >= most;

describe("fuzzing", () => {
  // In a process of its own: V8 counts for one profiler at a time, and the tests' own coverage is another.
  it(`leaves every decoder and both sides of the tunnel standing after ${EXECUTIONS} inputs each`, async () => {
    const { stdout } = await run(process.execPath, [main, "--executions", String(EXECUTIONS), "--seed", "7"]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const total = lines.at(-1);
    expect(lines.flatMap(({ findings }) => findings).filter((one) => typeof one === "object")).toEqual([]);
    expect(total).toMatchObject({ findings: 0, unknown: [] });
    expect(total.targets).toBe(lines.length - 1);
    expect(total.targets).toBeGreaterThan(60);
    expect(total.characters).toBeGreaterThan(50_000);
    expect(total.heapMegabytes).toBeLessThan(400);
    expect(lines.every(({ executions }) => executions >= EXECUTIONS)).toBe(true);
  }, 120_000);

  it("keeps what reaches new code, and finds what only that leads to", async () => {
    let level = 0;
    let reached = 0;
    const counting: Coverage = {
      ...blind,
      async begin() {
        level = 0;
        reached = 0;
      },
      async news() {
        const ran = new Map([["level", Uint8Array.of(level)]]);
        const isNew = level > reached;
        level = 0;
        return isNew ? ran : undefined;
      },
      keep(ran) {
        reached = ran.get("level")?.[0] ?? 0;
      },
    };
    const lock = {
      name: "a lock with three wheels",
      seeds: [Buffer.alloc(8)],
      run(bytes: Buffer) {
        if (bytes[0] !== 0x32) throw new WireError(0, "no");
        level = Math.max(level, 1);
        if (bytes[1] !== 0x07) throw new WireError(1, "no");
        level = 2;
        if (bytes[2] === 0x7f) throw new TypeError("found");
      },
    };
    const led = await fuzz(lock, counting, seededRandom(1), until(200_000));
    expect(led.findings[0]).toMatchObject({
      what: "TypeError: found",
      hex: expect.stringMatching(/^32077f/),
    });
    expect(led.corpus).toBe(2);
    expect((await fuzz(lock, blind, seededRandom(1), until(led.executions))).findings).toEqual([]);
  });

  it.each([
    [
      "an offset that lies nowhere",
      (bytes: Buffer) => {
        throw new WireError(bytes.length + 17, "beyond");
      },
      /offset \d+ of/,
    ],
    [
      "a read beside the input",
      (bytes: Buffer) => new Uint8Array(bytes.buffer, bytes.byteOffset - 1, 1)[0],
      /outside/,
    ],
    ["a rejection", () => Promise.reject(new RangeError("late")), /RangeError: late/],
    [
      "what is no error",
      () => {
        throw "a text";
      },
      /a text/,
    ],
  ])("reports %s", async (_, take, what) => {
    const target = { name: "it", seeds: [Buffer.alloc(70_000)], run: take };
    const report = await fuzz(target, blind, seededRandom(1), until(5000));
    expect(report.findings[0]?.what).toMatch(what);
    expect(report.findings.length).toBeLessThanOrEqual(5);
  });

  it("feeds the same bytes for the same seed", async () => {
    const fed = async (): Promise<string[]> => {
      const inputs: string[] = [];
      const take = (bytes: Buffer): void => void inputs.push(bytes.toString("hex"));
      await fuzz({ name: "it", seeds: [], run: take }, blind, seededRandom(5), until(500));
      return inputs;
    };
    expect(await fed()).toEqual(await fed());
  });
});
