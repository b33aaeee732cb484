import fc from "fast-check";
import { expect } from "vitest";
import { WireError } from "../wire/wire-error.ts";

/** Bytes from hex; blanks are for the reader. */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** Each beginning of a valid PDU is refused as malformed, at an offset within what is there. */
export function refusesEveryPrefix(pdu: Buffer, decode: (bytes: Buffer) => unknown, from = 0): void {
  decode(pdu);
  for (let length = from; length < pdu.length; length += 1) {
    const cut = pdu.subarray(0, length);
    expect(() => decode(cut), `${length} of ${pdu.length} bytes`).toThrow(WireError);
  }
}

/** Random bytes, and valid PDUs with some bytes changed, are decoded or refused: nothing else happens. */
export function survivesAnything(decode: (bytes: Buffer) => unknown, valid: readonly Buffer[]): void {
  const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const changed = fc
    .tuple(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    )
    .map(([pdu, changes]) => {
      const copy = Buffer.from(pdu);
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(anyBytes, changed), (bytes) => {
      try {
        decode(bytes);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 1000 },
  );
}
