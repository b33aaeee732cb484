import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../../../core/alarm-types.ts";
import { createFailingDisk } from "../small-disk.ts";
import { batchOf, type Given, never, START_US, tempFolder } from "../test-kit.ts";
import { type ConnectOutbox, startOutboxWorker } from "./outbox.ts";
import { drained, gapsIn, given, inOrder, liveFirst, put, sequencesIn, start, upTo } from "./outbox-kit.ts";
import { createOutboxServer } from "./server.ts";

const SQLITE_FULL = 13;
const SQLITE_READONLY = 8;
const alarm = (id: string): Alarm => ({
  id,
  machine: "m",
  sensor: "s",
  state: "normal",
  severity: "alarm",
  raisedUs: START_US,
  peakAnomaly: 0.5,
  reason: "anomaly",
  evidence: {},
});

describe("the outbox", () => {
  it("gives a sink what was put in, row by row, with its tags as they were then", async () => {
    using folder = tempFolder();
    const { outbox } = await start(folder.file(), {}, startOutboxWorker);
    const reader = outbox.reader("archive", inOrder);
    const rows: Given[] = [
      { tag: 1, value: -0, status: 0x80000000, sourceTimeUs: -11_644_473_600e6, sequence: 3 },
      { tag: 0, other: true },
      { tag: 1, other: ["x", 2] },
      { tag: 0, value: 0.1, sourceTimeUs: START_US - 7 },
    ];
    outbox.append({ ...batchOf(START_US, rows), protocol: "s7-tunnel" });
    outbox.append(batchOf(START_US + 5, [{ tag: 1, other: "text" }]));
    outbox.appendAlarm(alarm("x"));
    await outbox.flush(never);
    const [readings, alarms] = await reader.next({ rows: 100 }, never);
    expect(readings).toMatchObject({ node: "press 7", number: 1, isBacklog: false });
    const other = new Map<number, unknown>([
      [1, true],
      [2, ["x", 2]],
      [4, "text"],
    ]);
    const tag = (id: string, protocol: string) => ({
      id,
      unit: "Cel",
      device: "plc",
      protocol,
      address: "DB1,REAL0",
    });
    expect(readings?.content).toEqual({
      stream: "readings",
      count: 5,
      tags: [tag("b", "s7-tunnel"), tag("a", "s7-tunnel"), tag("b", "s7")],
      tag: Uint32Array.of(0, 1, 0, 1, 2),
      value: Float64Array.of(-0, Number.NaN, Number.NaN, 0.1, Number.NaN),
      status: Uint32Array.of(0x80000000, 0, 0, 0, 0),
      sourceTimeUs: Float64Array.of(-11_644_473_600e6, START_US, START_US, START_US - 7, START_US + 5),
      agentTimeUs: Float64Array.of(START_US, START_US, START_US, START_US, START_US + 5),
      sequence: Float64Array.of(3, 1, 1, 1, 1),
      other,
    });
    expect(alarms?.content).toEqual({ stream: "alarms", count: 1, rows: [alarm("x")] });
    await outbox.close();
  });

  it("gives each sink the same again until it confirms, also after a restart, and then never more", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    const reader = first.outbox.reader("archive", inOrder);
    first.outbox.reader("other", inOrder);
    for (let i = 0; i < 3; i += 1) await put(first.outbox, 10, i * 10);
    const once = await reader.next({ rows: 15 }, never);
    expect(sequencesIn(once)).toEqual(upTo(10));
    await put(first.outbox, 10, 30);
    expect(await reader.next({ rows: 15 }, never)).toEqual(once);
    await reader.confirm(once);
    expect(sequencesIn(await reader.next({ rows: 20 }, never))).toEqual(upTo(20).map((i) => i + 10));
    await first.outbox.close();
    const second = await start(folder.file());
    expect(sequencesIn(await drained(second.outbox, "archive"))).toEqual(upTo(30).map((i) => i + 10));
    expect(await second.outbox.statistics(never)).toMatchObject({ batches: 4, rows: 40 });
    expect(sequencesIn(await drained(second.outbox, "other"))).toEqual(upTo(40));
    expect(await second.outbox.statistics(never)).toMatchObject({ batches: 0, rows: 0, oldestUs: undefined });
    await second.outbox.close();
  });

  it("lets news go out at once after an outage, and history beside it in turn", async () => {
    using folder = tempFolder();
    const { outbox, clock } = await start(folder.file());
    const reader = outbox.reader("broker", liveFirst);
    for (let i = 0; i < 4; i += 1) await put(outbox, 10, i * 10);
    await clock.advance(60_000);
    const seen: string[] = [];
    for (let i = 4; i < 8; i += 1) {
      await put(outbox, 10, i * 10);
      for (let turn = 0; turn < 2; turn += 1) {
        if (i === 4 && turn === 0) expect((await reader.next({ rows: 1 }, never))[0]?.isBacklog).toBe(true);
        const batches = await reader.next({ rows: 1 }, never);
        seen.push(`${batches[0]?.isBacklog ? "history" : "news"} ${sequencesIn(batches)[0]}`);
        await reader.confirm(batches);
      }
    }
    // What lay there when the outage was noticed is history, all of it.
    expect(seen.slice(0, 5)).toEqual(["history 0", "history 10", "news 50", "history 20", "news 60"]);
    await outbox.close();
  });

  it("waits for what comes, and ends the wait with the caller's signal or when it is closed", async () => {
    using folder = tempFolder();
    const { outbox } = await start(folder.file());
    const reader = outbox.reader("archive", inOrder);
    const waiting = reader.next({ rows: 10 }, never);
    await put(outbox, 1);
    expect(sequencesIn(await waiting)).toEqual([0]);
    await reader.confirm(await waiting);
    const stop = new AbortController();
    const stopped = reader.next({ rows: 10 }, stop.signal);
    stop.abort(new Error("enough"));
    await expect(stopped).rejects.toThrow("enough");
    const closed = reader.next({ rows: 10 }, never);
    const [outcome] = await Promise.allSettled([closed, outbox.close()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "OUTBOX_FAILED" } });
  });

  it("commits by itself, after its time or as soon as enough is together", async () => {
    using folder = tempFolder();
    const { outbox, clock, events } = await start(folder.file(), { commitReadings: 50 });
    outbox.append(batchOf(START_US, given(10)));
    await clock.advance(250);
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ kind: "outbox-committed", rows: 10 }));
    outbox.append(batchOf(START_US, given(60, 10)));
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ kind: "outbox-committed", rows: 60 }));
    await outbox.close();
  });
});

