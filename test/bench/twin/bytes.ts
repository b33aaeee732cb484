import { gzipSync } from "node:zlib";
import { type ExpandedLayout, pointTag } from "../../../edge-agent/src/core/layout/expand.ts";
import { decodeTwin, encodeTwin } from "../../../edge-agent/src/core/twin-delta.ts";
import { median } from "../harness.ts";

const ROUNDS = 15;

/** The same pairs of point and value into a plane: from JSON as dashboards send it, against the feed's own message. */
export function measureDecoding(points: number): number {
  const point = Uint32Array.from({ length: points }, (_, i) => i);
  const value = Uint16Array.from(point, (i) => (i * 40_503) & 0xffff);
  const state = new Uint8Array(points);
  const head = { kind: "delta", epoch: 1, turn: 2, since: 1, timeMs: 0, layoutHash: 1 } as const;
  const binary = encodeTwin({ ...head, point, value, state }).buffer;
  const text = JSON.stringify(Array.from(point, (id) => ({ id, v: value[id] })));
  const plane = new Uint16Array(points);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(timed(() => takeJson(text, plane)));
    ours.push(timed(() => takeBinary(binary, plane)));
  }
  return median(theirs) / median(ours);
}

function takeJson(text: string, plane: Uint16Array): void {
  for (const { id, v } of JSON.parse(text) as { readonly id: number; readonly v: number }[]) plane[id] = v;
}

function takeBinary(bytes: ArrayBuffer, plane: Uint16Array): void {
  const message = decodeTwin(bytes);
  if (message.kind !== "delta") throw new Error(`a delta became a ${message.kind}`);
  const { point, value } = message;
  for (let i = 0; i < point.length; i += 1) plane[point[i] ?? 0] = value[i] ?? 0;
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The layout as it is served, against one object a point. Both packed. */
export function layoutRatio(layout: ExpandedLayout): number {
  const { position, kindOf } = layout;
  const flat = Array.from(kindOf, (kind, i) => ({
    id: pointTag(layout, i),
    kind: layout.layout.kinds[kind]?.id,
    x: position[3 * i],
    y: position[3 * i + 1],
    z: position[3 * i + 2],
  }));
  return packed(layout.layout) / packed(flat);
}

const packed = (data: unknown): number => gzipSync(JSON.stringify(data), { level: 9 }).length;
