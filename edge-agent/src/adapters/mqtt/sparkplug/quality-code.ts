import { qualityOf } from "../../../core/quality.ts";

/** Sparkplug 3.0, 6.4.8: there are these three. */
export const GOOD = 192;
const BAD = 0;
const STALE = 500;

export function qualityCode(status: number): number {
  const quality = qualityOf(status);
  if (quality === "good") return GOOD;
  // There is no "uncertain": a value that may be used with care is one that may be old.
  return quality === "uncertain" ? STALE : BAD;
}