describe("names of batches", () => {
  it("are of a new epoch after each start, and numbers go on: also when everything was delivered", async () => {
    using folder = tempFolder();
    const names = new Set<string>();
    for (let run = 0; run < 3; run += 1) {
      const { outbox } = await start(folder.file());
      await put(outbox, 5, run);
      const [batch] = await drained(outbox, "archive");
      expect(batch?.number).toBe(run + 1);
      expect(batch?.epoch).toMatch(/^[0-9a-f]{16}$/);
      names.add(batch?.epoch ?? "");
      await outbox.close();
    }
    expect(names.size).toBe(3);
  });

  it("are never given twice where an old copy of the file comes back, or a second device has it", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    await put(first.outbox, 5);
    await first.outbox.close();
    copyFileSync(folder.file(), folder.file("copy.db"));
    const names: string[] = [];
    for (const file of [folder.file(), folder.file("copy.db")]) {
      const { outbox } = await start(file);
      await put(outbox, 5, 5);
      const batches = await drained(outbox, "archive");
      names.push(...batches.map(({ epoch, number }) => `${epoch} ${number}`));
      await outbox.close();
    }
    // What both have is named alike; what each committed on its own is not.
    expect(names[0]).toBe(names[2]);
    expect(new Set(names).size).toBe(3);
  });
});

