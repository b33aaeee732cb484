import { isUsable, StatusCode } from "../../core/quality.ts";
import { rawColumns } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";
import type { DriverDeps, DriverEvent, ScanPlan, WaveformSource } from "../../ports/driver.ts";
import type { Connection } from "./connect.ts";
import { decodeInto } from "./decode.ts";
import { cutRow, parseIndexRange } from "./index-range.ts";
import type { Items } from "./items.ts";
import type { OpcuaOptions } from "./options.ts";
import { type BlockRead, readBlock } from "./read-block.ts";
import { readValue } from "./read-value.ts";
import type { ServerFacts } from "./server-facts.ts";

/** Reads waveform blocks whole: a block counts only when its counter was the same before and after it was read. */
export interface WaveformReader {
  /** The block that the waveform holds now; nothing when it is the one that was read last. Rejects when the
   *  connection is lost. */
  read(waveform: number, signal: AbortSignal): Promise<void>;
}

export interface WaveformJob {
  readonly connection: Connection;
  readonly plan: ScanPlan;
  readonly items: Items;
  readonly facts: ServerFacts;
  readonly options: Pick<OpcuaOptions, "requestTimeoutMs">;
  readonly deps: DriverDeps;
  /** Counter of the block that was delivered last, by waveform; outlives the connection. */
  readonly last: Map<number, number>;
  push(event: DriverEvent): void;
}

// A device that rewrites its block faster than it can be read never holds still: then the block is given up.
const ATTEMPTS = 3;

/** The counter of a waveform's blocks, or the status that stands in its place and why. */
type Counter = { readonly sequence: number } | Refusal;
type Refusal = Extract<BlockRead, { readonly status: number }>;

const noNamespace: Refusal = { status: StatusCode.BadNodeIdUnknown, why: "no such namespace" };

export function createWaveformReader(job: WaveformJob): WaveformReader {
  const { connection, items, facts, last } = job;
  // A refusal is told once, not with every change.
  const told = new Map<number, number>();

  const reading = { connection, clock: job.deps.clock, limitMs: job.options.requestTimeoutMs };

  async function readSequence(waveform: number, signal: AbortSignal): Promise<Counter> {
    const address = items.sequences[waveform];
    const nodeId = address && facts.nodeIdOf(address);
    if (address === undefined || nodeId === undefined) return noNamespace;
    const got = await readValue({ ...reading, nodeId, indexRange: address.indexRange }, signal);
    const row = rawColumns(1, 0);
    decodeInto(row, 0, got, 0);
    const range = parseIndexRange(address.indexRange);
    if (range !== undefined) cutRow(row, 0, range);
    const [status = 0] = row.status;
    const [sequence = Number.NaN] = row.value;
    if (!isUsable(status)) return { status, why: "the server refuses the sequence" };
    return Number.isInteger(sequence)
      ? { sequence }
      : { status: StatusCode.BadTypeMismatch, why: "the sequence is no whole number" };
  }

  async function readSamples(
    waveform: number,
    source: WaveformSource,
    signal: AbortSignal,
  ): Promise<BlockRead> {
    const address = items.blocks[waveform];
    const nodeId = address && facts.nodeIdOf(address);
    if (address === undefined || nodeId === undefined) return noNamespace;
    return readBlock({ ...reading, nodeId, indexRange: address.indexRange }, source.samples, signal);
  }

  function refuse(waveform: number, source: WaveformSource, got: Refusal): void {
    if (told.get(waveform) === got.status) return;
    told.set(waveform, got.status);
    job.deps.logger.warn({ waveform: source.id, why: got.why, status: got.status }, "no block");
    job.push({ kind: "waveform", waveform: refused(waveform, source, got.status, job.deps.clock.nowUs()) });
  }

  function deliver(
    waveform: number,
    source: WaveformSource,
    sequence: number,
    block: Exclude<BlockRead, Refusal>,
  ): void {
    const previous = last.get(waveform);
    // A count that runs backwards is a device that started again, not a loss.
    const missed = previous === undefined || sequence <= previous ? 0 : sequence - previous - 1;
    last.set(waveform, sequence);
    told.delete(waveform);
    const endUs = block.sourceTimeUs ?? job.deps.clock.nowUs();
    job.push({
      kind: "waveform",
      waveform: {
        tag: waveform,
        sampleRateHz: source.sampleRateHz,
        firstSampleTimeUs: endUs - (block.samples.length / source.sampleRateHz) * 1e6,
        sequence,
        missed,
        status: StatusCode.Good,
        samples: block.samples,
      },
    });
  }

  return {
    async read(waveform, signal) {
      const source = job.plan.waveforms[waveform];
      if (source === undefined) return;
      let before = await readSequence(waveform, signal);
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        if ("status" in before) return refuse(waveform, source, before);
        if (before.sequence === last.get(waveform)) return;
        const block = await readSamples(waveform, source, signal);
        if ("status" in block) return refuse(waveform, source, block);
        const after = await readSequence(waveform, signal);
        if ("sequence" in after && after.sequence === before.sequence)
          return deliver(waveform, source, after.sequence, block);
        job.push({ kind: "torn-block", waveform, given: attempt < ATTEMPTS ? "reread" : "up" });
        before = after;
      }
    },
  };
}

/** The device is there but will not give this block. */
export function refused(tag: number, source: WaveformSource, status: number, nowUs: TimeUs) {
  return {
    tag,
    sampleRateHz: source.sampleRateHz,
    firstSampleTimeUs: nowUs,
    sequence: 0,
    missed: 0,
    status,
    samples: new Float32Array(0),
  };
}
