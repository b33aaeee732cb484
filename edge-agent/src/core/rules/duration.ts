const UNIT_US: Readonly<Record<string, number>> = { ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 };
const PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|[smhd])/g;

/** Microseconds of a duration as people write it: "90s", "5m", "1h30m", "250ms".
 *  @returns undefined where it is none */
export function parseDuration(text: string): number | undefined {
  if (!PATTERN.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(PART)) sum += Number(amount) * (UNIT_US[unit ?? ""] ?? 0);
  return Number.isFinite(sum) ? Math.round(sum) : undefined;
}

/** The shortest way to write it: 5400000000 is "1h30m". */
export function durationText(us: number): string {
  let rest = Math.round(us / 1e3);
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = (UNIT_US[unit] ?? 0) / 1e3;
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text === "" ? "0s" : text;
}
