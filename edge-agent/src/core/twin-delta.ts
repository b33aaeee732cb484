import { unreachable } from "./errors.ts";

/** The twin feed's binary messages, little-endian.
 *
 *  | byte | header, 24 bytes                                                          |
 *  | ---- | ------------------------------------------------------------------------- |
 *  | 0    | u8 kind: 1 snapshot, 2 delta, 3 heartbeat, 4 values of watched points      |
 *  | 1    | u8 version of this layout of bytes: 1                                     |
 *  | 2    | u16 epoch: another one after each change of the plant or start of the agent |
 *  | 4    | u32 sequence: each message of a connection has the next                   |
 *  | 8    | f64 ms since 1970 by the agent's clock                                    |
 *  | 16   | u32 count                                                                 |
 *  | 20   | u32 hash: of the layout (snapshot, delta, watched), of the state plane (heartbeat) |
 *
 *  Columns follow, widest first so that each is aligned: snapshot u16 value[], u8 state[]; delta u32 point[], u16 value[],
 *  u8 state[]; watched u32 point[], f32 value[]; heartbeat none. Values are quantised to the range of the point's kind:
 *  0..65534 from low to high, 65535 none. */
export type TwinMessage = TwinDelta | TwinHeartbeat | TwinSnapshot | TwinWatched;

interface TwinHead {
  readonly epoch: number;
  readonly sequence: number;
  readonly timeMs: number;
}

export interface TwinSnapshot extends TwinHead {
  readonly kind: "snapshot";
  readonly layoutHash: number;
  /** [points] */
  readonly value: Uint16Array;
  readonly state: Uint8Array;
}

export interface TwinDelta extends TwinHead {
  readonly kind: "delta";
  readonly layoutHash: number;
  /** Columns of equal length: which point, its quantised value, its state. */
  readonly point: Uint32Array;
  readonly value: Uint16Array;
  readonly state: Uint8Array;
}

export interface TwinHeartbeat extends TwinHead {
  readonly kind: "heartbeat";
  /** Of the sender's whole plane of states; see planeHash. */
  readonly planeHash: number;
}

/** Full values of the points that a screen watches. */
export interface TwinWatched extends TwinHead {
  readonly kind: "watched";
  readonly layoutHash: number;
  readonly point: Uint32Array;
  /** NaN where there is none. */
  readonly value: Float32Array;
}

export const TWIN_HEADER_BYTES = 24;
export const NO_VALUE = 65_535;
const STEPS = 65_534;
const VERSION = 1;
const KINDS = ["snapshot", "delta", "heartbeat", "watched"] as const;

export const quantise = (value: number, low: number, high: number): number =>
  Number.isFinite(value)
    ? Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * STEPS)
    : NO_VALUE;

/** NaN where there is none. */
export const dequantise = (step: number, low: number, high: number): number =>
  step === NO_VALUE ? Number.NaN : low + (step / STEPS) * (high - low);

/** Bytes of a message. */
export function encodeTwin(message: TwinMessage): Uint8Array<ArrayBuffer> {
  const count = countOf(message);
  const bytes = new Uint8Array(TWIN_HEADER_BYTES + columnBytes(message.kind, count));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, KINDS.indexOf(message.kind) + 1);
  view.setUint8(1, VERSION);
  view.setUint16(2, message.epoch, true);
  view.setUint32(4, message.sequence, true);
  view.setFloat64(8, message.timeMs, true);
  view.setUint32(16, count, true);
  view.setUint32(20, message.kind === "heartbeat" ? message.planeHash : message.layoutHash, true);
  let at = TWIN_HEADER_BYTES;
  const put = (column: Float32Array | Uint8Array | Uint16Array | Uint32Array): void => {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  };
  if (message.kind === "delta" || message.kind === "watched") put(message.point);
  if (message.kind !== "heartbeat") put(message.value);
  if (message.kind === "delta" || message.kind === "snapshot") put(message.state);
  return bytes;
}

/** A message from its bytes; its columns are views of them.
 *  @throws RangeError naming what is wrong with them and where */
export function decodeTwin(bytes: ArrayBuffer): TwinMessage {
  if (bytes.byteLength < TWIN_HEADER_BYTES)
    throw new RangeError(`a twin message has ${TWIN_HEADER_BYTES} bytes at least, not ${bytes.byteLength}`);
  const view = new DataView(bytes);
  const kind = KINDS[view.getUint8(0) - 1];
  if (kind === undefined) throw new RangeError(`byte 0: kind ${view.getUint8(0)} is not known`);
  if (view.getUint8(1) !== VERSION)
    throw new RangeError(`byte 1: version ${view.getUint8(1)}, known is ${VERSION}; reload the page`);
  const count = view.getUint32(16, true);
  const expected = TWIN_HEADER_BYTES + columnBytes(kind, count);
  if (bytes.byteLength !== expected)
    throw new RangeError(`a ${kind} of ${count} points has ${expected} bytes, not ${bytes.byteLength}`);
  const head = {
    epoch: view.getUint16(2, true),
    sequence: view.getUint32(4, true),
    timeMs: view.getFloat64(8, true),
  };
  const hash = view.getUint32(20, true);
  const at = TWIN_HEADER_BYTES;
  switch (kind) {
    case "heartbeat":
      return { kind, ...head, planeHash: hash };
    case "snapshot":
      return {
        kind,
        ...head,
        layoutHash: hash,
        value: new Uint16Array(bytes, at, count),
        state: new Uint8Array(bytes, at + 2 * count, count),
      };
    case "delta":
      return {
        kind,
        ...head,
        layoutHash: hash,
        point: new Uint32Array(bytes, at, count),
        value: new Uint16Array(bytes, at + 4 * count, count),
        state: new Uint8Array(bytes, at + 6 * count, count),
      };
    case "watched":
      return {
        kind,
        ...head,
        layoutHash: hash,
        point: new Uint32Array(bytes, at, count),
        value: new Float32Array(bytes, at + 4 * count, count),
      };
    default:
      return unreachable(kind);
  }
}

function countOf(message: TwinMessage): number {
  switch (message.kind) {
    case "snapshot":
      return message.state.length;
    case "delta":
    case "watched":
      return message.point.length;
    case "heartbeat":
      return 0;
    default:
      return unreachable(message);
  }
}

const BYTES_A_POINT = { snapshot: 3, delta: 7, heartbeat: 0, watched: 8 } as const;
const columnBytes = (kind: TwinMessage["kind"], count: number): number => BYTES_A_POINT[kind] * count;

/** What a screen tells the agent over the twin feed, as JSON text. */
export type TwinRequest =
  /** First of all: what it knows. The answer is a snapshot. */
  | { readonly kind: "hello"; readonly layoutHash: number; readonly mostHz: number }
  /** It missed something: the answer is a snapshot. */
  | { readonly kind: "resync"; readonly why: string }
  /** A hidden tab asks for 1, a slow machine for 5. */
  | { readonly kind: "rate"; readonly mostHz: number }
  /** Points whose full values it wants; replaces those before. */
  | { readonly kind: "watch"; readonly points: readonly number[] };
