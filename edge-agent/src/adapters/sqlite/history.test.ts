import { DatabaseSync } from "node:sqlite";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../../core/alarm-types.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Score } from "../../core/score.ts";
import type { History } from "../../ports/history.ts";
import { createHistory } from "./history.ts";
import type { Connect } from "./link.ts";
import type { Reply, Request } from "./messages.ts";
import type { HistoryOptions } from "./options.ts";
import { createServer } from "./server.ts";
import {
  batchOf,
  createTestLogger,
  createTestTelemetry,
  inProcess,
  never,
  optionsFor,
  readAll,
  START_US,
  tagsNamed,
  tempFolder,
} from "./test-kit.ts";

/** A history whose time the test owns. */
async function start(file: string, more: Partial<HistoryOptions> = {}, connect: Connect = inProcess) {
  const clock = createManualClock(START_US);
  const logger = createTestLogger();
  const telemetry = createTestTelemetry();
  const history = await createHistory(optionsFor(file, more), { clock, logger, telemetry }, connect);
  return { clock, logger, telemetry, history };
}

/** A worker in this thread that the test can make fail, die or hang. */
function createPuppet() {
  const puppet = {
    mode: "works" as "dies" | "full" | "hangs" | "works",
    starts: 0,
    requests: [] as string[],
  };
  const connect: Connect = (settings) => {
    const server = createServer(settings);
    puppet.starts += 1;
    async function ask(request: Request): Promise<Reply> {
      puppet.requests.push(request.kind);
      if (puppet.mode === "hangs") await new Promise(() => undefined);
      if (puppet.mode === "dies") {
        // Whatever moved to the worker is gone with it.
        structuredClone(0, { transfer: buffersOf(request) });
        throw new EdgeError("HISTORY_FAILED", "the worker is gone");
      }
      return puppet.mode === "full" && request.kind === "commit" ? full(request) : server.handle(request);
    }
    return { ask, end: async () => void server.handle({ kind: "close" }) };
  };
  return { puppet, connect };
}

const buffersOf = (request: Request): ArrayBuffer[] =>
  request.kind === "commit"
    ? request.items.flatMap(({ item }) => (item.kind === "block" ? [item.block.buffer] : []))
    : [];

const full = (request: Request): Reply => ({
  ok: false,
  code: "DISK_FULL",
  message: "there is no room",
  isFinal: false,
  notes: [],
  lost: 0,
  hasWork: false,
  needsCheck: false,
  buffers: buffersOf(request),
});

const one = (sequence: number, value = sequence) =>
  batchOf(START_US + sequence, [{ value, sequence, sourceTimeUs: START_US + sequence }]);

const sequences = (file: string) => readAll(file).map(({ sequence }) => sequence);

const statistics = (history: History) => history.statistics(never);

const alarm = (id: string, state: Alarm["state"], raisedUs: number): Alarm => ({
  id,
  machine: "m",
  sensor: "s",
  state,
  severity: "warning",
  raisedUs,
  peakAnomaly: 0.7,
  reason: "anomaly",
  evidence: { score: 0.7 },
});

const score = (sequence: number, more: Partial<Score>): Score => ({
  machine: "m",
  sensor: "s",
  timeUs: START_US + sequence * 1e6,
  sequence,
  model: "listener",
  shaftHz: 25,
  sensorState: "valid",
  state: "scored",
  anomaly: 0.25,
  latencyMs: 3,
  ...more,
});

