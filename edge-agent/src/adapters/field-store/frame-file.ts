import { createHash } from "node:crypto";
import { z } from "zod";
import { EdgeError } from "../../core/errors.ts";
import type { FieldFrame } from "../../ports/field-store.ts";

/** One frame, one file: magic, length of the head (u32), head (JSON), samples and healthy frame (float32), sha256 of all
 *  before it. Little-endian. The head comes first so that an index is built without reading the samples. */
const MAGIC = 0x31464653; // "SFF1"
const PREFIX = 8;
const DIGEST = 32;
/** A head is some hundred bytes; what claims more is no frame. */
export const MOST_HEAD_BYTES = 16_384;

const headSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(["alarm", "disagreement", "drift", "random"]),
  machine: z.string(),
  sensor: z.string(),
  unit: z.string(),
  timeUs: z.number(),
  sampleRateHz: z.number().positive(),
  shaftHz: z.number(),
  model: z.string(),
  probability: z.number(),
  challengerProbability: z.number().exactOptional(),
  alarm: z.string().exactOptional(),
  samples: z.int().nonnegative(),
  healthyFrame: z.int().nonnegative(),
});

/** The head, with how many values follow. */
export type StoredHead = z.output<typeof headSchema>;

/** @throws EdgeError DATA_INVALID for what could not be read again, like a probability that is no number */
export function encodeFrame(frame: FieldFrame): Buffer {
  const { samples, healthyFrame, ...rest } = frame;
  const counts = { samples: samples.length, healthyFrame: healthyFrame?.length ?? 0 };
  const json = Buffer.from(JSON.stringify({ ...rest, ...counts }));
  const head = parseHead(json);
  const bytes = Buffer.allocUnsafe(frameBytes(json.length, head));
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(json.length, 4);
  let at = PREFIX + json.copy(bytes, PREFIX);
  for (const values of [samples, healthyFrame ?? new Float32Array(0)]) {
    at += Buffer.from(values.buffer, values.byteOffset, values.byteLength).copy(bytes, at);
  }
  digestOf(bytes.subarray(0, at)).copy(bytes, at);
  return bytes;
}

/** @param start the first bytes of the file, at least up to the end of the head
 *  @param size of the whole file
 *  @throws EdgeError DATA_INVALID */
export function decodeHead(start: Buffer, size: number): StoredHead {
  if (start.length < PREFIX || start.readUInt32LE(0) !== MAGIC)
    throw invalid("it does not begin like a frame");
  const length = start.readUInt32LE(4);
  if (length > MOST_HEAD_BYTES || start.length < PREFIX + length) throw invalid("its head is cut short");
  const head = parseHead(start.subarray(PREFIX, PREFIX + length));
  const expected = frameBytes(length, head);
  if (size !== expected) throw invalid(`it has ${size} bytes instead of ${expected}`);
  return head;
}

/** @throws EdgeError DATA_INVALID also when a single bit is not as it was written */
export function decodeFrame(bytes: Buffer): FieldFrame {
  const { samples, healthyFrame, ...head } = decodeHead(bytes, bytes.length);
  const end = bytes.length - DIGEST;
  if (!digestOf(bytes.subarray(0, end)).equals(bytes.subarray(end)))
    throw invalid("its digest is another one");
  const at = end - 4 * (samples + healthyFrame);
  return {
    ...head,
    samples: floats(bytes, at, samples),
    ...(healthyFrame > 0 && { healthyFrame: floats(bytes, at + 4 * samples, healthyFrame) }),
  };
}

function parseHead(json: Buffer): StoredHead {
  try {
    return headSchema.parse(JSON.parse(json.toString()));
  } catch (cause) {
    throw invalid("its head cannot be read", cause);
  }
}

const frameBytes = (head: number, counts: Pick<StoredHead, "healthyFrame" | "samples">): number =>
  PREFIX + head + 4 * (counts.samples + counts.healthyFrame) + DIGEST;

const digestOf = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

/** A copy: the place in the file is not aligned. */
const floats = (bytes: Buffer, at: number, count: number): Float32Array =>
  new Float32Array(new Uint8Array(bytes.subarray(at, at + 4 * count)).buffer);

const invalid = (why: string, cause?: unknown): EdgeError =>
  new EdgeError("DATA_INVALID", `this is no frame of this product: ${why}`, { cause });
