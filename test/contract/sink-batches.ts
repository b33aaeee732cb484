import type { OutboundRows, OutboundTag, OutboxBatch, Stream, Value } from "@stethos/edge-agent/core";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import type { ReceivedRow } from "./sink-bench.ts";

/** 2026-11-23T08:00:00Z */
export const START_US = 1_795_420_800_000_000;
const SECOND_US = 1_000_000;

/** One of each kind of value that a sink has to carry. */
export const TAGS: readonly OutboundTag[] = [
  { id: "site/area/line/cell/pump/temp", unit: "Cel", device: "plc-1", protocol: "s7", address: "DB1,REAL0" },
  { id: "site/area/line/cell/pump/running", unit: "1", device: "plc-1", protocol: "s7", address: "DB1,X4.0" },
  {
    id: "site/area/line/cell/pump/recipe",
    unit: "1",
    device: "plc-1",
    protocol: "opcua",
    address: "ns=2;s=r",
  },
  {
    id: "site/area/line/cell/pump/flow",
    unit: "L/min",
    device: "plc-2",
    protocol: "modbus-tcp",
    address: "hr:7",
  },
];

/** A reading as a test writes it down. */
export interface Row {
  /** Index into the batch's tags. */
  readonly tag: number;
  readonly value: Value;
  readonly sequence: number;
  readonly status?: number;
}

interface Naming {
  readonly node?: string;
  readonly epoch?: string;
  readonly isBacklog?: boolean;
}

/** A batch around rows of any stream. */
export function batchOf(number: number, content: OutboundRows, naming: Naming = {}): OutboxBatch {
  return {
    node: naming.node ?? "edge-1",
    epoch: naming.epoch ?? "00c0ffee00c0ffee",
    number,
    committedUs: START_US + number * SECOND_US,
    isBacklog: naming.isBacklog ?? false,
    content,
  };
}

/** A batch of readings; row `i` was read `i` microseconds after second `number`. */
export function readingsOf(
  number: number,
  rows: readonly Row[],
  naming: Naming & { readonly tags?: readonly OutboundTag[] } = {},
): OutboxBatch {
  const at = (i: number) => START_US + number * SECOND_US + i;
  const others = rows.flatMap((row, i): [number, Value][] =>
    typeof row.value === "number" || row.value === null ? [] : [[i, row.value]],
  );
  return batchOf(
    number,
    {
      stream: "readings",
      count: rows.length,
      tags: naming.tags ?? TAGS,
      tag: Uint32Array.from(rows, (row) => row.tag),
      value: Float64Array.from(rows, ({ value }) => numberOf(value)),
      status: Uint32Array.from(rows, (row) => row.status ?? StatusCode.Good),
      sourceTimeUs: Float64Array.from(rows, (_, i) => at(i)),
      agentTimeUs: Float64Array.from(rows, (_, i) => at(i) + 250),
      sequence: Float64Array.from(rows, (row) => row.sequence),
      other: new Map(others),
    },
    naming,
  );
}

/** As the columns have it: 0 or 1 for a boolean, NaN where no number is. */
function numberOf(value: Value): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : Number.NaN;
}

/** How many readings {@link ordinaryBatch} holds of each tag. */
const ROUNDS = 5;

/** Five readings of each tag; the sequence of a tag goes on from batch to batch. */
export function ordinaryBatch(number: number, naming: Naming = {}): OutboxBatch {
  const rows: Row[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const sequence = (number - 1) * ROUNDS + round;
    rows.push(
      { tag: 0, value: 20 + sequence / 8, sequence },
      { tag: 1, value: sequence % 2 === 0, sequence },
      { tag: 2, value: `Rezept "Ö" ${sequence}`, sequence },
      { tag: 3, value: null, sequence, status: StatusCode.BadNotConnected },
    );
  }
  return readingsOf(number, rows, naming);
}

/** Batches with these numbers, from first to last. */
export const ordinaryBatches = (first: number, last: number): OutboxBatch[] =>
  Array.from({ length: last - first + 1 }, (_, i) => ordinaryBatch(first + i));

/** What a receiver must have been told of these batches, in their order. */
export function rowsOf(batches: readonly OutboxBatch[]): ReceivedRow[] {
  return batches.flatMap(({ content }) => {
    if (content.stream !== "readings") return [];
    return Array.from({ length: content.count }, (_, i): ReceivedRow => {
      const other = content.other.get(i);
      const value = content.value[i] ?? Number.NaN;
      const plain = Number.isNaN(value) ? null : value;
      return {
        tag: content.tags[content.tag[i] ?? -1]?.id ?? "",
        value: other === undefined ? plain : scalarOf(other),
        sequence: content.sequence[i] ?? -1,
      };
    });
  });
}

function scalarOf(value: Value): ReceivedRow["value"] {
  if (value === null || typeof value !== "object") return value;
  throw new TypeError("the contract's own rows hold no arrays");
}

/** One batch of a stream, small and ordinary. */
export function batchOfStream(number: number, stream: Stream): OutboxBatch {
  return stream === "readings" ? ordinaryBatch(number) : batchOf(number, CONTENTS[stream]);
}

const CONTENTS: { readonly [S in Exclude<Stream, "readings">]: OutboundRows } = {
  scores: {
    stream: "scores",
    count: 1,
    rows: [
      {
        machine: "site/area/line/cell/pump",
        sensor: "site/area/line/cell/pump/vibration",
        timeUs: START_US,
        sequence: 3,
        model: "listener 0.1.0",
        shaftHz: 24.5,
        sensorState: "valid",
        state: "scored",
        anomaly: 0.25,
        votes: { network: false, spectrum: false, rms: true },
        faultHint: "outer-race",
        probabilities: [0.1, 0.1, 0.6, 0.1, 0.1],
        spectrumRatio: 0.8,
        rmsRatio: 1.25,
        features: {
          rms: 1.5,
          peak: 6,
          crest: 4,
          kurtosis: 3.5,
          skewness: -0.125,
          velocityRms: 2.25,
          lines: [{ name: "BPFO", foundHz: 87.5, expectedHz: 87.75, prominenceDb: 9 }],
        },
        latencyMs: 4,
      },
    ],
  },
  health: {
    stream: "health",
    count: 1,
    rows: [
      {
        machine: "site/area/line/cell/pump",
        timeUs: START_US,
        state: "healthy",
        index: 97.5,
        baselineProgress: 1,
      },
    ],
  },
  alarms: {
    stream: "alarms",
    count: 1,
    rows: [
      {
        id: "a-1",
        machine: "site/area/line/cell/pump",
        sensor: "site/area/line/cell/pump/vibration",
        state: "unacknowledged-active",
        severity: "alarm",
        priority: "high",
        raisedUs: START_US,
        peakAnomaly: 0.75,
        reason: "bearing-outer-race",
        evidence: { line: "BPFO", prominenceDb: 14.5 },
      },
    ],
  },
  gaps: {
    stream: "gaps",
    count: 1,
    rows: [
      {
        stream: "readings",
        cause: "full-bytes",
        rows: 1200,
        fromUs: START_US,
        toUs: START_US + 60 * SECOND_US,
        noticedUs: START_US + 61 * SECOND_US,
        tags: ["site/area/line/cell/pump/temp"],
      },
    ],
  },
};
