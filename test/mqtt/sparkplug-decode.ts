/** Sparkplug payloads read by hand from the bytes, knowing nothing of the product's code: protobuf's wire format
 *  (protobuf.dev/programming-guides/encoding) and the field numbers of Sparkplug 3.0, 6.4.1. */

export interface Metric {
  readonly name?: string;
  readonly alias?: number;
  readonly timestamp?: number;
  readonly datatype?: number;
  readonly isHistorical?: boolean;
  readonly isNull?: boolean;
  readonly properties: Readonly<Record<string, { readonly type: number; readonly value: unknown }>>;
  /** The field that holds it (10: int ... 16: bytes), and what it holds. */
  readonly field?: number;
  readonly value?: unknown;
}

export interface Payload {
  readonly timestamp?: number;
  readonly seq?: number;
  readonly uuid?: string;
  readonly metrics: readonly Metric[];
}

type Field = readonly [number: number, value: bigint | Uint8Array];

/** @throws RangeError on bytes that are no message */
function fields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new RangeError(`${length} bytes at ${at} of ${bytes.length}`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const wire = key & 7;
    if (wire === 0) found.push([key >> 3, varint()]);
    else if (wire === 1) found.push([key >> 3, take(8)]);
    else if (wire === 2) found.push([key >> 3, take(Number(varint()))]);
    else if (wire === 5) found.push([key >> 3, take(4)]);
    else throw new RangeError(`wire type ${wire} at ${at}`);
  }
  return found;
}

const text = (value: bigint | Uint8Array): string => Buffer.from(value as Uint8Array).toString("utf8");
const double = (value: bigint | Uint8Array): number => Buffer.from(value as Uint8Array).readDoubleLE();
const float = (value: bigint | Uint8Array): number => Buffer.from(value as Uint8Array).readFloatLE();

export function decodeSparkplug(bytes: Uint8Array): Payload {
  const payload: { -readonly [K in keyof Payload]: Payload[K] } = { metrics: [] };
  const metrics: Metric[] = [];
  for (const [number, value] of fields(bytes)) {
    if (number === 1) payload.timestamp = Number(value);
    else if (number === 2) metrics.push(decodeMetric(value as Uint8Array));
    else if (number === 3) payload.seq = Number(value);
    else if (number === 4) payload.uuid = text(value);
  }
  return { ...payload, metrics };
}

function decodeMetric(bytes: Uint8Array): Metric {
  const metric: { -readonly [K in keyof Metric]: Metric[K] } = { properties: {} };
  for (const [number, value] of fields(bytes)) {
    if (number === 1) metric.name = text(value);
    else if (number === 2) metric.alias = Number(value);
    else if (number === 3) metric.timestamp = Number(value);
    else if (number === 4) metric.datatype = Number(value);
    else if (number === 5) metric.isHistorical = value === 1n;
    else if (number === 7) metric.isNull = value === 1n;
    else if (number === 9) metric.properties = decodeProperties(value as Uint8Array);
    else if (number >= 10) Object.assign(metric, { field: number, value: decodeValue(number, value) });
  }
  return metric;
}

function decodeValue(field: number, value: bigint | Uint8Array): unknown {
  switch (field) {
    case 10:
    case 11:
      return Number(value);
    case 12:
      return float(value);
    case 13:
      return double(value);
    case 14:
      return value === 1n;
    case 15:
      return text(value);
    default:
      return value;
  }
}

function decodeProperties(bytes: Uint8Array): Metric["properties"] {
  const keys: string[] = [];
  const values: { type: number; value: unknown }[] = [];
  for (const [number, value] of fields(bytes)) {
    if (number === 1) keys.push(text(value));
    else if (number === 2) values.push(decodeProperty(value as Uint8Array));
  }
  if (keys.length !== values.length) throw new RangeError("a property set needs as many keys as values");
  return Object.fromEntries(keys.map((key, i) => [key, values[i] ?? { type: -1, value: undefined }]));
}

function decodeProperty(bytes: Uint8Array): { type: number; value: unknown } {
  const property: { type: number; value: unknown } = { type: -1, value: undefined };
  for (const [number, value] of fields(bytes)) {
    if (number === 1) property.type = Number(value);
    // The same kinds as of a metric, seven numbers lower.
    else if (number >= 3) property.value = decodeValue(number + 7, value);
  }
  return property;
}
