import { encodeTwin, encodeTwinDelta, planeHash } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAsk } from "../stream/ask.ts";
import type { TwinPicture } from "../stream/twin-news.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { settled } from "../testing/settled.ts";
import { smallLayout } from "../testing/small-layout.ts";
import { createReplayApi, type FramesRequest, type ReplayApi, splitFrames } from "./replay-api.ts";
import { createReplayPlayer, type ReplayStatus } from "./replay-player.ts";

const layout = smallLayout();
const FROM = 1_000_000;
const MINUTE = 60_000;

interface Event {
  readonly ms: number;
  readonly point: number;
  readonly state: number;
}

/** A recording of changes, answered as the agent does: all up to `from` in a snapshot, then by steps. */
function createRecording(events: readonly Event[]) {
  const asked: FramesRequest[] = [];
  const stateAt = (ms: number): Uint8Array => {
    const state = new Uint8Array(layout.pointCount);
    for (const event of events) if (event.ms <= ms) state[event.point] = event.state;
    return state;
  };
  const value = new Uint16Array(layout.pointCount);
  const head = (ms: number) => ({ epoch: 1, turn: ms, timeMs: ms, layoutHash: layout.hash });
  const answer = ({ fromMs, toMs, stepMs }: FramesRequest): ArrayBuffer => {
    const parts = [encodeTwin({ kind: "snapshot", ...head(fromMs), value, state: stateAt(fromMs) })];
    for (let begin = fromMs; begin < toMs; begin += stepMs) {
      const inside = events.filter(({ ms }) => ms > begin && ms <= begin + stepMs && ms <= toMs);
      const last = inside.at(-1);
      if (last === undefined) continue;
      const points = Uint32Array.from(new Set(inside.map(({ point }) => point)));
      parts.push(
        encodeTwinDelta({ ...head(last.ms), since: begin }, points, { value, state: stateAt(last.ms) }),
      );
    }
    return withLengths(parts);
  };
  const api: ReplayApi = {
    spans: async () => [],
    async frames(request) {
      asked.push(request);
      return { messages: splitFrames(answer(request)), toMs: request.toMs };
    },
  };
  return { api, asked, hashAt: (ms: number) => planeHash(stateAt(ms)) };
}

function withLengths(parts: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + 4 + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    new DataView(all.buffer).setUint32(at, part.byteLength, true);
    all.set(part, at + 4);
    at += 4 + part.byteLength;
  }
  return all.buffer;
}

const EVENTS: readonly Event[] = Array.from({ length: 600 }, (_, i) => ({
  ms: FROM + 137 + i * 1_000,
  point: (i * 7) % layout.pointCount,
  state: i % 4,
}));

function setUp(events = EVENTS, api?: Pick<ReplayApi, "frames">) {
  const timers = createManualTimers();
  const recording = createRecording(events);
  const shown = new Uint8Array(layout.pointCount);
  const held: (() => void)[] = [];
  const log: ReplayStatus[] = [];
  let holds = false;
  let pictures = 0;
  const player = createReplayPlayer({
    api: api ?? recording.api,
    timers,
    layout,
    fromMs: FROM,
    toMs: FROM + 10 * MINUTE,
    show({ scope, count, columns }: TwinPicture, release) {
      pictures += 1;
      if (scope === "all") shown.set(columns.state);
      else for (let i = 0; i < count; i += 1) shown[columns.point[i] ?? 0] = columns.state[i] ?? 0;
      if (holds) held.push(release);
      else release();
    },
    changed: (status) => log.push(status),
  });
  /** Until nothing more happens by itself. */
  const rest = async (): Promise<void> => {
    timers.advance(200);
    await settled();
  };
  const run = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      timers.advance(100);
      await settled();
    }
  };
  return {
    timers,
    recording,
    player,
    log,
    rest,
    run,
    hash: () => planeHash(shown),
    pictures: () => pictures,
    hold(next: boolean) {
      holds = next;
      if (!next) for (const release of held.splice(0)) release();
    },
  };
}

