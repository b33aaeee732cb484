import type { Alarm } from "../alarm-types.ts";
import type { Health } from "../health.ts";
import { qualityOf, statusName } from "../quality.ts";
import { type Reading, valueAt } from "../reading.ts";
import type { Score } from "../score.ts";
import { rfc3339 } from "../time.ts";
import type { Gap, OutboxBatch, ReadingRows, Stream } from "./outbound.ts";

/** What names a row for ever: a receiver that has seen the name has the row. */
export interface RowName {
  readonly stream: Stream;
  readonly node: string;
  readonly epoch: string;
  readonly number: number;
  /** Within the batch, from 0. */
  readonly row: number;
}

/** A row as it leaves the edge in JSON: readings in their normalised form, the others as they are (times that end in "Us"
 *  are microseconds since 1970). */
export type OutboundJson = RowName & (Reading | Score | Health | Alarm | GapJson);

/** A gap's own stream has another name here: "stream" tells what this row is. */
export type GapJson = Omit<Gap, "stream"> & { readonly of: Stream };

/** @throws RangeError where the batch has no such row */
export function outboundJson(batch: OutboxBatch, row: number): OutboundJson {
  const { node, epoch, number, content } = batch;
  const name = { stream: content.stream, node, epoch, number, row };
  if (content.stream === "readings") return { ...readingJson(content, row), ...name };
  if (content.stream === "gaps") return { ...gapJson(rowOf(content.rows, row)), ...name };
  return { ...rowOf<Score | Health | Alarm>(content.rows, row), ...name };
}

const gapJson = ({ stream: of, ...gap }: Gap): GapJson => ({ ...gap, of });

function rowOf<T>(rows: readonly T[], row: number): T {
  const found = rows[row];
  if (found === undefined) throw new RangeError(`row ${row} is not one of ${rows.length}`);
  return found;
}

function readingJson(rows: ReadingRows, i: number): Reading {
  const tag = rows.tags[rows.tag[i] ?? -1];
  if (tag === undefined) throw new RangeError(`row ${i} names no tag of ${rows.tags.length}`);
  const status = rows.status[i] ?? 0;
  const agentTimeUs = rows.agentTimeUs[i] ?? 0;
  return {
    tag: tag.id,
    value: valueAt(rows, i),
    unit: tag.unit,
    quality: qualityOf(status),
    statusCode: status,
    status: statusName(status),
    sourceTime: rfc3339(rows.sourceTimeUs[i] ?? agentTimeUs),
    agentTime: rfc3339(agentTimeUs),
    sequence: rows.sequence[i] ?? 0,
    device: tag.device,
    protocol: tag.protocol,
    address: tag.address,
  };
}
