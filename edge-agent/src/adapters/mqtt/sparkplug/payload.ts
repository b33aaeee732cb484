import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Value } from "../../../core/reading.ts";
import { DataType, metricValue } from "./data-type.ts";
import type { Point } from "./points.ts";
import { GOOD, qualityCode } from "./quality-code.ts";
import { type Payload_MetricSchema, PayloadSchema } from "./sparkplug-b-pb.ts";

type MetricInit = MessageInitShape<typeof Payload_MetricSchema>;

export const REBIRTH = "Node Control/Rebirth";
const BD_SEQ_ALIAS = 0n;

const ms = (timeMs: number): bigint => BigInt(Math.max(0, Math.round(timeMs)));

function bdSeqMetric(bdSeq: number, timeMs: number): MetricInit {
  return {
    name: "bdSeq",
    timestamp: ms(timeMs),
    datatype: DataType.Int64,
    value: { case: "longValue", value: BigInt(bdSeq) },
  };
}

/** The will, and what is said before a goodbye: no sequence number. */
export function ndeath(bdSeq: number, nowMs: number): Uint8Array {
  return toBinary(
    PayloadSchema,
    create(PayloadSchema, { timestamp: ms(nowMs), metrics: [bdSeqMetric(bdSeq, nowMs)] }),
  );
}

export function nbirth(bdSeq: number, seq: number, nowMs: number): Uint8Array {
  return encode(seq, nowMs, [
    { ...bdSeqMetric(bdSeq, nowMs), alias: BD_SEQ_ALIAS },
    // No alias: a host that has forgotten the aliases must be able to ask (data-commands-rebirth-name-aliases).
    {
      name: REBIRTH,
      timestamp: ms(nowMs),
      datatype: DataType.Boolean,
      value: { case: "booleanValue", value: false },
    },
  ]);
}

/** Every metric of a device, with its newest value. */
export function dbirth(points: readonly Point[], seq: number, nowMs: number): Uint8Array {
  return encode(
    seq,
    nowMs,
    points.map((point) => birthMetric(point, nowMs)),
  );
}

export const ddeath = (seq: number, nowMs: number): Uint8Array => encode(seq, nowMs, []);

function birthMetric(point: Point, nowMs: number): MetricInit {
  const { tag, alias, type = "Double", last } = point;
  return {
    name: tag.id,
    alias: BigInt(alias),
    timestamp: ms(last?.timeMs ?? nowMs),
    datatype: DataType[type],
    ...valueOrNull(point, last?.value ?? null),
    properties: {
      keys: ["Quality", "engUnit"],
      values: [
        // Nothing is known of what was never read.
        intProperty(last === undefined ? qualityCode(0x8000_0000) : qualityCode(last.status)),
        { type: DataType.String, value: { case: "stringValue", value: tag.unit } },
      ],
    },
  };
}

const intProperty = (value: number) =>
  ({ type: DataType.Int32, value: { case: "intValue", value } }) as const;

const longProperty = (value: number) =>
  ({ type: DataType.Int64, value: { case: "longValue", value: BigInt(value) } }) as const;

function valueOrNull({ type = "Double" }: Point, value: Value): Pick<MetricInit, "isNull" | "value"> {
  const wire = metricValue(type, value);
  return wire === undefined ? { isNull: true } : { value: wire };
}

/** One reading on its way into a DDATA. */
export interface DataRow {
  readonly point: Point;
  readonly value: Value;
  readonly status: number;
  readonly timeMs: number;
  readonly sequence: number;
  /** Of the batch. */
  readonly row: number;
  /** Says its quality although it is good. */
  readonly tellsQuality: boolean;
}

export interface DataHeader {
  readonly seq: number;
  readonly nowMs: number;
  readonly isHistorical: boolean;
  /** Says where it comes from: a host that has seen it has the rows. */
  readonly uuid: string;
  readonly withSequences: boolean;
}

export function ddata(rows: readonly DataRow[], header: DataHeader): Uint8Array {
  const metrics = rows.map((row) => dataMetric(row, header));
  return encode(header.seq, header.nowMs, metrics, header.uuid);
}

function dataMetric(row: DataRow, { isHistorical, withSequences }: DataHeader): MetricInit {
  const quality = qualityCode(row.status);
  const tellsQuality = quality !== GOOD || row.tellsQuality;
  return {
    alias: BigInt(row.point.alias),
    timestamp: ms(row.timeMs),
    ...(isHistorical && { isHistorical }),
    ...valueOrNull(row.point, row.value),
    ...((tellsQuality || withSequences) && {
      properties: {
        keys: [...(tellsQuality ? ["Quality"] : []), ...(withSequences ? ["Sequence"] : [])],
        values: [
          ...(tellsQuality ? [intProperty(quality)] : []),
          ...(withSequences ? [longProperty(row.sequence)] : []),
        ],
      },
    }),
  };
}

function encode(seq: number, nowMs: number, metrics: MetricInit[], uuid?: string): Uint8Array {
  const payload = { timestamp: ms(nowMs), seq: BigInt(seq), metrics, ...(uuid !== undefined && { uuid }) };
  return toBinary(PayloadSchema, create(PayloadSchema, payload));
}
