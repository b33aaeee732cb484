import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { planeHash } from "../../core/twin/point-state.ts";
import { createChangeEncoder, encodeSnapshot } from "../../core/twin/twin-change.ts";
import { decodeTwin, placeOfTwin, type TwinMessage } from "../../core/twin-delta.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Telemetry, TelemetryEvent } from "../../ports/telemetry.ts";
import type { TwinFramesQuery, TwinRecording } from "../../ports/twin-recording.ts";
import { createTwinRecording, type TwinRecordingOptions } from "./recording.ts";

let folder = "";
const { signal } = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "twin-recording-"));
});
const opened: TwinRecording[] = [];
afterEach(async () => {
  for (const recording of opened.splice(0)) await recording.close();
  events.length = 0;
  await rm(folder, { recursive: true, force: true });
});

const POINTS = 60;
const START_MS = 1_700_000_000_000;
const MINUTE = 60_000;

const events: TelemetryEvent[] = [];
const telemetry: Telemetry = { emit: (event) => void events.push(event) };

function logTo(lines: string[]): Logger {
  const note = (level: string) => (_: unknown, message: string) => void lines.push(`${level} ${message}`);
  const logger: Logger = {
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
    child: () => logger,
  };
  return logger;
}

/** A plant whose points change by chance, recorded once a second. */
async function bench(more: Partial<TwinRecordingOptions> = {}, layoutHash = 99) {
  const lines: string[] = [];
  const clock = createManualClock();
  const options = { folder: join(folder, "twin"), keepHours: 8, mostBytes: 1e8, ...more };
  const open = async () => {
    const recording = await createTwinRecording(options, { clock, logger: logTo(lines), telemetry });
    opened.push(recording);
    return recording;
  };
  const state = { recording: await open(), epoch: 1, layoutHash, turn: 0, seen: 0 };
  const planes = {
    value: new Uint16Array(POINTS),
    state: new Uint8Array(POINTS),
    changed: new Uint32Array(POINTS),
  };
  const encode = createChangeEncoder();
  let chance = 7;
  const next = (below: number): number => {
    chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0;
    return (chance >>> 8) % below;
  };
  /** What the plane looked like after each second. */
  const history = new Map<number, { readonly states: number; readonly values: number }>();

  function record(isSnapshot: boolean): boolean {
    const { epoch, turn, seen } = state;
    const about = { epoch, turn, timeMs: clock.nowUs() / 1000, layoutHash: state.layoutHash };
    const message = isSnapshot
      ? encodeSnapshot(planes, about)
      : encode(planes, seen, { ...about, since: seen });
    history.set(about.timeMs, hashesOf(planes));
    if (message === undefined) return true;
    state.seen = turn;
    return state.recording.append(message);
  }

  async function second(isSnapshot: boolean, changes = next(8)): Promise<boolean> {
    state.turn += 1;
    for (let i = 0; i < changes; i += 1) {
      const point = next(POINTS);
      planes.value[point] = next(65_536);
      planes.state[point] = next(128);
      planes.changed[point] = state.turn;
    }
    const isKept = record(isSnapshot);
    await clock.advance(1000);
    return isKept;
  }

  /** So many seconds, with a snapshot each minute. */
  async function live(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i += 1) await second(i % 60 === 0);
  }

  async function settle(): Promise<void> {
    await state.recording.close();
    state.recording = await open();
  }

  return { ...options, open, clock, lines, state, planes, history, second, live, settle };
}

function hashesOf(planes: { readonly state: Uint8Array; readonly value: Uint16Array }) {
  const { buffer, byteOffset, byteLength } = planes.value;
  return {
    states: planeHash(planes.state),
    values: planeHash(new Uint8Array(buffer, byteOffset, byteLength)),
  };
}

async function replayed(recording: TwinRecording, query: TwinFramesQuery): Promise<TwinMessage[]> {
  const messages: TwinMessage[] = [];
  for await (const frame of recording.frames(query, signal)) messages.push(decodeTwin(frame.slice().buffer));
  return messages;
}

