import { copyFileSync, existsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import type { Trend } from "../../ports/history.ts";
import type { Item } from "./messages.ts";
import { createFailingDisk } from "./small-disk.ts";
import { openStore, type Store } from "./store.ts";
import {
  batchOf,
  blocksOf,
  DAY_US,
  type Given,
  MINUTE_US,
  readAll,
  START_US,
  settingsFor,
  sum,
  tempFolder,
} from "./test-kit.ts";

const tagItem = (...ids: readonly string[]): Item => ({ kind: "tags", ids });
const alarmItem = (id: string, state: string, raisedUs: number): Item => ({
  kind: "alarm",
  alarm: { id, raisedUs, isOpen: state !== "normal", json: JSON.stringify({ id, state, raisedUs }) },
  atUs: raisedUs + 5,
});

const commitTo = (store: Store, items: readonly Item[], nowMs: number): number =>
  store.commit(items, 0, nowMs);

/** Steps until there is nothing to do. @returns how many that were */
function settle(store: Store, nowMs: number): number {
  let steps = 0;
  for (; store.hasWork(nowMs); steps += 1) {
    store.step(nowMs);
    if (steps > 5000) throw new TypeError("the work does not end");
  }
  return steps;
}

const trendOf = (store: Store, name: string, fromUs: number, toUs: number, buckets: number): Trend =>
  store.trend({ kind: "trend", series: "tag", name, query: { fromUs, toUs, buckets } }).trend;

/** Time and value of what a trend of tag 1 may show. */
function usableOf(readings: readonly (Given & { lagUs: number })[], agentUs: number): [number, number][] {
  return readings.flatMap(({ tag, value, status = 0, lagUs, other }): [number, number][] => {
    const number = typeof other === "boolean" ? Number(other) : (value ?? Number.NaN);
    return tag === 1 && status < 2 ** 31 && !Number.isNaN(number) ? [[agentUs + lagUs, number]] : [];
  });
}

/** The same by the definition: a list of the usable values of each bucket. */
function naiveTrend(
  values: readonly (readonly [number, number])[],
  fromUs: number,
  toUs: number,
  buckets: number,
) {
  const widthUs = (toUs - fromUs) / buckets;
  const lists = Array.from({ length: buckets }, (): number[] => []);
  for (const [timeUs, value] of values) {
    if (timeUs < fromUs || timeUs >= toUs) continue;
    lists[Math.min(buckets - 1, Math.floor((timeUs - fromUs) / widthUs))]?.push(value);
  }
  return {
    min: lists.map((list) => (list.length === 0 ? Number.NaN : Math.min(...list))),
    max: lists.map((list) => (list.length === 0 ? Number.NaN : Math.max(...list))),
    mean: lists.map((list) => (list.length === 0 ? Number.NaN : sum(list) / list.length)),
  };
}

function expectTrend(trend: Trend, wanted: ReturnType<typeof naiveTrend>): void {
  expect([...trend.min]).toEqual(wanted.min);
  expect([...trend.max]).toEqual(wanted.max);
  for (const [i, mean] of wanted.mean.entries()) {
    if (Number.isNaN(mean)) expect(trend.mean[i]).toBeNaN();
    else expect(trend.mean[i]).toBeCloseTo(mean, 6);
  }
}

/** `minutes` commits of `rows` readings of tag 0, a minute apart. */
function writeMinutes(store: Store, firstUs: number, minutes: number, rows = 3): void {
  for (let minute = 0; minute < minutes; minute += 1) {
    const timeUs = firstUs + minute * MINUTE_US;
    const given = Array.from({ length: rows }, (_, i) => ({
      value: Math.sin((timeUs / MINUTE_US) * 4099 + i * i),
      sequence: i,
    }));
    commitTo(store, blocksOf(batchOf(timeUs, given)), 0);
  }
}

describe("store", () => {
  it("answers trends as a plain list of values would, before, during and after compaction", () => {
    const reading = fc.record({
      tag: fc.nat(2),
      value: fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN)),
      status: fc.constantFrom<number>(0, 0, 0, StatusCode.Uncertain, StatusCode.BadTimeout),
      lagUs: fc.integer({ min: -40 * MINUTE_US, max: 40 * MINUTE_US }),
      other: fc.constantFrom(undefined, undefined, "text", true, [1, 2]),
    });
    const commits = fc.array(fc.array(reading, { minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(commits, fc.integer({ min: 1, max: 60 }), fc.nat(40), (given, buckets, stepsBetween) => {
        using folder = tempFolder();
        const store = openStore(settingsFor(folder.file(), { chunkReadings: 20 }));
        commitTo(store, [tagItem("a", "b", "c")], 0);
        for (const [i, readings] of given.entries()) {
          const agentUs = START_US + i * 10 * MINUTE_US;
          const batch = readings.map((each) => ({ ...each, sourceTimeUs: agentUs + each.lagUs }));
          commitTo(store, blocksOf(batchOf(agentUs, batch)), 0);
          for (let step = 0; step < stepsBetween && store.hasWork(0); step += 1) store.step(0);
        }
        const values = given.flatMap((readings, i) => usableOf(readings, START_US + i * 10 * MINUTE_US));
        const [fromUs, toUs] = [START_US - 10 * MINUTE_US, START_US + 60 * MINUTE_US];
        const wanted = naiveTrend(values, fromUs, toUs, buckets);
        expectTrend(trendOf(store, "b", fromUs, toUs, buckets), wanted);
        settle(store, 4_000_000);
        expectTrend(trendOf(store, "b", fromUs, toUs, buckets), wanted);
        store.close(true);
      }),
      { numRuns: 40 },
    );
  });

  it("holds exactly the same readings after compaction as before, texts and arrays too", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), { chunkMs: 1000 }));
    commitTo(store, [tagItem("a", "b")], 0);
    const batch = batchOf(START_US, [
      { tag: 1, value: 1.5, sequence: 3, status: 0x00300000 },
      { tag: 0, other: "Störung", sequence: 1 },
      { tag: 0, other: true, sequence: 2, sourceTimeUs: START_US - 7 },
      { tag: 1, other: [1, "x", false], sequence: 4 },
      { tag: 1, status: StatusCode.BadTimeout, sequence: 5 },
    ]);
    commitTo(store, blocksOf(batch, { ...batch, agentTimeUs: START_US + 1e6 }), 0);
    const open = `${folder.file()}.copy`;
    copyDatabase(folder.file(), open);
    const before = readAll(open);
    expect(store.hasWork(1000)).toBe(true);
    settle(store, 1000);
    store.close(true);
    const after = readAll(folder.file());
    expect(before).toHaveLength(10);
    expect(before.slice(5).map(({ value }) => value)).toEqual([1.5, "Störung", true, [1, "x", false], null]);
    const byKey = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    expect(after.toSorted(byKey)).toEqual(before.toSorted(byKey));
    using db = new DatabaseSync(folder.file());
    expect(db.prepare("SELECT count(*) AS n FROM journal").get()?.["n"]).toBe(0);
    expect(db.prepare("SELECT count(*) AS n FROM chunk").get()?.["n"]).toBe(2);
  });

  it("neither loses nor doubles a reading when it dies at any step of a compaction", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), { chunkReadings: 3000 }));
    commitTo(store, [tagItem(...Array.from({ length: 900 }, (_, i) => `t${i}`))], 0);
    for (let commit = 0; commit < 4; commit += 1) {
      const given = Array.from({ length: 900 }, (_, i) => ({ tag: i, value: i, sequence: commit }));
      commitTo(store, blocksOf(batchOf(START_US + commit * 1e6, given)), 0);
    }
    let steps = 0;
    for (; store.hasWork(0); steps += 1) {
      // What a kill would leave on the disk at this moment.
      const copy = folder.file(`after-${steps}.db`);
      copyDatabase(folder.file(), copy);
      const again = openStore(settingsFor(copy, { chunkReadings: 3000 }));
      settle(again, 4_000_000);
      again.close(true);
      const found = readAll(copy);
      expect(new Set(found.map(({ series, sequence }) => `${series} ${sequence}`)).size).toBe(3600);
      expect(found).toHaveLength(3600);
      store.step(0);
    }
    expect(steps).toBeGreaterThan(6);
    store.close(true);
  });

  it("compacts by number, by size and by time, but never an empty journal", () => {
    using folder = tempFolder();
    const store = openStore(
      settingsFor(folder.file(), { chunkReadings: 10, chunkBytes: 2000, chunkMs: 60_000 }),
    );
    commitTo(store, [tagItem("a")], 0);
    settle(store, 0);
    expect(store.hasWork(1e9)).toBe(false);
    writeMinutes(store, START_US, 3);
    expect([store.hasWork(0), store.hasWork(59_000), store.hasWork(1e9)]).toEqual([false, false, true]);
    writeMinutes(store, START_US, 1, 1);
    expect(store.hasWork(0)).toBe(true);
    settle(store, 0);
    expect(store.hasWork(59_000)).toBe(false);
    commitTo(store, blocksOf(batchOf(START_US, [{ other: "x".repeat(3000) }])), 0);
    expect(store.hasWork(0)).toBe(true);
    store.close(true);
  });

  it("begins a compaction anew that the disk did not let it finish", () => {
    using folder = tempFolder();
    const disk = createFailingDisk();
    const store = openStore(settingsFor(folder.file(), { chunkReadings: 9 }), disk.open);
    commitTo(store, [tagItem("a")], 0);
    settle(store, 0);
    writeMinutes(store, START_US, 3);
    while (!disk.errcode) {
      store.step(0);
      // The first step gathers, the second sorts; the third is the first that writes.
      if (store.hasWork(0)) disk.errcode = 13;
    }
    expect(() => {
      for (let step = 0; step < 5; step += 1) store.step(0);
    }).toThrow("disk fault 13");
    disk.errcode = 0;
    settle(store, 0);
    store.close(true);
    expect(readAll(folder.file())).toHaveLength(9);
    using db = new DatabaseSync(folder.file());
    expect(db.prepare("SELECT valid FROM segment").all()).toEqual([{ valid: 1 }]);
  });

  it("keeps the keys of tags over restarts, reordering and removal", () => {
    using folder = tempFolder();
    const first = openStore(settingsFor(folder.file()));
    commitTo(
      first,
      [
        tagItem("a", "b"),
        ...blocksOf(
          batchOf(START_US, [
            { tag: 0, value: 1 },
            { tag: 1, value: 2 },
          ]),
        ),
      ],
      0,
    );
    first.close(true);
    const second = openStore(settingsFor(folder.file()));
    commitTo(
      second,
      [
        tagItem("c", "b"),
        ...blocksOf(
          batchOf(START_US + 1, [
            { tag: 0, value: 3 },
            { tag: 1, value: 4 },
          ]),
        ),
      ],
      0,
    );
    const mean = (name: string) => trendOf(second, name, START_US, START_US + 2, 1).mean[0];
    expect([mean("a"), mean("b"), mean("c"), mean("d")]).toEqual([1, 3, 3, Number.NaN]);
    second.close(true);
  });

  it("counts readings of tags that nobody registered and keeps the rest", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file()));
    const given = [{ tag: 7, other: "lost" }, { tag: 0, value: 5 }, { tag: 9 }, { tag: 0, other: "kept" }];
    expect(commitTo(store, [tagItem("a"), ...blocksOf(batchOf(START_US, given))], 0)).toBe(2);
    store.close(true);
    expect(readAll(folder.file()).map(({ value }) => value)).toEqual([5, "kept"]);
  });

  it("takes the agent's time where a device tells one that cannot be", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file()));
    const times = [-11_644_473_600e6, 9e15, Number.NaN, START_US - 10 * 365 * DAY_US];
    const given = times.map((sourceTimeUs) => ({ sourceTimeUs, value: 1, sequence: Number.NaN }));
    commitTo(store, [tagItem("a"), ...blocksOf(batchOf(START_US, given))], 0);
    store.close(true);
    const found = readAll(folder.file());
    expect(found.map(({ timeUs }) => timeUs)).toEqual([START_US, START_US, START_US, times[3]]);
    expect(found.map(({ sequence }) => sequence)).toEqual([0, 0, 0, 0]);
  });

  it("takes back everything of a commit that fails, new series too", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file()));
    const bad = { kind: "baseline", baseline: { sensor: "s", json: undefined } } as unknown as Item;
    expect(() => commitTo(store, [tagItem("a"), bad], 0)).toThrow();
    commitTo(store, [tagItem("b", "a"), ...blocksOf(batchOf(START_US, [{ tag: 1, value: 8 }]))], 0);
    expect(trendOf(store, "a", START_US, START_US + 1, 1).max[0]).toBe(8);
    store.close(true);
    expect(readAll(folder.file()).map(({ series }) => series)).toEqual(["tag a"]);
  });

  it("says how much it holds and since when", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), { chunkReadings: 20 }));
    expect(store.statistics()).toEqual({ bytes: expect.any(Number), readings: 0, oldestUs: undefined });
    commitTo(store, [tagItem("a")], 0);
    writeMinutes(store, START_US, 5);
    expect(store.statistics()).toMatchObject({ readings: 15, oldestUs: START_US });
    writeMinutes(store, START_US + 5 * MINUTE_US, 5);
    settle(store, 0);
    writeMinutes(store, START_US + 10 * MINUTE_US, 1);
    const point = {
      series: "score",
      name: "s",
      timeUs: START_US,
      sequence: 1,
      value: 1,
      json: "{}",
    } as const;
    commitTo(store, [{ kind: "point", point }], 0);
    expect(store.statistics()).toMatchObject({ readings: 33, oldestUs: START_US });
    expect(store.statistics().bytes).toBeGreaterThan(8192);
    store.close(true);
  });
});

