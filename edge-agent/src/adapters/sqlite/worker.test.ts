import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createHistory } from "./history.ts";
import { type Connect, type HistoryLink, startWorker } from "./link.ts";
import { createSmallDisk } from "./small-disk.ts";
import {
  batchOf,
  createTestLogger,
  createTestTelemetry,
  never,
  optionsFor,
  readAll,
  START_US,
  settingsFor,
  tagsNamed,
  tempFolder,
} from "./test-kit.ts";

/** A history with a real worker thread, whose time the test owns. */
async function start(file: string, connect: Connect = startWorker) {
  const clock = createManualClock(START_US);
  const logger = createTestLogger();
  const telemetry = createTestTelemetry();
  const history = await createHistory(optionsFor(file), { clock, logger, telemetry }, connect);
  return { clock, logger, telemetry, history };
}

/** 1000 readings of tag 0 with the sequence numbers from `first` on. */
const thousand = (first: number) =>
  batchOf(
    START_US + first,
    Array.from({ length: 1000 }, (_, i) => ({ value: Math.sin(first + i), sequence: first + i })),
  );

const sequences = (file: string) => readAll(file).map(({ sequence }) => sequence);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("history in its worker thread", () => {
  it("keeps readings, alarms and baselines over a restart and goes on where it was", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    first.history.registerTags(tagsNamed("a"));
    for (let i = 0; i < 40; i += 1) first.history.append(thousand(i * 1000));
    first.history.saveBaseline({ sensor: "s", json: "{}" });
    await first.history.flush(never);
    await first.history.close();
    const second = await start(folder.file());
    second.history.registerTags(tagsNamed("a"));
    second.history.append(thousand(40_000));
    await second.history.flush(never);
    expect(await second.history.baselines(never)).toHaveLength(1);
    expect(await second.history.statistics(never)).toMatchObject({
      readings: 41_000,
      lost: 0,
      uncommitted: 0,
    });
    const query = { fromUs: START_US, toUs: START_US + 50_000, buckets: 50 };
    const trend = await second.history.trend("a", query, never);
    expect(trend.max[0]).toBeCloseTo(1, 3);
    expect(trend.max[49]).toBeNaN();
    await second.history.close();
    expect(sequences(folder.file())).toEqual(upTo(41_000));
    expect(second.logger.lines).toEqual([]);
  });

  it("comes back when its thread ends, with all that was on the disk", async () => {
    using folder = tempFolder();
    const links: HistoryLink[] = [];
    const { clock, history, logger } = await start(folder.file(), (settings) => {
      const link = startWorker(settings);
      links.push(link);
      return link;
    });
    history.registerTags(tagsNamed("a"));
    history.append(thousand(0));
    await history.flush(never);
    await links[0]?.end();
    await expect(history.flush(never)).resolves.toBeUndefined();
    history.append(thousand(1000));
    await expect(history.flush(never)).rejects.toThrow("worker thread ended");
    await clock.advance(1000);
    await history.flush(never);
    expect(await history.statistics(never)).toMatchObject({ uncommitted: 0 });
    await history.close();
    expect(links).toHaveLength(2);
    expect(new Set(sequences(folder.file())).size).toBe(sequences(folder.file()).length);
    expect(sequences(folder.file()).slice(0, 1000)).toEqual(upTo(1000));
    expect(logger.lines.map(({ message }) => message)).toContain("the history was checked");
  });

  it("begins a new file in place of a damaged one, and reading never stops", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    first.history.registerTags(tagsNamed("a"));
    first.history.append(thousand(0));
    await first.history.flush(never);
    // As a power cut would leave it, and with its pages gone.
    const broken = folder.file("broken.db");
    copyFileSync(folder.file(), broken);
    if (existsSync(`${folder.file()}-wal`)) copyFileSync(`${folder.file()}-wal`, `${broken}-wal`);
    await first.history.close();
    writeFileSync(broken, readFileSync(broken).fill(0x5a, 100, 4000));
    writeFileSync(`${broken}-wal`, "");
    const { history, logger } = await start(broken);
    history.registerTags(tagsNamed("a"));
    history.append(thousand(5000));
    await history.flush(never);
    await history.close();
    expect(logger.lines.find(({ level }) => level === "error")?.message).toBe(
      "the history file was damaged; it was set aside and a new one was started",
    );
    expect(existsSync(`${broken}.corrupt-2026-01-01T00-00-00.000000Z`)).toBe(true);
    expect(sequences(broken)).toHaveLength(1000);
  });

  it.each(["any", "simulated"] as const)(
    "outlives %s disk that runs full and is freed again",
    async (kind) => {
      using disk = createSmallDisk(kind);
      const { history, logger, telemetry } = await start(disk.file(), disk.connect);
      history.registerTags(tagsNamed("a"));
      history.append(thousand(0));
      await history.flush(never);
      disk.fill();
      for (let i = 1; i < 60; i += 1) history.append(thousand(i * 1000));
      await expect(history.flush(never)).rejects.toMatchObject({ code: "DISK_FULL" });
      await expect(history.flush(never)).rejects.toThrow("free disk space");
      expect(await history.statistics(never)).toMatchObject({ readings: 1000, uncommitted: 59_000, lost: 0 });
      disk.free();
      await history.flush(never);
      expect(await history.statistics(never)).toMatchObject({ readings: 60_000, uncommitted: 0, lost: 0 });
      await history.close();
      expect(telemetry.lost()).toBe(0);
      expect(sequences(disk.file())).toEqual(upTo(60_000));
      expect(logger.lines.map(({ message }) => message)).toEqual([
        "the history cannot be written: readings wait for it",
        "the history is written again",
      ]);
    },
  );

  it("answers what it cannot do with a reason, and dies without a word only once", async () => {
    using folder = tempFolder();
    const link = startWorker(settingsFor(folder.file("no/folder.db")));
    const reply = await link.ask({ kind: "open", nowUs: START_US, nowMs: 0 });
    expect(reply).toMatchObject({ ok: false, isFinal: true });
    await link.end();
    await expect(link.ask({ kind: "close" })).rejects.toThrow("worker thread ended");
  });
});
