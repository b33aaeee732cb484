import { type FieldReader, type FieldRow, type FieldValue, nameOfStatus } from "./field-reader.ts";

/** The normalised form of one value, the same as Stethos' agent writes. */
export interface Reading {
  readonly tag: string;
  readonly value: FieldValue | null;
  readonly unit: string;
  readonly quality: "good" | "uncertain" | "bad";
  readonly statusCode: number;
  readonly status: string;
  readonly sourceTime: string;
  readonly agentTime: string;
  readonly sequence: number;
  readonly device: string;
  readonly protocol: FieldReader["protocol"];
  readonly address: string;
}

export interface ReadingOrigin {
  readonly host: string;
  readonly protocol: FieldReader["protocol"];
  readonly address: string;
  readonly sequence: number;
  readonly nowUs: number;
}

// UCUM: no unit. An address tells of none.
const NO_UNIT = "1";

export function readingOf(
  row: FieldRow,
  { host, protocol, address, sequence, nowUs }: ReadingOrigin,
): Reading {
  return {
    tag: `${host}/${address}`,
    value: row.value,
    unit: NO_UNIT,
    quality: qualityOf(row.status),
    statusCode: row.status,
    status: nameOfStatus(row.status),
    sourceTime: rfc3339(row.sourceTimeUs ?? nowUs),
    agentTime: rfc3339(nowUs),
    sequence,
    device: host,
    protocol,
    address,
  };
}

/** The two top bits of an OPC UA status code (OPC 10000-4, 7.39). */
function qualityOf(status: number): Reading["quality"] {
  const severity = status >>> 30;
  if (severity === 0) return "good";
  return severity === 1 ? "uncertain" : "bad";
}

/** In UTC with six decimals. */
function rfc3339(timeUs: number): string {
  const ms = Math.floor(timeUs / 1000);
  const us = Math.round(timeUs) - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us).padStart(3, "0")}Z`;
}