describe("retention", () => {
  const small = { chunkReadings: 30, maxAgeUs: 1 * DAY_US };

  /** One segment of ten minutes, beginning at `firstUs`. */
  function writeSegment(store: Store, firstUs: number): void {
    writeMinutes(store, firstUs, 10);
    settle(store, 0);
  }

  const segmentsIn = (store: Store) => store.statistics().readings / 30;

  it("lets segments go that are older than the newest by the limit of age", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), small));
    commitTo(store, [tagItem("a")], 0);
    for (let hour = 0; hour < 40; hour += 1) writeSegment(store, START_US + hour * 60 * MINUTE_US);
    expect(segmentsIn(store)).toBe(25);
    expect(store.statistics().oldestUs).toBe(START_US + 15 * 60 * MINUTE_US);
    store.close(true);
    expect(readAll(folder.file())).toHaveLength(25 * 30);
  });

  it("does not wipe the history when the clock jumps a year ahead, and stops when it is put right", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), small));
    commitTo(store, [tagItem("a")], 0);
    for (let hour = 0; hour < 20; hour += 1) writeSegment(store, START_US + hour * 60 * MINUTE_US);
    const yearUs = 365 * DAY_US;
    for (let hour = 20; hour < 23; hour += 1) writeSegment(store, START_US + yearUs + hour * 60 * MINUTE_US);
    expect(segmentsIn(store)).toBe(23 - 3 * 2);
    for (let hour = 23; hour < 24; hour += 1) writeSegment(store, START_US + hour * 60 * MINUTE_US);
    expect(segmentsIn(store)).toBe(24 - 3 * 2);
    const day = trendOf(store, "a", START_US, START_US + DAY_US, 24);
    expect([...day.mean].map((mean) => !Number.isNaN(mean))).toEqual(
      Array.from({ length: 24 }, (_, hour) => hour >= 6 && (hour < 20 || hour === 23)),
    );
    store.close(true);
  });

  it("keeps everything, and answers, when the clock jumps back", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), small));
    commitTo(store, [tagItem("a")], 0);
    for (const hour of [10, 11, 2, 3, 12]) writeSegment(store, START_US + hour * 60 * MINUTE_US);
    expect(segmentsIn(store)).toBe(5);
    const day = trendOf(store, "a", START_US, START_US + DAY_US, 24);
    const filled = [...day.mean].flatMap((mean, hour) => (Number.isNaN(mean) ? [] : [hour]));
    expect(filled).toEqual([2, 3, 10, 11, 12]);
    store.close(true);
  });

  it("stays within its bytes by letting the oldest go", () => {
    using folder = tempFolder();
    const maxBytes = 2 * 2 ** 20;
    const limits = { maxBytes, chunkReadings: 20_000, chunkBytes: maxBytes / 8 };
    const store = openStore(settingsFor(folder.file(), limits));
    commitTo(store, [tagItem("a")], 0);
    let largest = 0;
    for (let round = 0; round < 20; round += 1) {
      // Sines, so that nothing compresses.
      writeMinutes(store, START_US + round * 10 * MINUTE_US, 10, 2000);
      settle(store, 0);
      largest = Math.max(largest, store.statistics().bytes);
    }
    expect(largest).toBeLessThan(maxBytes);
    const { readings, oldestUs } = store.statistics();
    expect(readings).toBeGreaterThan(120_000);
    expect(readings).toBeLessThan(300_000);
    expect(oldestUs).toBeGreaterThan(START_US);
    store.close(true);
    expect(readAll(folder.file())).toHaveLength(readings);
  });

  it("gives space back to the disk when the limit was lowered", () => {
    using folder = tempFolder();
    const large = openStore(settingsFor(folder.file(), { chunkReadings: 20_000 }));
    commitTo(large, [tagItem("a")], 0);
    for (let round = 0; round < 20; round += 1) {
      writeMinutes(large, START_US + round * 10 * MINUTE_US, 10, 2000);
      settle(large, 0);
    }
    large.close(true);
    const before = statSync(folder.file()).size;
    const lowered = openStore(settingsFor(folder.file(), { maxBytes: 2 ** 20, chunkReadings: 20_000 }));
    settle(lowered, 0);
    lowered.close(true);
    expect(before).toBeGreaterThan(2.5 * 2 ** 20);
    expect(statSync(folder.file()).size).toBeLessThan(2 ** 20);
  });

  it("takes alarms, their audit and waveforms with the readings of their time, but keeps what is open", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), small));
    const waveform = {
      tag: 0,
      sampleRateHz: 1000,
      firstSampleTimeUs: 1,
      sequence: 1,
      missed: 0,
      status: 0,
      samples: Float32Array.of(1, 2),
    };
    const keep = (alarm: string): Item => ({
      kind: "waveform",
      alarm,
      stored: { sensor: "s", unit: "[g]", waveform },
    });
    commitTo(
      store,
      [
        tagItem("a"),
        alarmItem("old", "normal", 1),
        alarmItem("open", "acknowledged-active", 2),
        keep("open"),
      ],
      0,
    );
    writeSegment(store, START_US);
    commitTo(store, [alarmItem("new", "normal", 3), keep("new")], 0);
    for (const day of [1, 2, 3]) writeSegment(store, START_US + day * 1.5 * DAY_US);
    expect(store.events.alarms({ most: 10, openOnly: false }).map(({ id }) => id)).toEqual(["open"]);
    expect(store.events.waveforms("open").waveforms).toEqual([]);
    expect(store.events.waveforms("new").waveforms).toEqual([]);
    store.close(true);
    using db = new DatabaseSync(folder.file());
    expect(
      db
        .prepare("SELECT alarm FROM alarm_audit")
        .all()
        .map((row) => row["alarm"]),
    ).toEqual(["open"]);
  });

  it("thins waveforms when they alone fill the file", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), { pageLimit: 200 }));
    const samples = new Float32Array(4000);
    for (let i = 0; i < 84; i += 1) {
      const waveform = {
        tag: 0,
        sampleRateHz: 1000,
        firstSampleTimeUs: 1,
        sequence: i,
        missed: 0,
        status: 0,
        samples,
      };
      commitTo(store, [{ kind: "waveform", alarm: "a", stored: { sensor: "s", unit: "1", waveform } }], 0);
    }
    store.lackRoom();
    settle(store, 0);
    const left = store.events.waveforms("a").waveforms.map((each) => each.waveform.sequence);
    expect(left).toEqual(Array.from({ length: 21 }, (_, i) => 63 + i));
    store.close(true);
  });
});

