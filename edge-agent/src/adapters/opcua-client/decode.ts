import { isUsable, StatusCode } from "../../core/quality.ts";
import type { RawColumns, Scalar, Value } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";

/** What this adapter reads of node-opcua's Variant; what stands inside came from a peer. */
interface PeerVariant {
  readonly dataType: number;
  readonly arrayType: number;
  readonly value: unknown;
}

/** What this adapter reads of node-opcua's DataValue. */
export interface PeerValue {
  readonly value?: PeerVariant | null;
  readonly statusCode: { readonly value: number };
  readonly sourceTimestamp?: Date | null;
  readonly sourcePicoseconds?: number;
  readonly serverTimestamp?: Date | null;
  readonly serverPicoseconds?: number;
}

/** Numbers of the built-in types (OPC 10000-6, 5.1.2). */
export const BuiltIn = {
  Null: 0,
  Boolean: 1,
  SByte: 2,
  Byte: 3,
  Int16: 4,
  UInt16: 5,
  Int32: 6,
  UInt32: 7,
  Int64: 8,
  UInt64: 9,
  Float: 10,
  Double: 11,
  String: 12,
  DateTime: 13,
  Guid: 14,
  ByteString: 15,
  XmlElement: 16,
  NodeId: 17,
  ExpandedNodeId: 18,
  StatusCode: 19,
  QualifiedName: 20,
  LocalizedText: 21,
} as const;

const SCALAR = 0;
// A server that does not know the time says 1601-01-01 (OPC 10000-6, 5.2.2.5).
const NO_TIME_MS = Date.UTC(1601, 0, 2);
// Where microseconds since 1970 stop being exact (core/time.ts).
const LAST_TIME_MS = 8.64e12;
const LAST_YEAR_MS = Date.UTC(10_000, 0, 1);

/** Writes a value into row `row`: number, boolean, text or array, status as the server gave it, source time.
 *
 *  Where status says the value is bad there is none; a number that is none makes status BadOutOfRange, a type that
 *  has no place in a reading BadTypeMismatch. */
export function decodeInto(rows: RawColumns, row: number, got: PeerValue, nowUs: TimeUs): void {
  const status = got.statusCode.value >>> 0;
  rows.status[row] = status;
  rows.sourceTimeUs[row] =
    timeUs(got.sourceTimestamp, got.sourcePicoseconds) ??
    timeUs(got.serverTimestamp, got.serverPicoseconds) ??
    nowUs;
  const variant = got.value;
  if (!variant || !isUsable(status)) return;
  // The road of nearly all values.
  if (typeof variant.value === "number" && Number.isFinite(variant.value)) {
    rows.value[row] = variant.value;
    return;
  }
  const value = decodeVariant(variant);
  if (value === "unfit") rows.status[row] = StatusCode.BadTypeMismatch;
  else if (value === "no-number") rows.status[row] = StatusCode.BadOutOfRange;
  else if (value !== null) put(rows, row, value.is);
}

function put(rows: RawColumns, row: number, value: Exclude<Value, null>): void {
  if (typeof value === "number") {
    rows.value[row] = value;
    return;
  }
  if (typeof value === "boolean") rows.value[row] = value ? 1 : 0;
  rows.other.set(row, value);
}

/** "unfit": a type that has no form in a reading; "no-number": NaN or infinite. */
type Decoded<T> = { readonly is: T } | null | "unfit" | "no-number";

function decodeVariant(variant: PeerVariant): Decoded<Exclude<Value, null>> {
  if (variant.arrayType === SCALAR) return decodeScalar(variant.dataType, variant.value);
  const items: readonly unknown[] | undefined = arrayOf(variant.value);
  if (items === undefined) return variant.value === null || variant.value === undefined ? null : "unfit";
  const values: Scalar[] = [];
  for (const item of items) {
    const value = decodeScalar(variant.dataType, item);
    if (value === "unfit" || value === "no-number") return value;
    // A text that is null and one that is empty are the same to a reader; other types have no null.
    values.push(value === null ? "" : value.is);
  }
  return { is: values };
}

function arrayOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as Float64Array)
    : undefined;
}

function decodeScalar(type: number, value: unknown): Decoded<Scalar> {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return Number.isFinite(value) ? { is: value } : "no-number";
  if (typeof value === "boolean") return { is: value };
  switch (type) {
    case BuiltIn.Int64:
    case BuiltIn.UInt64:
      return wide(value, type === BuiltIn.Int64);
    case BuiltIn.String:
    case BuiltIn.Guid:
    case BuiltIn.XmlElement:
      return typeof value === "string" ? { is: value } : "unfit";
    case BuiltIn.DateTime:
      return dateText(value);
    case BuiltIn.ByteString:
      return value instanceof Uint8Array ? { is: Buffer.from(value).toString("base64") } : "unfit";
    case BuiltIn.NodeId:
    case BuiltIn.ExpandedNodeId:
      return { is: String(value) };
    case BuiltIn.StatusCode:
      return fieldOf(value, "value", "number");
    case BuiltIn.QualifiedName:
      return qualifiedName(value);
    case BuiltIn.LocalizedText:
      return fieldOf(value, "text", "string");
    default:
      return "unfit";
  }
}

/** node-opcua keeps 64-bit integers as [high, low]. Decimal text where a double would round. */
function wide(value: unknown, isSigned: boolean): Decoded<Scalar> {
  if (!Array.isArray(value)) return "unfit";
  const [high, low]: unknown[] = value;
  if (typeof high !== "number" || typeof low !== "number") return "unfit";
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const exact = isSigned ? BigInt.asIntN(64, bits) : bits;
  const near = Number(exact);
  return { is: Number.isSafeInteger(near) ? near : exact.toString() };
}

function dateText(value: unknown): Decoded<Scalar> {
  if (!(value instanceof Date)) return "unfit";
  // node-opcua hangs what a Date cannot hold on the Date.
  const picoseconds = "picoseconds" in value && typeof value.picoseconds === "number" ? value.picoseconds : 0;
  const ms = value.getTime();
  // Beyond the year 9999 RFC 3339 has no form; OPC UA's own last moment lies within.
  if (!(Math.abs(ms) < LAST_YEAR_MS)) return "no-number";
  const us = String(Math.floor(picoseconds / 1e6)).padStart(3, "0");
  return { is: `${value.toISOString().slice(0, -1)}${us}Z` };
}

function qualifiedName(value: unknown): Decoded<Scalar> {
  const name = fieldOf(value, "name", "string");
  if (name === null || typeof name === "string") return name;
  const index = fieldOf(value, "namespaceIndex", "number");
  return index !== null && typeof index !== "string" && index.is !== 0
    ? { is: `${index.is}:${name.is}` }
    : name;
}

function fieldOf(value: unknown, name: string, type: "number" | "string"): Decoded<Scalar> {
  if (typeof value !== "object" || value === null) return "unfit";
  const field: unknown = Reflect.get(value, name);
  if (field === null || field === undefined) return null;
  return typeof field === type ? { is: field as Scalar } : "unfit";
}

/** Undefined where the server gave no time. */
export function timeUs(date: Date | null | undefined, picoseconds: number | undefined): TimeUs | undefined {
  if (!date) return undefined;
  const ms = date.getTime();
  if (!(ms > NO_TIME_MS && ms < LAST_TIME_MS)) return undefined;
  return ms * 1000 + Math.floor((picoseconds ?? 0) / 1e6);
}
