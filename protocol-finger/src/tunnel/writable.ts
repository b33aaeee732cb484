import { FingerError } from "../finger-error.ts";
import { parseS7Address } from "../s7/address.ts";
import { isBitTable } from "../wire/modbus-pdu.ts";
import type { TunnelArea } from "./areas.ts";
import { type Mapped, mapPlace, placeOf, type S7Place } from "./mapping.ts";

/** One place that may be written. */
export interface Writable {
  readonly text: string;
  readonly place: S7Place;
  /** Whole registers, or bits. */
  readonly span: Mapped;
}

/** The places that `addresses` allow to be written, exactly as long as they are.
 *  @throws FingerError ADDRESS_INVALID with every address that cannot be, and why */
export function writablesOf(addresses: readonly string[], areas: readonly TunnelArea[]): readonly Writable[] {
  const problems: string[] = [];
  const writables: Writable[] = [];
  for (const text of addresses) {
    const found = writableOf(text, areas);
    if (typeof found === "string") problems.push(`"${text}" cannot be written: ${found}`);
    else writables.push(found);
  }
  if (problems.length > 0) throw new FingerError("ADDRESS_INVALID", problems.join("\n"));
  return writables;
}

function writableOf(text: string, areas: readonly TunnelArea[]): Writable | string {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) return `character ${parsed.problem.at + 1}: ${parsed.problem.message}`;
  const place = placeOf(parsed.address);
  const writableAreas = areas.filter(({ kind }) => kind === "holding" || kind === "coil");
  if (writableAreas.length === 0) return "there is no area of kind holding or coil";
  const span = mapPlace(place, writableAreas);
  if ("problem" in span) return span.problem;
  const isWhole = span.skip === 0 && place.byteLength % 2 === 0 && place.bits === undefined;
  if (isBitTable(span.table) || isWhole) return { text, place, span };
  return "it is part of a register, and the rest of the register would be written with it: give the whole word";
}

/** Where exactly `place` is allowed to be written; undefined where it is not. */
export const allowedBy = (writables: readonly Writable[], place: S7Place): Writable | undefined =>
  writables.find(
    ({ place: allowed }) =>
      allowed.area === place.area &&
      allowed.db === place.db &&
      allowed.start === place.start &&
      allowed.byteLength === place.byteLength &&
      allowed.bit === place.bit &&
      allowed.bits === place.bits,
  );
