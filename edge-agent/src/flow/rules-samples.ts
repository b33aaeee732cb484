import type { TimeUs } from "../core/time.ts";
import type { Trend, TrendQuery } from "../ports/history.ts";

/** Where what was comes from. */
export interface ReplaySource {
  trend(of: "health" | "score" | "tag", id: string, query: TrendQuery, signal: AbortSignal): Promise<Trend>;
}

/** One series that a rehearsal plays. */
export interface Track {
  readonly of: "health" | "score" | "tag";
  readonly id: string;
  /** One value is expected in so much time. */
  readonly stepUs: number;
}

export interface Sample {
  readonly track: Track;
  readonly timeUs: TimeUs;
  readonly value: number;
  /** Where the bucket begins whose values could not be told apart; undefined for a value that was read. */
  readonly blurFromUs: TimeUs | undefined;
}

interface Span {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
}

interface Bucket extends Span {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** Buckets that one question may ask for (ports/history.ts). */
export const MOST_BUCKETS = 5000;
/** A bucket that holds several values is asked for again, cut in so many. */
const FINER = 16;
const SLICE = Math.floor(MOST_BUCKETS / FINER);

/** Everything that a history kept of some tracks, oldest first. A bucket as wide as a scan period holds one reading, or
 *  some that are equal: its value is exact, its time is to half a bucket. One that holds different values is asked for in
 *  finer parts; where even those hold different ones, their least stands for them, then their greatest, then their mean.
 *  @param span at most 5000 steps of each track */
export async function readSamples(
  tracks: readonly Track[],
  span: Span,
  source: ReplaySource,
  signal: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const track of tracks) {
    const ask = async (part: Span, count: number): Promise<Bucket[]> => {
      const query = { ...part, buckets: Math.max(1, Math.min(MOST_BUCKETS, count)) };
      return bucketsOf(query, await source.trend(track.of, track.id, query, signal));
    };
    const buckets = await ask(span, Math.ceil((span.toUs - span.fromUs) / track.stepUs));
    for (let at = 0; at < buckets.length; at += SLICE) {
      const slice = buckets.slice(at, at + SLICE);
      const fine = slice.some(isMixed) ? await ask(around(slice), slice.length * FINER) : slice;
      for (const bucket of fine) samples.push(...samplesIn(bucket, track));
    }
  }
  return samples.sort((a, b) => a.timeUs - b.timeUs);
}

function bucketsOf({ fromUs, toUs, buckets }: TrendQuery, { min, max, mean }: Trend): Bucket[] {
  // Whole microseconds, as the questions over an agent's API carry.
  const edge = (i: number): TimeUs => Math.round(fromUs + ((toUs - fromUs) * i) / buckets);
  return Array.from({ length: buckets }, (_, i) => ({
    fromUs: edge(i),
    toUs: edge(i + 1),
    min: min[i] ?? Number.NaN,
    max: max[i] ?? Number.NaN,
    mean: mean[i] ?? Number.NaN,
  }));
}

const around = (slice: readonly Bucket[]): Span => ({
  fromUs: slice[0]?.fromUs ?? 0,
  toUs: slice.at(-1)?.toUs ?? 0,
});

const isMixed = ({ min, max }: Bucket): boolean => min < max;

function samplesIn(bucket: Bucket, track: Track): Sample[] {
  const { fromUs, toUs, min, max, mean } = bucket;
  if (Number.isNaN(min)) return [];
  const at = (share: number): TimeUs => fromUs + share * (toUs - fromUs);
  if (!isMixed(bucket)) return [{ track, timeUs: at(1 / 2), value: min, blurFromUs: undefined }];
  return [min, max, mean]
    .map((value, i) => ({ track, timeUs: at((i + 1) / 4), value, blurFromUs: fromUs }))
    .filter(({ value }) => Number.isFinite(value));
}
