import { openOpcuaReader } from "../../clients/opcua-reader.ts";
import type { Clock } from "../../clock/clock.ts";
import type { OpcuaProfile } from "../../profile-types.ts";
import type { UaDataValue, UaValue } from "../../wire/opcua-value.ts";
import {
  badRow,
  type FieldReader,
  type FieldRow,
  type FieldScalar,
  type FieldValue,
  nameOfStatus,
  STATUS,
} from "./field-reader.ts";

/** @throws FingerError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT */
export async function openOpcuaFieldReader(
  profile: OpcuaProfile,
  nodeIds: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<FieldReader> {
  const reader = await openOpcuaReader(profile, { clock }, signal);
  return {
    protocol: "opcua",
    limits: {},
    async read(stop) {
      const rows: FieldRow[] = [];
      for (let at = 0; at < nodeIds.length; at += profile.maxNodesPerCall) {
        const some = await reader.read(nodeIds.slice(at, at + profile.maxNodesPerCall), stop);
        rows.push(...some.map(rowOf));
      }
      return rows;
    },
    close: () => reader.close(),
  };
}

function rowOf({ value, status, sourceTimeUs }: UaDataValue): FieldRow {
  const time = sourceTimeUs === undefined ? {} : { sourceTimeUs };
  const isBad = status >>> 31 === 1;
  if (isBad) return { ...badRow(status, `the server says ${nameOfStatus(status)}`), ...time };
  const plain = plainValue(value);
  if (plain !== null) return { value: plain, status, ...time };
  return { ...badRow(STATUS.BadTypeMismatch, "a structure, or nothing at all, is no reading"), ...time };
}

/** Arrays of arrays (matrices) in one row: a reading has no other form for them. */
function plainValue(value: UaValue): FieldValue | null {
  if (value === null || typeof value !== "object") return value;
  const scalars = value.flatMap(scalarsOf);
  return scalars.some((one) => one === null)
    ? null
    : scalars.filter((one): one is FieldScalar => one !== null);
}

const scalarsOf = (value: UaValue): (FieldScalar | null)[] =>
  value !== null && typeof value === "object" ? value.flatMap(scalarsOf) : [value];
