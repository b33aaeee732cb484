import type { Value } from "../../../core/reading.ts";
import type { Payload_Metric } from "./sparkplug-b-pb.ts";

/** Sparkplug 3.0, 6.4.16, those that this product sends. */
export const DataType = {
  Int32: 3,
  Int64: 4,
  Double: 10,
  Boolean: 11,
  String: 12,
  DoubleArray: 31,
  BooleanArray: 32,
  StringArray: 33,
} as const;

/** What a metric can be that carries readings. */
export type PointType = "Double" | "Boolean" | "String" | "DoubleArray" | "BooleanArray" | "StringArray";

/** The type that holds a value; undefined for null, which every type has. */
export function typeOf(value: Value): PointType | undefined {
  if (value === null) return undefined;
  if (typeof value === "number") return "Double";
  if (typeof value === "boolean") return "Boolean";
  if (typeof value === "string") return "String";
  if (value.every((item) => typeof item === "number")) return "DoubleArray";
  return value.every((item) => typeof item === "boolean") ? "BooleanArray" : "StringArray";
}

/** One for both: a metric of two types holds texts. */
export function widen(known: PointType | undefined, seen: PointType | undefined): PointType | undefined {
  if (known === undefined || seen === undefined || known === seen) return known ?? seen;
  return "String";
}

type MetricValue = Payload_Metric["value"];

/** A value as a metric of this type carries it; undefined where it is null. */
export function metricValue(type: PointType, value: Value): MetricValue | undefined {
  if (value === null) return undefined;
  if (type === "String") {
    return { case: "stringValue", value: typeof value === "object" ? JSON.stringify(value) : String(value) };
  }
  if (typeof value === "object") return { case: "bytesValue", value: packArray(type, value) };
  if (type === "Boolean") return { case: "booleanValue", value: value === true };
  return { case: "doubleValue", value: Number(value) };
}

function packArray(type: PointType, items: readonly (number | boolean | string)[]): Uint8Array<ArrayBuffer> {
  if (type === "DoubleArray") return packDoubles(items.map(Number));
  return type === "BooleanArray" ? packBooleans(items.map(Boolean)) : packStrings(items.map(String));
}

/** 8 bytes each, little endian. */
function packDoubles(items: readonly number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(items.length * 8));
  for (const [i, item] of items.entries()) view.setFloat64(i * 8, item, true);
  return new Uint8Array(view.buffer);
}

/** Their count in 4 bytes, little endian; then 8 in a byte, the first in the highest bit. */
function packBooleans(items: readonly boolean[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + Math.ceil(items.length / 8));
  new DataView(bytes.buffer).setUint32(0, items.length, true);
  for (const [i, item] of items.entries()) {
    const at = 4 + (i >> 3);
    if (item) bytes[at] = (bytes[at] ?? 0) | (0x80 >> (i & 7));
  }
  return bytes;
}

/** UTF-8, a NUL after each; one within a text would cut it in two and becomes a space. */
function packStrings(items: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(items.map((item) => `${item.replaceAll("\0", " ")}\0`).join(""));
}