describe("an outbox in trouble", () => {
  const failing =
    (disk: ReturnType<typeof createFailingDisk>): ConnectOutbox =>
    (settings) => {
      const server = createOutboxServer(settings, { open: disk.open, freeBytes: () => 2 ** 40 });
      return { ask: async (request) => structuredClone(server.handle(request)), end: async () => undefined };
    };

  it.each([
    ["full", SQLITE_FULL],
    ["read-only", SQLITE_READONLY],
  ])("keeps what comes while the disk is %s, says so, and loses nothing of it", async (_, errcode) => {
    using folder = tempFolder();
    const disk = createFailingDisk();
    const { outbox, logger } = await start(folder.file(), {}, failing(disk));
    await put(outbox, 10);
    disk.errcode = errcode;
    outbox.append(batchOf(START_US, given(10, 10)));
    await expect(outbox.flush(never)).rejects.toThrow();
    expect(await outbox.statistics(never)).toMatchObject({
      uncommitted: 10,
      trouble: expect.stringContaining("disk fault"),
    });
    expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    disk.errcode = 0;
    await put(outbox, 10, 20);
    expect((await outbox.statistics(never)).trouble).toBeUndefined();
    expect(sequencesIn(await drained(outbox, "archive"))).toEqual(upTo(30));
    await outbox.close();
  });

  it("gives up the oldest readings when too much waits, keeps alarms, and tells the gap", async () => {
    using folder = tempFolder();
    const disk = createFailingDisk();
    const { outbox, events } = await start(folder.file(), { queueBytes: 2 ** 20 }, failing(disk));
    disk.errcode = SQLITE_FULL;
    outbox.appendAlarm(alarm("first"));
    for (let i = 0; i < 3; i += 1) outbox.append(batchOf(START_US + i, given(32_768, i * 32_768)));
    await expect(outbox.flush(never)).rejects.toThrow();
    disk.errcode = 0;
    await outbox.flush(never);
    const found = await drained(outbox, "archive");
    const kept = sequencesIn(found).length;
    const lost = 3 * 32_768 - kept;
    expect(lost).toBeGreaterThan(0);
    expect(gapsIn(found)).toMatchObject([
      { stream: "readings", cause: "queue-full", rows: lost, fromUs: START_US },
    ]);
    expect(found.filter(({ content }) => content.stream === "alarms")).toHaveLength(1);
    const dropped = { stream: "readings", cause: "queue-full", rows: lost };
    expect((await outbox.statistics(never)).dropped).toEqual([dropped]);
    const told = events.flatMap((event) => (event.kind === "outbox-dropped" ? [event.rows] : []));
    expect(told.reduce((sum, rows) => sum + rows, 0)).toBe(lost);
    await outbox.close();
  });

  it("counts what is appended after it was closed", async () => {
    using folder = tempFolder();
    const { outbox, events } = await start(folder.file());
    await outbox.close();
    outbox.append(batchOf(START_US, given(7)));
    expect(events).toContainEqual({
      kind: "outbox-dropped",
      stream: "readings",
      cause: "write-failed",
      rows: 7,
    });
    await expect(outbox.flush(never)).rejects.toThrow("closed");
    await outbox.close();
  });

  it("goes on after its thread died", async () => {
    using folder = tempFolder();
    const links: ReturnType<ConnectOutbox>[] = [];
    const { outbox, clock } = await start(folder.file(), {}, (settings) => {
      const link = startOutboxWorker(settings);
      links.push(link);
      return link;
    });
    await put(outbox, 10);
    await links[0]?.end();
    // May be refused or lost with its worker: what was accepted before and after it must not be.
    await put(outbox, 10, 10).catch(() => undefined);
    await clock.advance(60_000);
    await put(outbox, 10, 20);
    const sequences = sequencesIn(await drained(outbox, "archive"));
    expect(sequences.slice(0, 10)).toEqual(upTo(10));
    expect(sequences.slice(-10)).toEqual(upTo(10).map((i) => i + 20));
    await outbox.close();
  });
});

describe("the age of batches", () => {
  it("counts time in which the agent ran, whatever the clock on the wall does", async () => {
    using folder = tempFolder();
    const first = await start(folder.file(), { maxAgeHours: 1 });
    first.outbox.reader("archive", inOrder);
    await put(first.outbox, 10);
    first.clock.jumpWall(3.15e13);
    await first.clock.advance(1_800_000);
    await put(first.outbox, 10, 10);
    await first.outbox.close();
    // Switched off for a long time; and then the clock is an hour behind.
    const second = await start(folder.file(), { maxAgeHours: 1 });
    second.clock.jumpWall(-3.6e9);
    await second.clock.advance(1_000);
    await put(second.outbox, 10, 20);
    expect((await second.outbox.statistics(never)).rows).toBe(30);
    await second.clock.advance(2_400_000);
    await put(second.outbox, 10, 30);
    await second.clock.advance(2_000);
    await put(second.outbox, 10, 40);
    const found = await drained(second.outbox, "archive");
    expect(sequencesIn(found)[0]).toBe(10);
    expect(gapsIn(found)).toMatchObject([{ stream: "readings", cause: "too-old", rows: 10 }]);
    await second.outbox.close();
  });
});

describe("a large backlog", () => {
  it("takes no memory at the start", async () => {
    using folder = tempFolder();
    const first = await start(folder.file(), { maxBytes: 2 ** 30 });
    const text = "x".repeat(2 ** 20);
    for (let i = 0; i < 200; i += 1) {
      first.outbox.appendAlarm({ ...alarm(`${i}`), reason: text });
      await first.outbox.flush(never);
    }
    await first.outbox.close();
    const before = process.memoryUsage().rss;
    const second = await start(folder.file(), { maxBytes: 2 ** 30 });
    const reader = second.outbox.reader("archive", inOrder);
    const [batch] = await reader.next({ rows: 1 }, never);
    expect(batch?.number).toBe(1);
    expect((await second.outbox.statistics(never)).bytes).toBeGreaterThan(200 * 2 ** 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    await second.outbox.close();
  });
});
