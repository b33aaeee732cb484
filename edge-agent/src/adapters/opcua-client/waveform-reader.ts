import type { NodeId } from "node-opcua";
import { isUsable, StatusCode } from "../../core/quality.ts";
import type { TimeUs } from "../../core/time.ts";
import type { DriverDeps, DriverEvent, ScanPlan, WaveformSource } from "../../ports/driver.ts";
import type { Connection } from "./connect.ts";
import { decodeVariant, timeUs } from "./decode.ts";
import type { Items } from "./items.ts";
import type { OpcuaOptions } from "./options.ts";
import { piecesOf } from "./pieces.ts";
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

/** What came of reading a node: its value, or the status that stands in its place. */
type Got<T> =
  | { readonly is: T; readonly sourceTimeUs: TimeUs | undefined }
  | { readonly status: number; readonly why: string };

export function createWaveformReader(job: WaveformJob): WaveformReader {
  const { connection, items, facts, last } = job;
  // A refusal is told once, not with every change.
  const told = new Map<number, number>();

  const readNode = (nodeId: NodeId, indexRange: string | undefined, signal: AbortSignal) =>
    readValue(
      { connection, nodeId, indexRange, clock: job.deps.clock, limitMs: job.options.requestTimeoutMs },
      signal,
    );

  async function readSequence(waveform: number, signal: AbortSignal): Promise<Got<number>> {
    const address = items.sequences[waveform];
    const nodeId = address && facts.nodeIdOf(address);
    if (address === undefined || nodeId === undefined)
      return { status: StatusCode.BadNodeIdUnknown, why: "no such namespace" };
    const got = await readNode(nodeId, address.indexRange, signal);
    const status = got.statusCode.value;
    if (!isUsable(status)) return { status, why: "the server refuses the sequence" };
    const value = got.value && decodeVariant(got.value);
    return typeof value === "object" && value !== null && typeof value.is === "number"
      ? { is: value.is, sourceTimeUs: undefined }
      : { status: StatusCode.BadTypeMismatch, why: "the sequence is no whole number" };
  }

  async function readBlock(
    waveform: number,
    source: WaveformSource,
    signal: AbortSignal,
  ): Promise<Got<Float32Array>> {
    const address = items.blocks[waveform];
    const nodeId = address && facts.nodeIdOf(address);
    if (address === undefined || nodeId === undefined)
      return { status: StatusCode.BadNodeIdUnknown, why: "no such namespace" };
    const samples = new Float32Array(source.samples);
    let filled = 0;
    let sourceTimeUs: TimeUs | undefined;
    for (const range of piecesOf(source.samples, address.indexRange)) {
      const got = await readNode(nodeId, range, signal);
      const status = got.statusCode.value;
      if (!isUsable(status)) return { status, why: "the server refuses the block" };
      const numbers = numbersOf(got.value?.value);
      if (numbers === undefined)
        return { status: StatusCode.BadTypeMismatch, why: "the block is no array of numbers" };
      const part =
        numbers.length <= samples.length - filled ? numbers : numbers.slice(0, samples.length - filled);
      samples.set(part, filled);
      filled += part.length;
      sourceTimeUs = timeUs(got.sourceTimestamp, got.sourcePicoseconds);
    }
    if (filled < samples.length)
      return {
        status: StatusCode.BadConfigurationError,
        why: `the block has ${filled} samples, the configuration says ${samples.length}`,
      };
    if (!samples.every(Number.isFinite))
      return { status: StatusCode.BadOutOfRange, why: "a sample is no number" };
    return { is: samples, sourceTimeUs };
  }

  function refuse(waveform: number, source: WaveformSource, got: { status: number; why: string }): void {
    if (told.get(waveform) === got.status) return;
    told.set(waveform, got.status);
    job.deps.logger.warn({ waveform: source.id, why: got.why, status: got.status }, "no block");
    job.push({ kind: "waveform", waveform: refused(waveform, source, got.status, job.deps.clock.nowUs()) });
  }

  function deliver(
    waveform: number,
    source: WaveformSource,
    sequence: number,
    block: { readonly is: Float32Array; readonly sourceTimeUs: TimeUs | undefined },
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
        firstSampleTimeUs: endUs - (block.is.length / source.sampleRateHz) * 1e6,
        sequence,
        missed,
        status: StatusCode.Good,
        samples: block.is,
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
        if (before.is === last.get(waveform)) return;
        const block = await readBlock(waveform, source, signal);
        if ("status" in block) return refuse(waveform, source, block);
        const after = await readSequence(waveform, signal);
        if ("is" in after && after.is === before.is) return deliver(waveform, source, after.is, block);
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

function numbersOf(
  value: unknown,
): (ArrayLike<number> & { slice(from: number, to: number): ArrayLike<number> }) | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === "number") ? value : undefined;
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? (value as Float64Array) : undefined;
}