describe("files that are not ours to write", () => {
  it("refuses a file of a newer version with what to do", () => {
    using folder = tempFolder();
    openStore(settingsFor(folder.file())).close(true);
    const db = new DatabaseSync(folder.file());
    db.exec("UPDATE schema_version SET version = 7");
    db.close();
    expect(() => openStore(settingsFor(folder.file()))).toThrow(
      `the history ${folder.file()} was written by a newer version of this program (schema 7, this one knows 1); install that version again, or move the file away to begin a new history`,
    );
  });

  it("refuses a database of another program and leaves it as it is", () => {
    using folder = tempFolder();
    const db = new DatabaseSync(folder.file());
    db.exec("CREATE TABLE customers (name)");
    db.close();
    expect(() => openStore(settingsFor(folder.file()))).toThrow("is a database of another program");
    using again = new DatabaseSync(folder.file());
    expect(again.prepare("SELECT name FROM sqlite_master").all()).toHaveLength(1);
  });

  it("refuses a file that another process has open", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file(), { busyMs: 0 }));
    commitTo(store, [tagItem("a")], 0);
    expect(() => openStore(settingsFor(folder.file(), { busyMs: 0 }))).toThrow("database is locked");
    store.close(true);
  });
});

/** What is on the disk at this moment, as after a kill. */
function copyDatabase(from: string, to: string): void {
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}