describe("history", () => {
  it("commits what is handed over after the commit interval, without being asked", async () => {
    using folder = tempFolder();
    const { clock, history } = await start(folder.file());
    history.registerTags(tagsNamed("a"));
    history.append(one(1));
    expect((await statistics(history)).uncommitted).toBe(1);
    await clock.advance(249);
    expect((await statistics(history)).uncommitted).toBe(1);
    await clock.advance(1);
    expect(await statistics(history)).toMatchObject({
      uncommitted: 0,
      readings: 1,
      lost: 0,
      oldestUs: START_US + 1,
    });
    await history.close();
    expect(sequences(folder.file())).toEqual([1]);
  });

  it("has everything on the disk when a flush resolves, and at once where there is nothing to write", async () => {
    using folder = tempFolder();
    const { history } = await start(folder.file());
    await history.flush(never);
    history.registerTags(tagsNamed("a", "b"));
    history.append(one(1));
    await history.flush(never);
    expect((await statistics(history)).readings).toBe(1);
    await history.close();
  });

  it("commits and closes on close, once", async () => {
    using folder = tempFolder();
    const { history, telemetry } = await start(folder.file());
    history.registerTags(tagsNamed("a"));
    history.append(one(1));
    await Promise.all([history.close(), history.close()]);
    history.append(one(2));
    history.saveBaseline({ sensor: "s", json: "{}" });
    expect(telemetry.lost()).toBe(2);
    await expect(history.flush(never)).rejects.toThrow("the history is closed");
    await expect(history.baselines(never)).rejects.toThrow("the history is closed");
    expect(sequences(folder.file())).toEqual([1]);
  });

  it("takes the tag table as it was when each reading was appended", async () => {
    using folder = tempFolder();
    const { history } = await start(folder.file());
    history.registerTags(tagsNamed("a", "b"));
    history.append(one(1));
    history.registerTags(tagsNamed("b", "a"));
    history.append(one(2));
    await history.close();
    expect(readAll(folder.file()).map(({ series, sequence }) => `${series} ${sequence}`)).toEqual([
      "tag a 1",
      "tag b 2",
    ]);
  });

  it("keeps alarms with each of their states, newest first, and their waveforms", async () => {
    using folder = tempFolder();
    const { history } = await start(folder.file());
    history.saveAlarm(alarm("one", "unacknowledged-active", 10));
    history.saveAlarm(alarm("two", "unacknowledged-active", 30));
    history.saveAlarm(alarm("three", "suppressed", 20));
    history.saveAlarm(alarm("two", "normal", 30));
    const samples = Float32Array.of(1, -2, 3.5);
    const waveform = {
      tag: 1,
      sampleRateHz: 12_000,
      firstSampleTimeUs: 5,
      sequence: 9,
      missed: 1,
      status: 0,
      samples,
    };
    history.saveWaveform("one", { waveform, sensor: "s", unit: "m/s2" });
    samples.fill(0);
    await history.flush(never);
    const ids = async (most: number, openOnly: boolean) =>
      (await history.alarms({ most, openOnly }, never)).map(({ id, state }) => `${id} ${state}`);
    expect(await ids(10, false)).toEqual(["two normal", "three suppressed", "one unacknowledged-active"]);
    expect(await ids(10, true)).toEqual(["three suppressed", "one unacknowledged-active"]);
    expect(await ids(1, false)).toEqual(["two normal"]);
    expect(await history.waveforms("one", never)).toEqual([
      { waveform: { ...waveform, samples: Float32Array.of(1, -2, 3.5) }, sensor: "s", unit: "m/s2" },
    ]);
    expect(await history.waveforms("two", never)).toEqual([]);
    await history.close();
  });

  it("keeps, replaces and forgets baselines", async () => {
    using folder = tempFolder();
    const first = await start(folder.file());
    for (const json of ["1", "2"]) first.history.saveBaseline({ sensor: "s", json });
    first.history.saveBaseline({ sensor: "t", json: "3" });
    first.history.removeBaseline("t");
    await first.history.close();
    const second = await start(folder.file());
    expect(await second.history.baselines(never)).toEqual([{ sensor: "s", json: "2" }]);
    await second.history.close();
  });

  it("shows scores and healths as trends with gaps where there was none, and keeps the whole of each", async () => {
    using folder = tempFolder();
    const { history } = await start(folder.file());
    history.appendScore(score(0, { anomaly: 0.25 }));
    history.appendScore(score(1, { state: "learning", anomaly: 0 }));
    history.appendScore(score(2, { anomaly: 0.75, faultHint: "ball" }));
    history.appendHealth({
      machine: "m",
      timeUs: START_US,
      state: "healthy",
      index: 93,
      baselineProgress: 1,
    });
    history.appendHealth({ machine: "m", timeUs: START_US + 1e6, state: "offline", baselineProgress: 1 });
    await history.flush(never);
    const query = { fromUs: START_US, toUs: START_US + 4e6, buckets: 4 };
    const none = Number.NaN;
    expect((await history.scoreTrend("s", query, never)).max).toEqual(
      Float64Array.of(0.25, none, 0.75, none),
    );
    expect((await history.healthTrend("m", query, never)).mean).toEqual(
      Float64Array.of(93, none, none, none),
    );
    expect((await history.trend("s", query, never)).mean).toEqual(Float64Array.of(none, none, none, none));
    await history.close();
    const found = readAll(folder.file());
    expect(found[2]).toMatchObject({
      series: "score s",
      value: score(2, { anomaly: 0.75, faultHint: "ball" }),
    });
    expect(found[4]).toMatchObject({ series: "health m", value: { state: "offline" } });
  });

  it("compacts in the background while it goes on committing", async () => {
    using folder = tempFolder();
    const { clock, history } = await start(folder.file(), { chunkReadings: 1000 });
    history.registerTags(tagsNamed("a"));
    for (let i = 0; i < 40; i += 1) {
      history.append(
        batchOf(
          START_US + i,
          Array.from({ length: 100 }, (_, row) => ({ value: row, sequence: i * 100 + row })),
        ),
      );
      await clock.advance(250);
    }
    await clock.advance(10_000);
    await history.close();
    expect(sequences(folder.file()).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 4000 }, (_, i) => i),
    );
  });
});

