import type { TimeUs } from "../core/time.ts";
import type { Sample, Track } from "./rules-samples.ts";

/** A time in which what a rule saw of one series is approximate: from a bucket of several values to the next value that was
 *  read, for until then nobody knows which of them stood. */
export interface Blur {
  readonly of: Track["of"];
  readonly id: string;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
}

/** Those so close together are told as one. */
const NEAR_US = 60e6;
/** Of one series; what comes after them is told with the last. */
const MOST_BLURS = 1000;

type Open = { -readonly [key in keyof Blur]: Blur[key] };

/** Notes samples, each track's in the order of time. */
export interface Blurs {
  note(sample: Sample): void;
  /** @param nowUs what is blurred still is so until then
   *  @returns oldest first */
  upTo(nowUs: TimeUs): readonly Blur[];
}

export function createBlurs(): Blurs {
  const lists = new Map<Track, Open[]>();
  /** The last of the list goes on. */
  const blurred = new Set<Track>();

  function begin(track: Track, fromUs: TimeUs): void {
    if (blurred.has(track)) return;
    blurred.add(track);
    const list = lists.get(track) ?? [];
    lists.set(track, list);
    const last = list.at(-1);
    if (last !== undefined && (fromUs - last.toUs <= NEAR_US || list.length >= MOST_BLURS)) return;
    list.push({ of: track.of, id: track.id, fromUs, toUs: fromUs });
  }

  function end(track: Track, toUs: TimeUs): void {
    const last = lists.get(track)?.at(-1);
    if (last !== undefined && blurred.delete(track)) last.toUs = toUs;
  }

  return {
    note({ track, timeUs, blurFromUs }) {
      if (blurFromUs === undefined) end(track, timeUs);
      else begin(track, blurFromUs);
    },
    upTo(nowUs) {
      for (const track of [...blurred]) end(track, nowUs);
      return [...lists.values()].flat().sort((a, b) => a.fromUs - b.fromUs);
    },
  };
}
