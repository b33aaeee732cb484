import type { Alarm } from "../../edge-agent/src/core/alarm-types.ts";
import type { OutboundTag, ReadingRows } from "../../edge-agent/src/core/outbox/outbound.ts";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import { type ReadingBatch, type Value, valueAt } from "../../edge-agent/src/core/reading.ts";
import type { Tag } from "../../edge-agent/src/core/tag.ts";

/** What the proofs put into an outbox. Every row follows from its tag and its sequence: whoever finds one knows what it
 *  must say. Round r is one reading, with sequence r, of each of so many tags. */
export const TAGS = 12;

/** 2026-01-01T00:00:00Z */
export const START_US = 1_767_225_600_000_000;
const PERIOD_US = 100_000;
/** Every so many rounds an alarm is raised. */
export const ALARM_EVERY = 5;

const path = { site: "site", area: "area", line: "line", cell: "cell", asset: "machine" };
const nameOf = (tag: number): string => `site/area/line/cell/machine/t${tag}`;

export const tagNumber = (id: string): number => Number(id.slice(id.lastIndexOf("/t") + 2));

export const loadTags = (count: number = TAGS): Tag[] =>
  Array.from({ length: count }, (_, tag) => ({
    id: nameOf(tag),
    path,
    name: `t${tag}`,
    device: `plc${tag % 3}`,
    protocol: "s7",
    address: `DB1,REAL${4 * tag}`,
    unit: "Cel",
    scale: 1,
    offset: 0,
  }));

/** A number that looks like chance and does not compress. */
function noise(tag: number, sequence: number): number {
  let mixed = Math.imul(sequence + 1, 0x9e3779b1) ^ Math.imul(tag + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 7;
}

/** Most tags are numbers; every sixth a switch, a text, or nothing but a bad status. */
function drawnValue(tag: number, sequence: number): Value {
  const drawn = noise(tag, sequence);
  switch (tag % 6) {
    case 3:
      return drawn % 2 < 1;
    case 4:
      return `batch ${Math.floor(drawn)}`;
    case 5:
      return null;
    default:
      return drawn;
  }
}

const statusOf = (tag: number): number => (tag % 6 === 5 ? StatusCode.BadTimeout : StatusCode.Good);
const timeOf = (round: number): number => START_US + round * PERIOD_US;

/** Round `round` of the first `count` tags. */
export function roundOf(round: number, count: number = TAGS): ReadingBatch {
  const value = new Float64Array(count).fill(Number.NaN);
  const other = new Map<number, Value>();
  for (let tag = 0; tag < count; tag += 1) {
    const given = drawnValue(tag, round);
    if (typeof given === "number") value[tag] = given;
    else if (given !== null) other.set(tag, given);
  }
  return {
    count,
    tag: Uint32Array.from({ length: count }, (_, tag) => tag),
    value,
    status: Uint32Array.from({ length: count }, (_, tag) => statusOf(tag)),
    sourceTimeUs: Float64Array.from({ length: count }, (_, tag) => timeOf(round) - tag),
    agentTimeUs: timeOf(round),
    sequence: new Float64Array(count).fill(round),
    other,
  };
}

/** A reading as a receiver has it. */
export interface ReceivedReading {
  readonly tag: string;
  readonly value: Value;
  readonly sequence: number;
  readonly status: number;
  readonly timeUs: number;
  readonly agentTimeUs: number;
}

/** Whether a reading says what was put in. */
export function isRight({ tag, value, sequence, status, timeUs, agentTimeUs }: ReceivedReading): boolean {
  const number = tagNumber(tag);
  return (
    tag === nameOf(number) &&
    value === drawnValue(number, sequence) &&
    status === statusOf(number) &&
    timeUs === timeOf(sequence) - number &&
    agentTimeUs === timeOf(sequence)
  );
}

/** The first row that does not say what was put in; undefined where all do. */
export function wrongRow(rows: ReadingRows): string | undefined {
  for (let row = 0; row < rows.count; row += 1) {
    const about = rows.tags[rows.tag[row] ?? -1];
    if (about === undefined) return `row ${row} of no tag`;
    const reading = {
      tag: about.id,
      value: valueAt(rows, row),
      sequence: rows.sequence[row] ?? -1,
      status: rows.status[row] ?? -1,
      timeUs: rows.sourceTimeUs[row] ?? -1,
      agentTimeUs: rows.agentTimeUs[row] ?? -1,
    };
    if (!isRight(reading) || !isTagRight(about))
      return `row ${row}: ${JSON.stringify({ ...reading, about })}`;
  }
  return undefined;
}

const isTagRight = ({ id, unit, device, address }: OutboundTag): boolean =>
  unit === "Cel" && device === `plc${tagNumber(id) % 3}` && address === `DB1,REAL${4 * tagNumber(id)}`;

export const alarmOf = (round: number): Alarm => ({
  id: `alarm ${round}`,
  machine: "machine",
  sensor: nameOf(0),
  state: "unacknowledged-active",
  severity: "warning",
  raisedUs: timeOf(round),
  peakAnomaly: 0.7,
  reason: "anomaly",
  evidence: { level: noise(0, round) },
});
