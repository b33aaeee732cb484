/** `digits` decimal digits, the most significant first, four bits each; NaN where one is above 9. */
export function bcdDigits(bits: number, digits: number): number {
  let value = 0;
  for (let shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    const digit = (bits >>> shift) & 0xf;
    if (digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** BCD16 and BCD32: a sign (0000 plus, 1111 minus) and then `digits` digits; undefined where they are none.
 *  Other sign patterns are refused: an unsigned four-digit number must not lose its first digit. */
export function signedBcd(bits: number, digits: number): number | undefined {
  const sign = (bits >>> (4 * digits)) & 0xf;
  const value = bcdDigits(bits, digits);
  if (Number.isNaN(value) || (sign !== 0 && sign !== 0xf)) return undefined;
  return sign === 0 || value === 0 ? value : -value;
}

// STEP 7 help, "Format of the data type S5TIME": bits 12 and 13 choose the base, then three BCD digits.
const S5TIME_BASES_MS = [10, 100, 1000, 10_000] as const;

/** S5TIME (also what a timer holds) in milliseconds; undefined where the digits are none. */
export function s5TimeMs(word: number): number | undefined {
  const base = S5TIME_BASES_MS[((word >>> 12) & 3) as 0 | 1 | 2 | 3];
  const count = bcdDigits(word, 3);
  return Number.isNaN(count) ? undefined : count * base;
}

/** What a counter holds: three BCD digits (STEP 7 help, "Counters": the count is bits 0 to 11). */
export function counterValue(word: number): number | undefined {
  const count = bcdDigits(word, 3);
  return Number.isNaN(count) ? undefined : count;
}
