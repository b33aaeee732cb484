import type { NodeId } from "node-opcua";
import { isUsable, StatusCode } from "../../core/quality.ts";
import type { TimeUs } from "../../core/time.ts";
import { timeUs } from "./decode.ts";
import { cut, parseIndexRange, piecesOf } from "./index-range.ts";
import { readValue, type ValueRead } from "./read-value.ts";

/** The samples of a waveform as they are now, or the status that stands in their place and why. */
export type BlockRead =
  | { readonly samples: Float32Array; readonly sourceTimeUs: TimeUs | undefined }
  | { readonly status: number; readonly why: string };

// node-opcua tells servers that it takes answers of 800,000 bytes (opcua_client_impl.ts, maxResponseMessageSize);
// this many doubles and what goes around them stay well below.
const MOST_SAMPLES = 65_536;

/** Reads `samples` numbers of an array, in pieces where they are many.
 *  @param indexRange the part of the array that the address names, if any
 *  @throws EdgeError as readValue */
export async function readBlock(
  read: Omit<ValueRead, "indexRange"> & { readonly nodeId: NodeId; readonly indexRange: string | undefined },
  count: number,
  signal: AbortSignal,
): Promise<BlockRead> {
  const samples = new Float32Array(count);
  let filled = 0;
  let sourceTimeUs: TimeUs | undefined;
  for (const indexRange of rangesOf(count, read.indexRange)) {
    const got = await readValue({ ...read, indexRange }, signal);
    const status = got.statusCode.value;
    if (!isUsable(status)) return { status, why: "the server refuses the block" };
    const numbers = numbersOf(got.value?.value);
    if (numbers === undefined)
      return { status: StatusCode.BadTypeMismatch, why: "the block is no array of numbers" };
    const range = parseIndexRange(indexRange);
    const part = (range === undefined ? numbers : cut(numbers, range)).slice(0, count - filled);
    samples.set(part, filled);
    filled += part.length;
    sourceTimeUs = timeUs(got.sourceTimestamp, got.sourcePicoseconds);
  }
  if (filled < count)
    return {
      status: StatusCode.BadConfigurationError,
      why: `the block has ${filled} samples, the configuration says ${count}`,
    };
  if (!samples.every(Number.isFinite))
    return { status: StatusCode.BadOutOfRange, why: "a sample is no number" };
  return { samples, sourceTimeUs };
}

/** Undefined reads the array whole. */
function rangesOf(count: number, indexRange: string | undefined): readonly (string | undefined)[] {
  const range = parseIndexRange(indexRange);
  const isCuttable = indexRange === undefined || range !== undefined;
  if (count <= MOST_SAMPLES || !isCuttable) return [indexRange];
  const most = Math.min(count, range?.count ?? count);
  return piecesOf(range?.first ?? 0, most, MOST_SAMPLES).map(({ text }) => text);
}

function numbersOf(value: unknown): number[] | Float64Array | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === "number") ? value : undefined;
  // Whatever the width of its elements, it is read as numbers.
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? (value as Float64Array) : undefined;
}
