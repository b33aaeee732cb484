import { statusName } from "../../wire/opcua-status.ts";

export type FieldScalar = number | boolean | string;
export type FieldValue = FieldScalar | readonly FieldScalar[];

/** What came of one address in one round. */
export interface FieldRow {
  /** Null where there is no value, and `status` says why. */
  readonly value: FieldValue | null;
  /** OPC UA status code. */
  readonly status: number;
  /** For a technician: why there is no value. */
  readonly why?: string;
  /** Microseconds since 1970, where the protocol carries the device's own time. */
  readonly sourceTimeUs?: number;
}

/** Reads a list of addresses from one device, over whatever protocol. */
export interface FieldReader {
  readonly protocol: "s7" | "modbus-tcp" | "opcua";
  /** Limits learnt on the device, to be remembered. */
  readonly limits: Readonly<Record<string, number>>;
  /** A row an address, in their order.
   *  @throws FingerError where the device answers none of them: the connection may be lost then */
  read(signal: AbortSignal): Promise<readonly FieldRow[]>;
  close(): Promise<void>;
}

/** OPC 10000-6, A.2. */
export const STATUS = {
  Good: 0,
  BadCommunicationError: 0x80050000,
  BadTimeout: 0x800a0000,
  BadUserAccessDenied: 0x801f0000,
  BadNodeIdUnknown: 0x80340000,
  BadDataEncodingInvalid: 0x80380000,
  BadOutOfRange: 0x803c0000,
  BadTypeMismatch: 0x80740000,
  BadConfigurationError: 0x80890000,
  BadNotConnected: 0x808a0000,
  BadDeviceFailure: 0x808b0000,
  BadOutOfService: 0x808d0000,
} as const;

const NAMES = new Map<number, string>(Object.entries(STATUS).map(([name, code]) => [code, name]));

/** "BadTimeout", whoever said so. */
export const nameOfStatus = (code: number): string => NAMES.get(code) ?? statusName(code);

export const badRow = (status: number, why: string): FieldRow => ({ value: null, status, why });

/** A row with the value that was decoded: NaN, the infinities and bytes that are no value of their type are none. */
export function rowOf(value: FieldValue | undefined): FieldRow {
  if (value === undefined)
    return badRow(STATUS.BadDataEncodingInvalid, "the bytes there are no value of this type");
  const all = typeof value === "object" ? value : [value];
  const isUsable = all.every((one) => typeof one !== "number" || Number.isFinite(one));
  return isUsable
    ? { value, status: STATUS.Good }
    : badRow(STATUS.BadOutOfRange, "the number there is no number (NaN) or infinite");
}
