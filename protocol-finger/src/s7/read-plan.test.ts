import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseS7Address, type S7Address } from "./address.ts";
import { packJobs } from "./pack-jobs.ts";
import { halve, type PlannedItem, planReads } from "./read-plan.ts";

function addresses(...texts: readonly string[]): S7Address[] {
  return texts.map((text) => {
    const parsed = parseS7Address(text);
    if ("problem" in parsed) throw new Error(`${text}: ${parsed.problem.message}`);
    return parsed.address;
  });
}

const ranges = (jobs: readonly (readonly PlannedItem[])[]): string[][] =>
  jobs.map((job) => job.map(({ area, db, start, length }) => `${area}${db}:${start}+${length}`));

const limits = (pduSize: number, maxMergeGap: number, maxReadBytes = 942) => ({
  pduSize,
  maxMergeGap,
  maxReadBytes,
});

const even = (length: number): number => length + (length % 2);

describe("read plan", () => {
  it("reads neighbours as one range, in whatever order they were written", () => {
    const plan = planReads(
      addresses("DB1,REAL8", "DB1,REAL0", "DB1,INT4", "DB1,X6.1", "DB1,X6.7"),
      limits(240, 0),
    );
    expect(ranges(plan.jobs)).toEqual([["DB1:0+7", "DB1:8+4"]]);
    expect([...plan.positions]).toEqual([7, 0, 4, 6, 6]);
    expect(plan.imageBytes).toBe(11);
  });

  it("reads across a gap where that is cheaper than another range, up to the limit", () => {
    const tags = addresses("DB1,REAL0", "DB1,REAL20");
    expect(ranges(planReads(tags, limits(240, 16)).jobs)).toEqual([["DB1:0+24"]]);
    expect(ranges(planReads(tags, limits(240, 15)).jobs)).toEqual([["DB1:0+4", "DB1:20+4"]]);
    // 18 unwanted bytes cost more than the 16 of another item.
    expect(ranges(planReads(addresses("DB1,REAL0", "DB1,REAL22"), limits(240, 128)).jobs)).toEqual([
      ["DB1:0+4", "DB1:22+4"],
    ]);
  });

  it("reads across wide gaps where that saves a request", () => {
    const scattered = Array.from({ length: 40 }, (_, i) => `DB1,INT${i * 22}`);
    expect(planReads(addresses(...scattered), limits(960, 0)).jobs).toHaveLength(2);
    expect(ranges(planReads(addresses(...scattered), limits(960, 128)).jobs)).toEqual([["DB1:0+860"]]);
  });

  it("keeps areas and blocks apart and packs their ranges into one request", () => {
    const plan = planReads(addresses("MW0", "DB2,INT0", "DB1,INT0", "I0.0", "T3", "C4"), limits(240, 128));
    expect(ranges(plan.jobs)).toEqual([["C0:8+2", "DB1:0+2", "DB2:0+2", "I0:0+1", "M0:0+2", "T0:6+2"]]);
  });

  it("never reads unwanted peripheral bytes", () => {
    expect(ranges(planReads(addresses("PIW0", "PIW4", "PIW2", "PIW8"), limits(240, 128)).jobs)).toEqual([
      ["P0:0+6", "P0:8+2"],
    ]);
  });

  it("asks for 19 scattered or 55 contiguous REALs in a request of 240 bytes", () => {
    const scattered = Array.from({ length: 20 }, (_, i) => `DB${i + 1},REAL0`);
    const contiguous = Array.from({ length: 56 }, (_, i) => `DB1,REAL${4 * i}`);
    expect(planReads(addresses(...scattered), limits(240, 128)).jobs.map((job) => job.length)).toEqual([
      19, 1,
    ]);
    expect(ranges(planReads(addresses(...contiguous), limits(240, 128)).jobs)).toEqual([
      ["DB1:0+220"],
      ["DB1:220+4"],
    ]);
  });

  it("asks for at most 20 ranges in a request, however large", () => {
    const scattered = Array.from({ length: 21 }, (_, i) => `DB${i + 1},REAL0`);
    expect(planReads(addresses(...scattered), limits(960, 128)).jobs.map((job) => job.length)).toEqual([
      20, 1,
    ]);
  });

  it("cuts what is larger than a PDU between its elements", () => {
    const plan = planReads(addresses("DB2,REAL0.120"), limits(240, 0));
    expect(ranges(plan.jobs)).toEqual([["DB2:0+220"], ["DB2:220+220"], ["DB2:440+40"]]);
    expect(plan.imageBytes).toBe(480);
  });

  it("fills the room that is left in a request with the first piece of a large array", () => {
    const plan = planReads(addresses("DB1,S0.100", "DB2,LREAL0.30"), limits(240, 0));
    expect(ranges(plan.jobs)).toEqual([["DB1:0+102", "DB2:0+112"], ["DB2:112+128"]]);
  });

  it("cuts a text that is larger than a PDU where it must", () => {
    expect(ranges(planReads(addresses("DB1,S0.254"), limits(240, 0)).jobs)).toEqual([
      ["DB1:0+222"],
      ["DB1:222+34"],
    ]);
  });

  it("asks for no more bytes in one request than the limit, whatever the PDU has room for", () => {
    const contiguous = addresses(...Array.from({ length: 60 }, (_, i) => `DB1,REAL${4 * i}`));
    expect(ranges(planReads(contiguous, limits(240, 0, 160)).jobs)).toEqual([["DB1:0+160"], ["DB1:160+80"]]);
    expect(ranges(planReads(addresses("DB1,DTL0"), limits(240, 0, 8)).jobs)).toEqual([
      ["DB1:0+8"],
      ["DB1:8+4"],
    ]);
    const scattered = addresses("DB1,LREAL0", "DB2,LREAL0", "DB3,LREAL0");
    expect(planReads(scattered, limits(240, 0, 16)).jobs.map((job) => job.length)).toEqual([2, 1]);
  });

  it("plans nothing for nothing", () => {
    expect(planReads([], limits(240, 128))).toEqual({
      jobs: [],
      imageBytes: 0,
      positions: new Uint32Array(0),
    });
  });

  it("halves a range down to single addresses", () => {
    const tags = addresses("DB1,REAL0", "DB1,REAL4", "DB1,REAL8");
    const [whole] = planReads(tags, limits(240, 0)).jobs.flat();
    if (whole === undefined) throw new Error("no range");
    const halves = halve(whole, tags);
    expect(ranges([halves])).toEqual([["DB1:0+8", "DB1:8+4"]]);
    expect(halves.map(({ image, rows }) => [image, rows])).toEqual([
      [0, [0, 1]],
      [8, [2]],
    ]);
  });

  const anyAddress = fc
    .tuple(
      fc.constantFrom("DB1,", "DB2,", "M", "I"),
      fc.constantFrom("REAL", "INT", "BYTE", "LREAL", "DTL"),
      fc.integer({ min: 0, max: 400 }),
      fc.constantFrom("", ".3", ".77", ".200"),
    )
    .map(([area, type, start, count]) => addresses(`${area}${type}${start}${count}`)[0] as S7Address);

  it("finds every byte of every address in the image, in requests that fit the PDU both ways", () => {
    fc.assert(
      fc.property(
        fc.array(anyAddress, { maxLength: 60 }),
        fc.constantFrom(112, 240, 480, 960),
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom(8, 32, 160, 942),
        (tags, pduSize, gap, maxReadBytes) => {
          const plan = planReads(tags, limits(pduSize, gap, maxReadBytes));
          for (const job of plan.jobs) {
            expect(12 + 12 * job.length).toBeLessThanOrEqual(pduSize);
            expect(job.length).toBeLessThanOrEqual(20);
            const reply = job.reduce((bytes, item) => bytes + 4 + even(item.length), 14);
            expect(reply).toBeLessThanOrEqual(pduSize);
            expect(job.reduce((bytes, item) => bytes + item.length, 0)).toBeLessThanOrEqual(maxReadBytes);
          }
          const image = fill(plan.jobs.flat(), plan.imageBytes);
          tags.forEach((tag, row) => {
            const at = plan.positions[row] ?? -1;
            expect(image.slice(at, at + tag.byteLength)).toEqual(bytesOf(tag));
          });
          expect(packJobs(plan.jobs.flat(), { pduSize, maxReadBytes })).toHaveLength(plan.jobs.length);
        },
      ),
    );
  });
});

const nameOf = (area: string, db: number, byte: number): string => `${area}${db}.${byte}`;

const bytesOf = (tag: S7Address): string[] =>
  Array.from({ length: tag.byteLength }, (_, i) => nameOf(tag.area, tag.db, tag.start + i));

function fill(items: readonly PlannedItem[], size: number): string[] {
  const image = new Array<string>(size).fill("");
  for (const item of items) {
    for (let i = 0; i < item.length; i += 1)
      image[item.image + i] = nameOf(item.area, item.db, item.start + i);
  }
  return image;
}
