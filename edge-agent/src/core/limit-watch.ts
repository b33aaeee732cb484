import type { Level, TagLimits } from "./limits.ts";
import { isUsable } from "./quality.ts";
import type { ReadingBatch } from "./reading.ts";
import type { TimeUs } from "./time.ts";

/** A tag went to another level. @param tag its index in the agent's table */
export type OnLevel = (tag: number, level: Level, value: number, timeUs: TimeUs) => void;

/** Levels of all tags that have limits, in columns: 100,000 of them at 1 Hz allocate nothing. */
export interface LimitWatch {
  /** Judges the usable numbers among the readings; one that cannot be used leaves the level as it is. */
  take(batch: ReadingBatch, onLevel: OnLevel): void;
  /** Judges again those that are beyond a limit and not long enough: a steady value may not be read to the agent twice. */
  tick(nowUs: TimeUs, onLevel: OnLevel): void;
  level(tag: number): Level;
  /** Goes on from a level: that of an alarm of an earlier run. */
  resume(tag: number, level: Level): void;
}

export interface LimitedTag {
  /** Index in the agent's table. */
  readonly tag: number;
  readonly limits: TagLimits;
}

const FREE = -1;

/** @param tags how many the agent's table has */
export function createLimitWatch(tags: number, limited: readonly LimitedTag[]): LimitWatch {
  const count = limited.length;
  const slotOf = new Int32Array(tags).fill(FREE);
  const tagOf = new Uint32Array(count);
  const lowLow = new Float64Array(count);
  const low = new Float64Array(count);
  const high = new Float64Array(count);
  const highHigh = new Float64Array(count);
  const hysteresis = new Float64Array(count);
  const delayUs = new Float64Array(count);
  const levels = new Int8Array(count);
  /** Side of the newest value, and since when it is beyond the nearer and beyond the farther limit; NaN: it is not. */
  const sides = new Int8Array(count);
  const sinceNear = new Float64Array(count).fill(Number.NaN);
  const sinceFar = new Float64Array(count).fill(Number.NaN);
  const newest = new Float64Array(count);
  /** Slots that wait for their delay, and the place of each among them. */
  const waiting = new Uint32Array(count);
  const places = new Int32Array(count).fill(FREE);
  let waits = 0;

  limited.forEach(({ tag, limits }, slot) => {
    slotOf[tag] = slot;
    tagOf[slot] = tag;
    lowLow[slot] = limits.lowLow ?? Number.NEGATIVE_INFINITY;
    low[slot] = limits.low ?? Number.NEGATIVE_INFINITY;
    high[slot] = limits.high ?? Number.POSITIVE_INFINITY;
    highHigh[slot] = limits.highHigh ?? Number.POSITIVE_INFINITY;
    hysteresis[slot] = limits.hysteresis;
    delayUs[slot] = limits.delayS * 1e6;
  });

  /** Beyond which limit a value is, without any delay: on the way back each limit is moved by the hysteresis. */
  const reach = (slot: number, value: number): number => above(slot, value) || -below(slot, value);

  function above(slot: number, value: number): number {
    const level = levels[slot] ?? 0;
    const band = hysteresis[slot] ?? 0;
    if (value > (highHigh[slot] ?? 0) - (level === 2 ? band : 0)) return 2;
    return value > (high[slot] ?? 0) - (level >= 1 ? band : 0) ? 1 : 0;
  }

  function below(slot: number, value: number): number {
    const level = levels[slot] ?? 0;
    const band = hysteresis[slot] ?? 0;
    if (value < (lowLow[slot] ?? 0) + (level === -2 ? band : 0)) return 2;
    return value < (low[slot] ?? 0) + (level <= -1 ? band : 0) ? 1 : 0;
  }

  /** Notes since when the value is where it is. */
  function follow(slot: number, reached: number, timeUs: TimeUs): void {
    const side = Math.sign(reached);
    if (side !== sides[slot]) {
      sides[slot] = side;
      sinceNear[slot] = side === 0 ? Number.NaN : timeUs;
      sinceFar[slot] = Number.NaN;
    } else if (side !== 0 && Number.isNaN(sinceNear[slot])) sinceNear[slot] = timeUs;
    if (Math.abs(reached) < 2) sinceFar[slot] = Number.NaN;
    else if (Number.isNaN(sinceFar[slot])) sinceFar[slot] = timeUs;
  }

  /** The level that counts now: one that was reached long enough, or that is held already. */
  function counts(slot: number, reached: number, timeUs: TimeUs): number {
    const side = Math.sign(reached);
    const held = (levels[slot] ?? 0) * side;
    const delay = delayUs[slot] ?? 0;
    const isFar = Math.abs(reached) === 2;
    if (isFar && (held === 2 || timeUs - (sinceFar[slot] ?? 0) >= delay)) return 2 * side;
    if (side !== 0 && (held > 0 || timeUs - (sinceNear[slot] ?? 0) >= delay)) return side;
    return 0;
  }

  function wait(slot: number): void {
    if (places[slot] !== FREE) return;
    places[slot] = waits;
    waiting[waits] = slot;
    waits += 1;
  }

  function waitNoMore(slot: number): void {
    const place = places[slot] ?? FREE;
    if (place === FREE) return;
    waits -= 1;
    const last = waiting[waits] ?? 0;
    waiting[place] = last;
    places[last] = place;
    places[slot] = FREE;
  }

  function judge(slot: number, timeUs: TimeUs, onLevel: OnLevel): void {
    const value = newest[slot] ?? 0;
    const reached = reach(slot, value);
    follow(slot, reached, timeUs);
    const level = counts(slot, reached, timeUs);
    if (Math.abs(reached) > Math.abs(level)) wait(slot);
    else waitNoMore(slot);
    if (level === levels[slot]) return;
    levels[slot] = level;
    onLevel(tagOf[slot] ?? 0, level as Level, value, timeUs);
  }

  /** What was seen before cannot be known to have lasted. */
  function lose(slot: number): void {
    waitNoMore(slot);
    sinceNear[slot] = Number.NaN;
    sinceFar[slot] = Number.NaN;
  }

  return {
    take(batch, onLevel) {
      const { count: rows, tag, value, status, agentTimeUs } = batch;
      for (let i = 0; i < rows; i += 1) {
        const slot = slotOf[tag[i] ?? 0] ?? FREE;
        if (slot === FREE) continue;
        const read = value[i] ?? Number.NaN;
        if (isUsable(status[i] ?? 0) && Number.isFinite(read)) {
          newest[slot] = read;
          judge(slot, agentTimeUs, onLevel);
        } else lose(slot);
      }
    },
    tick(nowUs, onLevel) {
      // Backwards: whoever leaves is replaced by one that was judged already.
      for (let place = waits - 1; place >= 0; place -= 1) judge(waiting[place] ?? 0, nowUs, onLevel);
    },
    level: (tag) => (levels[slotOf[tag] ?? FREE] ?? 0) as Level,
    resume(tag, level) {
      const slot = slotOf[tag] ?? FREE;
      if (slot === FREE) return;
      levels[slot] = level;
      sides[slot] = Math.sign(level);
    },
  };
}
