import fc from "fast-check";
import type { S7Address } from "../../s7/address.ts";
import { S7_TYPE_BYTES, type S7Type } from "../../s7/types.ts";
import { MODBUS_TABLES } from "../../wire/modbus-pdu.ts";
import type { TunnelArea } from "../areas.ts";

/** Areas that pass tunnelAreas: those of one kind lie one behind the other, with or without a gap. */
export const layouts: fc.Arbitrary<readonly TunnelArea[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...MODBUS_TABLES),
      db: fc.integer({ min: 1, max: 3 }),
      gap: fc.nat(3),
      length: fc.integer({ min: 1, max: 600 }),
      byteBase: fc.nat(400),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => {
    const next = new Map<string, number>();
    return parts.map(({ kind, db, gap, length, byteBase }) => {
      const startRegister = (next.get(kind) ?? 0) + gap;
      next.set(kind, startRegister + length);
      return { kind, db, startRegister, endRegister: startRegister + length - 1, byteBase };
    });
  });

export const blockAddresses: fc.Arbitrary<S7Address> = fc
  .record({
    db: fc.integer({ min: 1, max: 4 }),
    start: fc.nat(1700),
    bit: fc.nat(7),
    type: fc.constantFrom(...(Object.keys(S7_TYPE_BYTES) as S7Type[])),
    isArray: fc.boolean(),
    count: fc.integer({ min: 1, max: 60 }),
    characters: fc.integer({ min: 1, max: 254 }),
  })
  .map(({ db, start, bit, type, isArray, count, characters }): S7Address => {
    const many = isArray ? count : 1;
    const elementBytes =
      type === "STRING" ? characters + 2 : type === "WSTRING" ? 2 * characters + 4 : S7_TYPE_BYTES[type];
    const place = { area: "DB", db, start, type, isArray, count: many, elementBytes } as const;
    if (type !== "BOOL") return { ...place, bit: 0, byteLength: elementBytes * many };
    return { ...place, bit, byteLength: Math.ceil((bit + many) / 8) };
  });