describe("questions to the history", () => {
  it("are refused when they have no answer", async () => {
    using folder = tempFolder();
    const { history } = await start(folder.file());
    const refused = async (question: Promise<unknown>, text: string) => {
      await expect(question).rejects.toThrow(text);
      await expect(question).rejects.toMatchObject({ code: "HISTORY_FAILED" });
    };
    const query = { fromUs: 0, toUs: 1, buckets: 1 };
    await refused(history.trend("", query, never), "needs the name");
    await refused(history.trend("a", { ...query, toUs: 0 }, never), "0 us to 0 us is none");
    await refused(history.trend("a", { ...query, fromUs: Number.NaN }, never), "NaN us to 1 us is none");
    await refused(history.scoreTrend("a", { ...query, buckets: 5001 }, never), "1 to 5000 points, not 5001");
    await refused(history.healthTrend("a", { ...query, buckets: 1.5 }, never), "not 1.5");
    await refused(
      history.alarms({ most: 0, openOnly: true }, never),
      "1 to 10000 alarms can be asked for, not 0",
    );
    await history.close();
  });

  it("end with the caller's signal, before or while they wait", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { clock, history } = await start(folder.file(), {}, connect);
    await expect(history.baselines(AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    await history.baselines(never);
    await clock.advance(0);
    puppet.mode = "hangs";
    const leaving = new AbortController();
    const answers = [
      history.baselines(leaving.signal),
      history.alarms({ most: 1, openOnly: false }, leaving.signal),
    ];
    await clock.advance(0);
    leaving.abort(new Error("left"));
    for (const answer of answers) await expect(answer).rejects.toThrow("left");
    expect(clock.waiting).toBe(1);
    const closed = history.close();
    await clock.advance(10_000);
    await closed;
    expect(puppet.requests.filter((kind) => kind === "query")).toHaveLength(2);
  });

  it("end when the time is over, with what may be the matter", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { clock, history, logger, telemetry } = await start(
      folder.file(),
      { queryTimeoutMs: 3000 },
      connect,
    );
    puppet.mode = "hangs";
    history.append(one(1));
    const late = expect(history.flush(never)).rejects.toThrow("did not answer within 3000 ms (flush)");
    const later = expect(history.statistics(never)).rejects.toThrow("(statistics): the disk is slow");
    await clock.advance(3000);
    await late;
    await later;
    const closed = history.close();
    await clock.advance(10_000);
    await closed;
    expect(telemetry.lost()).toBe(1);
    expect(logger.lines.at(-1)).toMatchObject({
      level: "error",
      message: "the history was closed before everything could be written",
      fields: { readings: 1 },
    });
  });

  it("are bounded in number", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { clock, history } = await start(folder.file(), {}, connect);
    await history.baselines(never);
    puppet.mode = "hangs";
    const answers = await Promise.all(
      Array.from({ length: 258 }, () =>
        history.baselines(never).catch((error: EdgeError) => error.message),
      ).slice(-1),
    );
    expect(answers).toEqual(["256 questions wait; ask again later"]);
    const closed = history.close();
    await clock.advance(10_000);
    await closed;
  });
});