/** A screen that takes the messages one by one. @returns its planes' hashes at the time of each message */
function shown(messages: readonly TwinMessage[]): Map<number, ReturnType<typeof hashesOf>> {
  let planes = { value: new Uint16Array(0), state: new Uint8Array(0) };
  let known = 0;
  const seen = new Map<number, ReturnType<typeof hashesOf>>();
  for (const message of messages) {
    expect(placeOfTwin(message, known)).toBe("take");
    if (message.kind === "snapshot") planes = { value: message.value.slice(), state: message.state.slice() };
    if (message.kind === "delta") {
      message.point.forEach((point, i) => {
        planes.value[point] = message.value[i] ?? 0;
        planes.state[point] = message.state[i] ?? 0;
      });
    }
    known = message.turn;
    seen.set(message.timeMs, hashesOf(planes));
  }
  return seen;
}

const files = () => readdir(join(folder, "twin"));

describe("a replay", () => {
  it("shows at every recorded moment of an hour what was shown live", async () => {
    const { live, settle, state, history } = await bench();
    await live(3600);
    await settle();
    const messages = await replayed(state.recording, {
      fromMs: START_MS,
      toMs: START_MS + 60 * MINUTE,
      stepMs: 1,
    });
    expect(messages.length).toBeGreaterThan(2500);
    for (const [timeMs, hashes] of shown(messages))
      expect([timeMs, hashes]).toEqual([timeMs, history.get(timeMs)]);
    expect(await files()).toHaveLength(6);
  });

  it("begins anywhere with a snapshot of that moment", async () => {
    const { live, settle, state, history } = await bench();
    await live(1500);
    await settle();
    for (const second of [0, 1, 59, 60, 61, 599, 600, 601, 1000, 1498]) {
      const fromMs = START_MS + second * 1000;
      const [first, ...more] = await replayed(state.recording, { fromMs, toMs: fromMs + 500, stepMs: 1000 });
      expect([first?.kind, more.length]).toEqual(["snapshot", 0]);
      const timeMs = first?.timeMs ?? 0;
      expect(fromMs - timeMs).toBeGreaterThanOrEqual(0);
      const hashes = shown(first === undefined ? [] : [first]).get(timeMs);
      expect(hashes).toEqual(history.get(fromMs));
    }
  });

  it("merges the changes of a step and is still right at the end of each", async () => {
    const { live, settle, state, history } = await bench();
    await live(1800);
    await settle();
    for (const stepMs of [5000, 60_000, 700_000]) {
      const fromMs = START_MS + 30_000;
      const messages = await replayed(state.recording, { fromMs, toMs: START_MS + 30 * MINUTE, stepMs });
      expect(messages.length).toBeLessThanOrEqual(Math.ceil((30 * MINUTE - 30_000) / stepMs) + 1);
      expect(messages.length).toBeGreaterThan(Math.min(100, (20 * MINUTE) / stepMs));
      for (const [timeMs, hashes] of shown(messages))
        expect([timeMs, hashes]).toEqual([timeMs, history.get(timeMs)]);
      expect(messages.at(-1)?.timeMs).toBeGreaterThan(START_MS + 30 * MINUTE - 10_000);
    }
  });

  it("reads what is still being written", async () => {
    const { live, state, history } = await bench();
    await live(90);
    await vi.waitFor(() => expect(state.recording.statistics.recorded).toBeGreaterThan(60));
    const messages = await replayed(state.recording, {
      fromMs: START_MS,
      toMs: START_MS + 80_000,
      stepMs: 1000,
    });
    for (const [timeMs, hashes] of shown(messages))
      expect([timeMs, hashes]).toEqual([timeMs, history.get(timeMs)]);
    await state.recording.close();
  });

  it("goes on with a snapshot where the agent started again or the plant became another", async () => {
    const { live, settle, state, history } = await bench();
    await live(70);
    await settle();
    Object.assign(state, { epoch: 2, turn: 0, seen: 0 });
    await live(70);
    Object.assign(state, { epoch: 3, layoutHash: 100 });
    await live(70);
    await settle();
    const messages = await replayed(state.recording, {
      fromMs: START_MS,
      toMs: START_MS + 300_000,
      stepMs: 60_000,
    });
    expect(new Set(messages.map(({ epoch }) => epoch))).toEqual(new Set([1, 2, 3]));
    expect(messages.filter(({ kind }) => kind === "snapshot").length).toBeGreaterThanOrEqual(3);
    for (const [timeMs, hashes] of shown(messages))
      expect([timeMs, hashes]).toEqual([timeMs, history.get(timeMs)]);
    expect(state.recording.spans()).toEqual([
      { fromMs: START_MS, toMs: expect.any(Number), layoutHash: 99 },
      { fromMs: START_MS + 140_000, toMs: expect.any(Number), layoutHash: 100 },
    ]);
  });

  it("begins with the first that is known after a time of which nothing is known", async () => {
    const { live, settle, state, clock } = await bench();
    await live(60);
    await clock.advance(10 * MINUTE);
    await live(60);
    await settle();
    expect(state.recording.spans()).toHaveLength(2);
    const fromMs = START_MS + 5 * MINUTE;
    const [first] = await replayed(state.recording, { fromMs, toMs: START_MS + 20 * MINUTE, stepMs: 1000 });
    expect(first).toMatchObject({ kind: "snapshot", timeMs: START_MS + 11 * MINUTE });
    expect(await replayed(state.recording, { fromMs, toMs: fromMs + 1000, stepMs: 1000 })).toEqual([]);
  });

  it("does not go back in time where the clock was set back", async () => {
    const { live, settle, state, clock } = await bench();
    await live(120);
    clock.jumpWall(-60_000_000);
    await live(120);
    await settle();
    const messages = await replayed(state.recording, {
      fromMs: START_MS,
      toMs: START_MS + 300_000,
      stepMs: 1,
    });
    const times = messages.map(({ timeMs }) => timeMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("ends when its reader goes away or gives up", async () => {
    const { live, settle, state } = await bench();
    await live(60);
    await settle();
    const query = { fromMs: START_MS, toMs: START_MS + MINUTE, stepMs: 1000 };
    for await (const _ of state.recording.frames(query, signal)) break;
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    const read = async () => {
      for await (const _ of state.recording.frames(query, stop.signal));
    };
    await expect(read()).rejects.toThrow("enough");
  });
});

describe("after a crash", () => {
  it("all whole records are there, wherever the last one was torn", async () => {
    const { live, open, state, history } = await bench();
    await live(65);
    await vi.waitFor(() => expect(state.recording.statistics.recorded).toBeGreaterThan(50));
    const [file = ""] = await files();
    expect(file).toContain("-open-");
    const path = join(folder, "twin", file);
    const whole = await readFile(path);
    for (const cut of [1, 7, 8, 9, 30, 36, 100, whole.length - 5, whole.length - 1, whole.length]) {
      for (const one of await files()) await rm(join(folder, "twin", one));
      await writeFile(path, whole);
      await truncate(path, whole.length - cut);
      const again = await open();
      const messages = await replayed(again, { fromMs: START_MS, toMs: START_MS + MINUTE * 2, stepMs: 1 });
      for (const [timeMs, hashes] of shown(messages))
        expect([timeMs, hashes]).toEqual([timeMs, history.get(timeMs)]);
      expect(messages.length).toBe(cut > 300 ? 0 : messages.length);
      expect((await files()).some((one) => one.includes("open"))).toBe(false);
      await again.close();
    }
  });

  it("a record with a flipped bit ends the segment there, and the next segment goes on", async () => {
    const { live, settle, state, history } = await bench();
    await live(1300);
    await settle();
    const [first = ""] = (await files()).sort();
    const path = join(folder, "twin", first);
    const bytes = await readFile(path);
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 4, middle);
    await writeFile(path, bytes);
    const messages = await replayed(state.recording, {
      fromMs: START_MS,
      toMs: START_MS + 22 * MINUTE,
      stepMs: 1,
    });
    for (const [timeMs, hashes] of shown(messages))
      expect([timeMs, hashes]).toEqual([timeMs, history.get(timeMs)]);
    const times = messages.map(({ timeMs }) => timeMs - START_MS);
    expect(times.some((ms) => ms > 9 * MINUTE && ms < 9.9 * MINUTE)).toBe(false);
    expect(times.some((ms) => ms > 20 * MINUTE)).toBe(true);
  });

  it("other files in the folder are left alone", async () => {
    await mkdir(join(folder, "twin"), { recursive: true });
    await writeFile(join(folder, "twin", "notes.txt"), "mine");
    const { live, settle } = await bench();
    await live(3);
    await settle();
    expect(await files()).toContain("notes.txt");
  });
});

describe("what is kept", () => {
  it("goes after some hours, the oldest first", async () => {
    const { live, settle, state } = await bench({ keepHours: 1 });
    await live(2 * 3600);
    await settle();
    const [span] = state.recording.spans();
    expect(span?.fromMs).toBeGreaterThanOrEqual(START_MS + 49 * MINUTE);
    expect(span?.fromMs).toBeLessThanOrEqual(START_MS + 61 * MINUTE);
  });

  it("takes no more bytes than it may", async () => {
    const mostBytes = 60_000;
    const { live, settle, state } = await bench({ mostBytes });
    await live(3600);
    await settle();
    const { bytes } = state.recording.statistics;
    expect(bytes).toBeLessThanOrEqual(mostBytes);
    expect(bytes).toBeGreaterThan(mostBytes / 2);
  });
});

describe("a disk that fails", () => {
  it("costs what could not be written, is logged once, and a snapshot heals it", async () => {
    const { second, live, state, lines, history } = await bench();
    await live(10);
    await vi.waitFor(() => expect(state.recording.statistics.recorded).toBe(10));
    await state.recording.close();
    // The folder goes away: not even root can write into a file.
    await rm(join(folder, "twin"), { recursive: true });
    const again = await createTwinRecording(
      { folder: join(folder, "gone", "twin"), keepHours: 1, mostBytes: 1e8 },
      { clock: createManualClock(), logger: logTo(lines), telemetry },
    );
    state.recording = again;
    await rm(join(folder, "gone"), { recursive: true });
    await writeFile(join(folder, "gone"), "in the way");
    expect(await second(true)).toBe(true);
    await vi.waitFor(() => expect(again.statistics.dropped).toBe(1));
    expect(await second(false, 3)).toBe(false);
    expect(await second(true)).toBe(true);
    await vi.waitFor(() => expect(again.statistics.dropped).toBe(3));
    await rm(join(folder, "gone"));
    await mkdir(join(folder, "gone", "twin"), { recursive: true });
    expect(await second(true)).toBe(true);
    await vi.waitFor(() => expect(again.statistics.recorded).toBe(1));
    expect(lines.filter((line) => line.startsWith("error"))).toHaveLength(1);
    expect(lines.at(-1)).toBe("info the twin is recorded again");
    const messages = await replayed(again, { fromMs: START_MS, toMs: START_MS + MINUTE, stepMs: 1 });
    for (const [timeMs, hashes] of shown(messages))
      expect([timeMs, hashes]).toEqual([timeMs, history.get(timeMs)]);
    await again.close();
  });

  it("that is slow makes it drop what would grow without a bound", async () => {
    const { state } = await bench();
    const points = 4_000_000;
    const planes = {
      value: new Uint16Array(points),
      state: new Uint8Array(points),
      changed: new Uint32Array(points),
    };
    const snapshot = encodeSnapshot(planes, { epoch: 1, turn: 1, timeMs: START_MS, layoutHash: 99 });
    const kept = Array.from({ length: 5 }, () => state.recording.append(snapshot));
    expect(kept).toEqual([true, true, false, false, false]);
    await state.recording.close();
    expect(state.recording.statistics).toMatchObject({ recorded: 2, dropped: 3 });
    expect(events.splice(0)).toEqual(Array(3).fill({ kind: "dropped", queue: "twin-recording", count: 1 }));
    expect(state.recording.append(snapshot)).toBe(false);
  });

  it("that cannot even be opened is told with the mend", async () => {
    await writeFile(join(folder, "file"), "");
    const opening = createTwinRecording(
      { folder: join(folder, "file", "twin"), keepHours: 1, mostBytes: 1e6 },
      { clock: createManualClock(), logger: logTo([]), telemetry },
    );
    await expect(opening).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: /check the folder's permissions/,
    });
  });
});
