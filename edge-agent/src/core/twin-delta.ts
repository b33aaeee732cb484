import { unreachable } from "./errors.ts";

/** The twin feed's binary messages, little-endian: their columns are used in place, so both ends run on little-endian
 *  machines, as everything that runs Node or a browser today does.
 *
 *  | byte | header, 28 bytes                                                          |
 *  | ---- | ------------------------------------------------------------------------- |
 *  | 0    | u8 kind: 1 snapshot, 2 delta, 3 heartbeat, 4 values of watched points      |
 *  | 1    | u8 version of this layout of bytes: 2                                     |
 *  | 2    | u16 epoch: another one after each change of the plant or start of the agent |
 *  | 4    | u32 turn: a turn ends whenever changes are collected; this message tells all up to its end |
 *  | 8    | f64 ms since 1970 by the agent's clock                                    |
 *  | 16   | u32 count                                                                 |
 *  | 20   | u32 hash: of the layout (snapshot, delta, watched), of the state plane (heartbeat) |
 *  | 24   | u32 since: a delta tells what changed after this turn; 0 in the others    |
 *
 *  Columns follow, widest first so that each is aligned: snapshot u16 value[], u8 state[]; delta u32 point[], u16 value[],
 *  u8 state[]; watched u32 point[], f32 value[]; heartbeat none. Values are quantised to the range of the point's kind:
 *  0..65534 from low to high, 65535 none.
 *
 *  Turns belong to the agent and not to a connection, so one message serves all screens that are equally far; they count
 *  up as long as the agent runs. A screen that knows all up to turn `known` takes a delta with since <= known < turn; one
 *  with turn <= known tells it nothing new; one with since > known shows that something was missed: ask for a resync. A
 *  heartbeat whose turn is `known` carries the hash that the screen's own plane must have; a larger turn is a miss too. */
export type TwinMessage = TwinDelta | TwinHeartbeat | TwinSnapshot | TwinWatched;

interface TwinHead {
  readonly epoch: number;
  /** Everything up to the end of this turn is told. */
  readonly turn: number;
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
  /** It tells what changed after this turn. */
  readonly since: number;
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

export const TWIN_HEADER_BYTES = 28;
export const NO_VALUE = 65_535;
const STEPS = 65_534;
const VERSION = 2;
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
  switch (message.kind) {
    case "snapshot":
      return encoded(message, message.state.length, [message.value, message.state]);
    case "delta":
      return encoded(message, message.point.length, [message.point, message.value, message.state]);
    case "heartbeat":
      return encoded(message, 0, []);
    case "watched":
      return encoded(message, message.point.length, [message.point, message.value]);
    default:
      return unreachable(message);
  }
}

/** Bytes of a delta of some points, gathered from the planes of all of them. */
export function encodeTwinDelta(
  head: Omit<TwinDelta, "kind" | "point" | "state" | "value">,
  point: Uint32Array,
  { value: values, state: states }: Pick<TwinSnapshot, "state" | "value">,
): Uint8Array<ArrayBuffer> {
  const bytes = withHeader({ kind: "delta", ...head }, point.length);
  const { buffer } = bytes;
  const value = new Uint16Array(buffer, TWIN_HEADER_BYTES + 4 * point.length, point.length);
  const state = new Uint8Array(buffer, TWIN_HEADER_BYTES + 6 * point.length, point.length);
  new Uint32Array(buffer, TWIN_HEADER_BYTES, point.length).set(point);
  for (let i = 0; i < point.length; i += 1) {
    const p = point[i] ?? 0;
    value[i] = values[p] ?? NO_VALUE;
    state[i] = states[p] ?? 0;
  }
  return bytes;
}

type Column = Float32Array | Uint8Array | Uint16Array | Uint32Array;

function encoded(
  head: HeadOf<TwinMessage>,
  count: number,
  columns: readonly Column[],
): Uint8Array<ArrayBuffer> {
  const bytes = withHeader(head, count);
  let at = TWIN_HEADER_BYTES;
  for (const column of columns) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  return bytes;
}

type HeadOf<Message> = Message extends TwinMessage ? Omit<Message, "point" | "state" | "value"> : never;

function withHeader(head: HeadOf<TwinMessage>, count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(TWIN_HEADER_BYTES + columnBytes(head.kind, count));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, KINDS.indexOf(head.kind) + 1);
  view.setUint8(1, VERSION);
  view.setUint16(2, head.epoch, true);
  view.setUint32(4, head.turn, true);
  view.setFloat64(8, head.timeMs, true);
  view.setUint32(16, count, true);
  view.setUint32(20, head.kind === "heartbeat" ? head.planeHash : head.layoutHash, true);
  view.setUint32(24, head.kind === "delta" ? head.since : 0, true);
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
    turn: view.getUint32(4, true),
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
        since: view.getUint32(24, true),
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

const BYTES_A_POINT = { snapshot: 3, delta: 7, heartbeat: 0, watched: 8 } as const;
const columnBytes = (kind: TwinMessage["kind"], count: number): number => BYTES_A_POINT[kind] * count;

/** What a receiver that knows all up to the turn `known` of the message's epoch does with it: "take" it; "skip" it, as it
 *  tells nothing new; or ask for a resync, as something before it was "missed". */
export function placeOfTwin(message: TwinMessage, known: number): "missed" | "skip" | "take" {
  switch (message.kind) {
    case "snapshot":
    case "watched":
      return "take";
    case "delta":
      if (message.turn <= known) return "skip";
      return message.since <= known ? "take" : "missed";
    case "heartbeat":
      if (message.turn < known) return "skip";
      return message.turn === known ? "take" : "missed";
    default:
      return unreachable(message);
  }
}

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
