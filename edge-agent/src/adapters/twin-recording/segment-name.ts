/** A segment is a file of some minutes; its name tells what is in it, so that no file is opened to find one:
 *  "1700000000000-1700000600000-00c0ffee.twin", or "1700000000000-open-00c0ffee.twin" while it is being written. */
export interface SegmentName {
  /** Time of its first message; in file names whole milliseconds. */
  readonly fromMs: number;
  /** Time of its last message; undefined while it is open. */
  readonly toMs: number | undefined;
  readonly layoutHash: number;
}

const PATTERN = /^(\d{13,15})-(\d{13,15}|open)-([0-9a-f]{8})\.twin$/;
const DIGITS = 13;

export function segmentFile({ fromMs, toMs, layoutHash }: SegmentName): string {
  const to = toMs === undefined ? "open" : timeText(toMs);
  return `${timeText(fromMs)}-${to}-${layoutHash.toString(16).padStart(8, "0")}.twin`;
}

const timeText = (ms: number): string => String(Math.floor(ms)).padStart(DIGITS, "0");

/** Undefined for what is none. */
export function parseSegmentFile(file: string): SegmentName | undefined {
  const [, from, to, hash] = PATTERN.exec(file) ?? [];
  if (from === undefined || to === undefined || hash === undefined) return undefined;
  return {
    fromMs: Number(from),
    toMs: to === "open" ? undefined : Number(to),
    layoutHash: Number.parseInt(hash, 16),
  };
}
