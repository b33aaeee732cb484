import { openS7 } from "../../clients/s7-client.ts";
import type { Clock } from "../../clock/clock.ts";
import type { S7Profile } from "../../profile-types.ts";
import type { S7Address } from "../../s7/address.ts";
import { s7Refusal } from "../../s7/refusal.ts";
import { decodeS7Value } from "../../s7/values.ts";
import { badRow, type FieldReader, type FieldRow, rowOf, STATUS } from "./field-reader.ts";

/** @throws FingerError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT */
export async function openS7Reader(
  { host, profile }: { readonly host: string; readonly profile: S7Profile },
  addresses: readonly S7Address[],
  clock: Clock,
  signal: AbortSignal,
): Promise<FieldReader> {
  const client = await openS7({ ...profile, host }, { clock }, signal);
  const ranges = addresses.map(({ area, db, start, byteLength }) => ({
    area,
    db,
    start,
    length: byteLength,
  }));
  return {
    protocol: "s7",
    limits: { pduSize: client.pduSize },
    async read(stop) {
      const results = await client.read(ranges, stop);
      return addresses.map((address, row): FieldRow => {
        const result = results[row];
        if (result === undefined) return badRow(STATUS.BadCommunicationError, "it was not answered");
        return "bytes" in result ? s7Row(address, result.bytes) : refusedRow(result.refusal);
      });
    },
    close: () => client.close(),
  };
}

/** @param bytes exactly those of the address */
export function s7Row(address: S7Address, bytes: Buffer): FieldRow {
  return rowOf(decodeS7Value(address, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0));
}

// Return codes of an item (Wireshark, packet-s7comm.c, item_return_valuenames).
const STATUSES: ReadonlyMap<number, number> = new Map([
  [0x03, STATUS.BadUserAccessDenied],
  [0x05, STATUS.BadNodeIdUnknown],
  [0x06, STATUS.BadTypeMismatch],
  [0x07, STATUS.BadTypeMismatch],
  [0x0a, STATUS.BadNodeIdUnknown],
]);

function refusedRow(code: number): FieldRow {
  const { reason, diagnosis } = s7Refusal(code);
  const usual = diagnosis === "S7_PROTECTED" ? STATUS.BadUserAccessDenied : STATUS.BadDeviceFailure;
  return badRow(STATUSES.get(code) ?? usual, reason);
}