describe("history in trouble", () => {
  it("keeps readings while the disk is full, says so once, and writes them all when there is room again", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { clock, history, logger } = await start(folder.file(), {}, connect);
    history.registerTags(tagsNamed("a"));
    puppet.mode = "full";
    history.append(one(1));
    await expect(history.flush(never)).rejects.toMatchObject({ code: "DISK_FULL" });
    for (let i = 2; i < 20; i += 1) {
      history.append(one(i));
      await clock.advance(1000);
    }
    expect(await statistics(history)).toMatchObject({ uncommitted: 19, lost: 0, readings: 0 });
    puppet.mode = "works";
    await clock.advance(30_000);
    expect(await statistics(history)).toMatchObject({ uncommitted: 0, lost: 0, readings: 19 });
    await history.close();
    expect(sequences(folder.file())).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
    const said = logger.lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
    expect(said).toEqual([
      "the history cannot be written: readings wait for it",
      "the history is written again",
    ]);
  });

  it("gives up the oldest readings when too many wait, and counts them", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { clock, history, telemetry } = await start(folder.file(), {}, connect);
    history.registerTags(tagsNamed("a"));
    history.saveBaseline({ sensor: "s", json: "{}" });
    puppet.mode = "full";
    const flushed = history.flush(never).catch((error: EdgeError) => error.code);
    for (let i = 0; i < 5; i += 1) {
      history.append(
        batchOf(
          START_US + i,
          Array.from({ length: 32_768 }, () => ({ sequence: i })),
        ),
      );
    }
    expect(await flushed).toBe("DISK_FULL");
    expect(telemetry.lost()).toBe(3 * 32_768);
    puppet.mode = "works";
    await clock.advance(60_000);
    expect(await statistics(history)).toMatchObject({
      lost: 3 * 32_768,
      readings: 2 * 32_768,
      uncommitted: 0,
    });
    expect(await history.baselines(never)).toHaveLength(1);
    await history.close();
    expect([...new Set(sequences(folder.file()))]).toEqual([3, 4]);
  });

  it("tells a flush whose readings had to make room", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { clock, history } = await start(folder.file(), {}, connect);
    await history.baselines(never);
    puppet.mode = "hangs";
    history.append(one(1));
    await clock.advance(250);
    history.append(one(2));
    const flushed = expect(history.flush(never)).rejects.toThrow("given up before they were written");
    for (let i = 0; i < 5; i += 1) {
      history.append(
        batchOf(
          START_US + i,
          Array.from({ length: 32_768 }, () => ({ sequence: i })),
        ),
      );
    }
    await flushed;
    const closed = history.close();
    await clock.advance(10_000);
    await closed;
  });

  it("starts the worker again when it dies, loses only what it had in hand and keeps the tag table", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { clock, history, logger, telemetry } = await start(folder.file(), {}, connect);
    history.registerTags(tagsNamed("a"));
    history.append(one(1));
    await history.flush(never);
    puppet.mode = "dies";
    history.append(one(2));
    history.saveBaseline({ sensor: "s", json: "{}" });
    await expect(history.flush(never)).rejects.toThrow("the worker is gone");
    puppet.mode = "works";
    history.append(one(3));
    await expect(history.statistics(never)).rejects.toThrow("ended before it could answer");
    await clock.advance(2000);
    expect(await statistics(history)).toMatchObject({ lost: 1, uncommitted: 0, readings: 2 });
    expect(await history.baselines(never)).toHaveLength(1);
    await history.close();
    expect(puppet.starts).toBe(2);
    expect(telemetry.lost()).toBe(1);
    expect(readAll(folder.file()).map(({ series, sequence }) => `${series} ${sequence}`)).toEqual([
      "tag a 1",
      "tag a 3",
    ]);
    expect(logger.lines.map(({ message }) => message)).toContain("the history is written again");
  });

  it("gives up what it cannot write on close, and says how much", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    const { history, telemetry } = await start(folder.file(), {}, connect);
    history.registerTags(tagsNamed("a"));
    puppet.mode = "full";
    history.append(one(1));
    await history.close();
    expect(telemetry.lost()).toBe(1);
  });

  it("looks through a file that was not closed before it writes to it", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    await (await start(folder.file())).history.close();
    const db = new DatabaseSync(folder.file());
    db.exec("UPDATE state SET value = 0 WHERE name = 'stopped_cleanly'");
    db.close();
    const { clock, history, logger } = await start(folder.file(), {}, connect);
    history.registerTags(tagsNamed("a"));
    history.append(one(1));
    await clock.advance(250);
    await history.close();
    expect(puppet.requests.filter((kind) => kind !== "step")).toEqual(["open", "check", "commit", "close"]);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      "looking for damage in the history",
      "the history was checked",
    ]);
  });

  it("rejects at the start what only an operator can mend", async () => {
    using folder = tempFolder();
    const owner = await start(folder.file());
    await expect(start("/dev/null/history.db")).rejects.toThrow(
      "the folder of /dev/null/history.db cannot be made",
    );
    await owner.history.close();
    await expect(start(folder.path)).rejects.toMatchObject({ code: "HISTORY_FAILED" });
  });

  it("comes up although the disk is full, and writes once there is room", async () => {
    using folder = tempFolder();
    const { puppet, connect } = createPuppet();
    puppet.mode = "full";
    const failing: Connect = (settings) => {
      const link = connect(settings);
      return {
        ...link,
        async ask(request) {
          const reply = await link.ask(request);
          return request.kind === "open" && puppet.mode === "full"
            ? { ...reply, ok: false, code: "DISK_FULL", message: "full", isFinal: false }
            : reply;
        },
      };
    };
    const { clock, history } = await start(folder.file(), {}, failing);
    history.registerTags(tagsNamed("a"));
    history.append(one(1));
    await clock.advance(1000);
    puppet.mode = "works";
    await clock.advance(5000);
    expect(await statistics(history)).toMatchObject({ readings: 1, lost: 0 });
    await history.close();
  });
});
