import type { OutboundTag, OutboxBatch } from "@stethos/edge-agent/core";
import { createPrng } from "../../../edge-agent/src/core/prng.ts";
import { StatusCode } from "../../../edge-agent/src/core/quality.ts";
import type { ReadingBatch } from "../../../edge-agent/src/core/reading.ts";
import type { Tag } from "../../../edge-agent/src/core/tag.ts";

/** A plant of the size that the agent is made for. */
export const TAG_COUNT = 10_000;
export const ROWS_A_BATCH = 1000;
/** One in a hundred has no value, as its device was away. */
const BAD_SHARE = 0.01;
const EPOCH = "be4c000000000001";

export const tags: readonly Tag[] = Array.from({ length: TAG_COUNT }, (_, i) => ({
  id: `site/area/line-${Math.floor(i / 1000)}/cell/machine-${Math.floor(i / 20)}/signal-${i}`,
  path: { site: "site", area: "area", line: `line-${Math.floor(i / 1000)}`, cell: "cell", asset: "machine" },
  name: `signal-${i}`,
  device: `plc-${Math.floor(i / 500)}`,
  protocol: "s7",
  address: `DB${Math.floor(i / 500)},REAL${(i % 500) * 4}`,
  unit: "Cel",
  scale: 1,
  offset: 0,
}));

const outboundTags: readonly OutboundTag[] = tags.map(({ id, unit, device, protocol, address }) => ({
  id,
  unit,
  device,
  protocol,
  address,
}));

/** Scans of the whole plant, ten batches each, that begin where the last ones ended. */
export interface PlantRows {
  next(batches: number): readonly ReadingBatch[];
}

/** @param startUs time of the first scan; they are 100 ms apart */
export function createPlantRows(startUs: number): PlantRows {
  const random = createPrng(7);
  const value = Float64Array.from({ length: TAG_COUNT }, () => 20 + 60 * random());
  let batch = 0;
  function one(): ReadingBatch {
    const first = (batch * ROWS_A_BATCH) % TAG_COUNT;
    const scan = Math.floor((batch * ROWS_A_BATCH) / TAG_COUNT);
    const atUs = startUs + scan * 100_000;
    batch += 1;
    const rows = Array.from({ length: ROWS_A_BATCH }, (_, i) => i);
    const isBad = rows.map(() => random() < BAD_SHARE);
    return {
      count: ROWS_A_BATCH,
      tag: Uint32Array.from(rows, (i) => first + i),
      value: Float64Array.from(rows, (i) => {
        const moved = (value[first + i] ?? 0) + random() - 0.5;
        value[first + i] = moved;
        return isBad[i] ? Number.NaN : moved;
      }),
      status: Uint32Array.from(rows, (i) => (isBad[i] ? StatusCode.BadNotConnected : StatusCode.Good)),
      sourceTimeUs: Float64Array.from(rows, (i) => atUs + i),
      agentTimeUs: atUs + 5000,
      sequence: new Float64Array(rows.length).fill(scan),
      other: new Map(),
    };
  }
  return { next: (batches) => Array.from({ length: batches }, one) };
}

/** A batch as the outbox hands it on: it names its own tags. */
export function outboxBatch(batch: ReadingBatch, number: number): OutboxBatch {
  const first = batch.tag[0] ?? 0;
  return {
    node: "edge-1",
    epoch: EPOCH,
    number,
    committedUs: batch.agentTimeUs,
    isBacklog: false,
    content: {
      stream: "readings",
      count: batch.count,
      tags: outboundTags.slice(first, first + batch.count),
      tag: batch.tag.map((tag) => tag - first),
      value: batch.value,
      status: batch.status,
      sourceTimeUs: batch.sourceTimeUs,
      agentTimeUs: new Float64Array(batch.count).fill(batch.agentTimeUs),
      sequence: batch.sequence,
      other: batch.other,
    },
  };
}
