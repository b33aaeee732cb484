import { createManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import type { Answer, Asker } from "./asker.ts";
import { compilePlan } from "./compile.ts";
import { meaningOf } from "./exceptions.ts";
import { readGroup } from "./group-reader.ts";
import type { ReadRequest } from "./request.ts";
import { keepLog, planOf } from "./testing/plans.ts";

const never = new AbortController().signal;
const compileOptions = {
  unit: 1,
  wordOrder: "ABCD",
  addressBase: 0,
  maxRegisters: 125,
  maxBits: 2000,
  maxGap: 16,
} as const;

/** A device whose registers hold their own address; `refuses` says which it does not give. */
function setUp(
  addresses: readonly string[],
  refuses: (request: ReadRequest) => number | "silent" | undefined,
) {
  const clock = createManualClock();
  const log = keepLog();
  const compiled = compilePlan(planOf(addresses), compileOptions);
  const [group] = compiled.groups;
  if (group === undefined) throw new TypeError("no group");
  let asked: string[] = [];
  const asker: Asker = {
    async ask(request): Promise<Answer> {
      const { quantity, start, unit } = request;
      asked.push(`${unit}:${start}+${quantity}`);
      const verdict = refuses(request);
      if (verdict === "silent") return { kind: "silent", status: StatusCode.BadTimeout, reason: "" };
      if (verdict !== undefined) return { kind: "refused", meaning: meaningOf(verdict) };
      const view = new DataView(new ArrayBuffer(quantity * 2));
      for (let i = 0; i < quantity; i += 1) view.setUint16(i * 2, start + i);
      return { kind: "data", view };
    },
  };
  /** One scan: values, statuses, and what was asked for. */
  const scan = async (jobsInFlight = 1) => {
    asked = [];
    const options = { jobsInFlight, units: compiled.units };
    const batch = await readGroup(group, asker, options, { clock, logger: log, random: () => 0 }, never);
    return { values: [...batch.value], statuses: [...batch.status], asked, batch };
  };
  return { clock, group, log, scan };
}

/** A device without these registers: any request that touches one is refused with exception 02. */
const without =
  (...missing: number[]) =>
  ({ quantity, start }: ReadRequest) =>
    missing.some((at) => at >= start && at < start + quantity) ? 2 : undefined;

describe("scan of a group", () => {
  it("gives a row for each tag, in order, with the time of its answer", async () => {
    const { clock, scan } = setUp(["hr:7", "hr:500", "hr:5,UINT32"], () => undefined);
    const { asked, batch, values } = await scan();
    expect(values).toEqual([7, 500, 5 * 65_536 + 6]);
    expect([...batch.tag]).toEqual([0, 1, 2]);
    expect([...batch.sourceTimeUs]).toEqual([clock.nowUs(), clock.nowUs(), clock.nowUs()]);
    expect(asked).toEqual(["1:5+3", "1:500+1"]);
  });

  it("finds a hole between two tags, reads around it, and remembers it", async () => {
    const { log, scan } = setUp(["hr:0", "hr:1", "hr:10", "hr:11"], without(5));
    const first = await scan();
    expect(first.values).toEqual([0, 1, 10, 11]);
    expect(first.asked).toEqual(["1:0+12", "1:0+2", "1:10+2"]);
    expect((await scan()).asked).toEqual(["1:0+2", "1:10+2"]);
    expect(log.lines).toEqual(["info modbus hole found, reading around it"]);
  });

  it("finds the one address that is missing and gives the others", async () => {
    const { clock, log, scan } = setUp(["hr:0", "hr:1", "hr:2", "hr:3", "hr:4"], without(2));
    const first = await scan();
    const bad = StatusCode.BadNodeIdUnknown;
    expect(first.values).toEqual([0, 1, Number.NaN, 3, 4]);
    expect(first.statuses).toEqual([0, 0, bad, 0, 0]);
    const second = await scan();
    expect(second.asked).toEqual(["1:0+2", "1:3+2"]);
    expect(second.statuses).toEqual([0, 0, bad, 0, 0]);
    await clock.advance(60_000);
    expect((await scan()).asked).toEqual(["1:0+2", "1:3+2", "1:2+1"]);
    expect(log.lines).toEqual(["warn modbus address refused"]);
  });

  it("takes a tag back when the device gives it again", async () => {
    let isRepaired = false;
    const { clock, scan } = setUp(["hr:0", "hr:1", "hr:2"], (request) =>
      isRepaired ? undefined : without(1)(request),
    );
    await scan();
    isRepaired = true;
    await clock.advance(60_000);
    expect((await scan()).values).toEqual([0, 1, 2]);
    expect((await scan()).asked).toEqual(["1:0+3"]);
  });

  it("copes with a device that gives fewer registers at once than it should", async () => {
    const tags = Array.from({ length: 200 }, (_, i) => `hr:${i}`);
    const { scan } = setUp(tags, ({ quantity }) => (quantity > 64 ? 3 : undefined));
    const first = await scan();
    expect(first.statuses.every((status) => status === StatusCode.Good)).toBe(true);
    expect((await scan()).asked).toEqual(["1:0+63", "1:63+63", "1:126+63", "1:189+11"]);
  });

  it("does not take blocks apart without end in one scan", async () => {
    const tags = Array.from({ length: 12_500 }, (_, i) => `hr:${i}`);
    const { scan } = setUp(tags, () => 2);
    const { asked, statuses } = await scan();
    expect(statuses.every((status) => status === StatusCode.BadNodeIdUnknown)).toBe(true);
    // 100 blocks, and at most 64 of them or of their parts in two.
    expect(asked.length).toBeLessThanOrEqual(100 + 2 * 64);
  });

  it("takes nothing apart for an exception that is not about the address", async () => {
    const { scan } = setUp(["hr:0", "hr:1"], () => 4);
    const { asked, statuses } = await scan();
    expect(statuses).toEqual([StatusCode.BadDeviceFailure, StatusCode.BadDeviceFailure]);
    expect(asked).toEqual(["1:0+2"]);
    expect((await scan()).asked).toEqual(["1:0+2"]);
  });

  it("goes on with the other units when one is silent", async () => {
    const { scan } = setUp(["hr:0", "hr:500", "hr:0#unit=2", "hr:500#unit=2"], ({ unit }) =>
      unit === 1 ? "silent" : undefined,
    );
    const { asked, statuses, values } = await scan();
    expect(asked).toEqual(["1:0+1", "2:0+1", "2:500+1"]);
    expect(statuses).toEqual([StatusCode.BadTimeout, StatusCode.BadTimeout, 0, 0]);
    expect(values).toEqual([Number.NaN, Number.NaN, 0, 500]);
  });

  it("asks a lone device on after one lost answer", async () => {
    const { scan } = setUp(["hr:0", "hr:500"], ({ start }) => (start === 0 ? "silent" : undefined));
    expect((await scan()).statuses).toEqual([StatusCode.BadTimeout, 0]);
  });

  it("gives a whole array or none of it", async () => {
    const { scan } = setUp(["hr:0,UINT16[130]", "hr:130"], without(127));
    const first = await scan();
    expect(first.statuses).toEqual([StatusCode.BadNodeIdUnknown, 0]);
    expect(first.batch.other.has(0)).toBe(false);
    expect(first.values[1]).toBe(130);
    const whole = await setUp(["hr:0,UINT16[130]"], () => undefined).scan(4);
    expect(whole.batch.other.get(0)).toEqual(Array.from({ length: 130 }, (_, i) => i));
  });

  it("ends up with every tag that the device has, and none that it has not, wherever the holes are", async () => {
    const places = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 });
    const holes = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(places, holes, fc.integer({ min: 1, max: 4 }), async (starts, missing, jobs) => {
        const { scan } = setUp(
          starts.map((start) => `hr:${start}`),
          without(...missing),
        );
        for (let i = 0; i < 20; i += 1) await scan(jobs);
        const { asked, statuses, values } = await scan(jobs);
        for (const [i, start] of starts.entries()) {
          const isThere = !missing.includes(start);
          expect(statuses[i]).toBe(isThere ? StatusCode.Good : StatusCode.BadNodeIdUnknown);
          expect(values[i]).toBe(isThere ? start : Number.NaN);
        }
        // Nothing that is known to be refused is asked for any more.
        for (const request of asked) {
          const [start = 0, quantity = 0] = request.slice(2).split("+").map(Number);
          expect(without(...missing)({ unit: 1, table: "hr", start, quantity })).toBeUndefined();
        }
      }),
      { numRuns: 60 },
    );
  });
});