describe("the replay", () => {
  it("shows the plant as it stood at any moment, whatever was shown before", async () => {
    const place = fc.integer({ min: 0, max: 10 * MINUTE });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 6 }), async (places) => {
        const { player, rest, hash, recording } = setUp();
        for (const place of places) {
          player.seek(FROM + place);
          await rest();
          expect(hash()).toBe(recording.hashAt(FROM + place));
        }
        player.dispose();
      }),
      { numRuns: 30 },
    );
  });

  it("asks once for what a slider passed over", async () => {
    const { player, rest, recording, timers } = setUp();
    for (let i = 1; i <= 20; i += 1) {
      player.seek(FROM + i * 10_000);
      timers.advance(20);
    }
    await rest();
    expect(recording.asked.map(({ fromMs }) => fromMs)).toEqual([FROM + 200_000]);
  });

  it.each([1, 10, 60] as const)("plays %ix and pauses at the very moment", async (speed) => {
    const { player, run, rest, hash, recording } = setUp();
    player.seek(FROM + 1_000);
    await rest();
    player.setSpeed(speed);
    player.play();
    await run(3_000);
    player.pause();
    await rest();
    const { ms, isPlaying } = player.status();
    expect(isPlaying).toBe(false);
    expect(ms - FROM - 1_000).toBeGreaterThanOrEqual(2_800 * speed);
    expect(ms - FROM - 1_000).toBeLessThanOrEqual(3_000 * speed);
    expect(hash()).toBe(recording.hashAt(ms));
  });

  it("loads ahead, so that it plays on without a gap, and ends at the end", async () => {
    const { player, run, rest, hash, recording } = setUp();
    player.setSpeed(60);
    player.play();
    await run(12_000);
    await rest();
    expect(player.status()).toMatchObject({ isPlaying: false, ms: FROM + 10 * MINUTE });
    expect(hash()).toBe(recording.hashAt(FROM + 10 * MINUTE));
    player.play();
    expect(player.status().ms).toBe(FROM);
  });

  it("goes by one change to and fro", async () => {
    const { player, rest, hash, recording } = setUp();
    player.seek(FROM + 30_000);
    await rest();
    player.step(1);
    await rest();
    expect(player.status().ms).toBe(FROM + 30_137);
    expect(hash()).toBe(recording.hashAt(FROM + 30_137));
    player.step(1);
    await rest();
    expect(player.status().ms).toBe(FROM + 31_137);
    player.step(-1);
    await rest();
    player.step(-1);
    await rest();
    expect(player.status().ms).toBe(FROM + 29_137);
    expect(hash()).toBe(recording.hashAt(FROM + 29_137));
  });

  it("goes by a quarter of a second where nothing changes", async () => {
    const { player, rest } = setUp([]);
    player.seek(FROM + 30_000);
    await rest();
    player.step(1);
    await rest();
    expect(player.status().ms).toBe(FROM + 30_250);
  });

  it("stays within the recording", async () => {
    const { player, rest } = setUp();
    player.seek(FROM - 5);
    await rest();
    expect(player.status().ms).toBe(FROM);
    player.seek(FROM + 99 * MINUTE);
    await rest();
    expect(player.status().ms).toBe(FROM + 10 * MINUTE);
  });

  it("shows the newest once a slow page has drawn", async () => {
    const { player, rest, hold, hash, pictures, recording } = setUp();
    hold(true);
    player.seek(FROM + 10_000);
    await rest();
    player.seek(FROM + 20_000);
    await rest();
    expect(pictures()).toBe(1);
    hold(false);
    expect(pictures()).toBe(2);
    expect(hash()).toBe(recording.hashAt(FROM + 20_000));
  });

  it("says what went wrong, stops, and tries again with the next move", async () => {
    let isBroken = true;
    const { api } = createRecording(EVENTS);
    const { player, rest, log, run } = setUp(EVENTS, {
      frames: (request, signal) =>
        isBroken ? Promise.reject(new Error("disk full")) : api.frames(request, signal),
    });
    player.play();
    await run(300);
    expect(player.status()).toMatchObject({ isPlaying: false, problem: new Error("disk full") });
    isBroken = false;
    player.seek(FROM + 5_000);
    await rest();
    expect(log.at(-1)?.problem).toBeUndefined();
  });

  it("leaves no timer behind", async () => {
    const { player, timers, run } = setUp();
    player.play();
    await run(500);
    player.dispose();
    expect(timers.waiting).toBe(0);
  });
});

describe("the recording's API", () => {
  const respond = (body: BodyInit) =>
    createReplayApi(
      createAsk({
        base: "https://agent/",
        async fetch(input) {
          asked.push(String(input));
          return new Response(body);
        },
      }),
    );
  const asked: string[] = [];
  const { signal } = new AbortController();

  it("reads what can be replayed", async () => {
    const span = { fromTime: "2026-11-22T08:00:00Z", toTime: "2026-11-22T09:00:00Z", layoutHash: 7 };
    expect(await respond(JSON.stringify({ spans: [span] })).spans(signal)).toEqual([
      { fromMs: Date.UTC(2026, 10, 22, 8), toMs: Date.UTC(2026, 10, 22, 9), layoutHash: 7 },
    ]);
  });

  it("reads frames, and refuses those that break off", async () => {
    const state = new Uint8Array(3);
    const snapshot = encodeTwin({
      kind: "snapshot",
      epoch: 1,
      turn: 1,
      timeMs: 5,
      layoutHash: 7,
      value: new Uint16Array(3),
      state,
    });
    const bytes = withLengths([snapshot, snapshot]);
    const request = { fromMs: 0, toMs: 1_000, stepMs: 250 };
    const { messages, toMs } = await respond(bytes).frames(request, signal);
    expect([messages.length, toMs]).toEqual([2, 1_000]);
    expect(asked.at(-1)).toBe(
      "https://agent/v1/replay/frames?from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A00%3A01.000Z&stepMs=250",
    );
    for (const cut of [2, 4, 40, bytes.byteLength - 1]) {
      await expect(respond(bytes.slice(0, cut)).frames(request, signal)).rejects.toThrow("a whole message");
    }
    await expect(respond(withLengths([new Uint8Array(30)])).frames(request, signal)).rejects.toThrow(
      "a message of the twin",
    );
  });
});
