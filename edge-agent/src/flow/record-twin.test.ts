import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { expandLayout } from "../core/layout/expand.ts";
import { decodeTwin, type TwinMessage } from "../core/twin-delta.ts";
import type { Points } from "../ports/points.ts";
import { createTwinRecorder, defaultTwinRecorder } from "./record-twin.ts";

const POINTS = 10;
const layout = expandLayout({
  version: "plant-layout/v1",
  site: "s",
  kinds: [{ id: "level", unit: "1", low: 0, high: 1 }],
  areas: [{ id: "a", name: "A", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
  templates: [
    {
      id: "t",
      size: [1, 1, 1],
      parts: [],
      points: Array.from({ length: POINTS }, (_, i) => ({
        name: `p${i}`,
        kind: "level",
        at: [0, 0, 0] as const,
      })),
    },
  ],
  assets: [{ id: "s/a", area: "a", template: "t", at: [0, 0] }],
});

async function bench() {
  let turn = 1;
  const points = {
    layout,
    epoch: 3,
    value: new Uint16Array(POINTS),
    exact: new Float32Array(POINTS),
    state: new Uint8Array(POINTS),
    changed: new Uint32Array(POINTS),
    endTurn: () => turn++,
  } satisfies Points;
  const kept: TwinMessage[] = [];
  const recording = {
    isFull: false,
    asked: 0,
    append(message: Uint8Array<ArrayBuffer>) {
      recording.asked += 1;
      if (recording.isFull) return false;
      kept.push(decodeTwin(message.buffer));
      return true;
    },
  };
  const clock = createManualClock();
  const stop = new AbortController();
  const recorder = createTwinRecorder(defaultTwinRecorder, { points, recording, clock });
  const running = recorder.run(stop.signal);
  const put = (point: number, value: number) => {
    points.value[point] = value;
    points.changed[point] = turn;
  };
  await clock.advance(0);
  return { points, kept, recording, clock, put, stop, running };
}

const kinds = (messages: readonly TwinMessage[]) => messages.map(({ kind }) => kind);

describe("the recorder of the twin", () => {
  it("records a snapshot, then once a second what changed since the last record", async () => {
    const { kept, clock, put } = await bench();
    put(4, 40);
    await clock.advance(500);
    put(4, 41);
    put(5, 50);
    await clock.advance(500);
    await clock.advance(3000);
    put(6, 60);
    await clock.advance(1000);
    expect(kinds(kept)).toEqual(["snapshot", "delta", "delta"]);
    const [snapshot, first, second] = kept;
    expect(first).toMatchObject({
      epoch: 3,
      since: snapshot?.turn,
      layoutHash: layout.hash,
      timeMs: 1_700_000_001_000,
      point: Uint32Array.of(4, 5),
      value: Uint16Array.of(41, 50),
    });
    expect(second).toMatchObject({ since: first?.turn, point: Uint32Array.of(6) });
  });

  it("records a snapshot each minute, also while nothing changes", async () => {
    const { kept, clock } = await bench();
    await clock.advance(180_000);
    expect(kinds(kept)).toEqual(["snapshot", "snapshot", "snapshot", "snapshot"]);
  });

  it("records a snapshot as soon as the plant is another one", async () => {
    const { kept, clock, points } = await bench();
    points.epoch = 4;
    await clock.advance(1000);
    expect(kept).toMatchObject([
      { kind: "snapshot", epoch: 3 },
      { kind: "snapshot", epoch: 4 },
    ]);
  });

  it("leaves a recording alone for ten seconds after it dropped a message, then begins with a snapshot", async () => {
    const { kept, clock, put, recording } = await bench();
    recording.isFull = true;
    put(1, 1);
    await clock.advance(1000);
    const { asked } = recording;
    await clock.advance(9000);
    expect(recording.asked).toBe(asked);
    recording.isFull = false;
    await clock.advance(1000);
    expect(kinds(kept)).toEqual(["snapshot", "snapshot"]);
    put(1, 2);
    await clock.advance(1000);
    expect(kinds(kept)).toEqual(["snapshot", "snapshot", "delta"]);
  });

  it("records nothing of a plant without points, and ends when it is told to", async () => {
    const { kept, clock, points, stop, running } = await bench();
    points.layout = expandLayout({ ...layout.layout, assets: [] });
    await clock.advance(120_000);
    expect(kept).toHaveLength(1);
    stop.abort();
    await running;
    expect(clock.waiting).toBe(0);
  });
});
