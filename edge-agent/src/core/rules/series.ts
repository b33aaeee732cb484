import type { TimeUs } from "../time.ts";
import { createMoving, type Moving } from "./moving.ts";
import { createRing } from "./ring.ts";
import type { RuleTag, Statistic } from "./rule.ts";

/** The usable readings of one tag, as far back as its widest window, with statistics of each window.
 *
 *  Time is that of the device (source time): only differences count, so a clock that is wrong does no harm. "Now" is the
 *  newest reading's time plus what has passed since it came. A window holds the readings of (now - width, now].
 *  "min" and "max" need one of them, "count" none. "avg", "stddev" and "rate" ask for a window without a gap: from its
 *  beginning, readings came without a bad one and without a hole of more than three scan periods. */
export interface Series {
  /** @returns the place of a window of this width, made where there is none yet */
  window(widthUs: number): number;
  /** Keeps only these windows. */
  keepWindows(widthsUs: ReadonlySet<number>): void;
  add(sourceUs: TimeUs, value: number, agentUs: TimeUs): void;
  /** A reading that cannot be used. */
  lose(): void;
  /** NaN where there is none. */
  read(window: number, statistic: Statistic, perUs: number, nowUs: TimeUs): number;
  /** Readings that came too late for any window, or had no room. */
  readonly dropped: number;
  readonly isEmpty: boolean;
}

/** The most readings that are kept of one tag: 16 to 24 bytes each, and 32 more for each window. */
export const MOST_SAMPLES = 65_536;
/** So many in a row that are too old for any window, and the device's clock was set back. */
const CLOCK_WAS_SET = 3;
/** So many periods without a reading are a gap. */
const GAP_PERIODS = 3;

/** @property start before it is a reading */
interface Window {
  readonly widthUs: number;
  readonly moving: Moving;
  /** Samples moved, the sums are of what was there before. */
  isStale: boolean;
}

export function createSeries({ periodUs, isByChange }: RuleTag, most = MOST_SAMPLES): Series {
  const gapUs = isByChange ? Number.POSITIVE_INFINITY : GAP_PERIODS * periodUs;
  /** So much later than its beginning a window's first reading may be. */
  const slackUs = GAP_PERIODS * periodUs;
  let ring = createRing(most, isByChange);
  let windows: Window[] = [];
  let widestUs = 0;
  let newestUs = Number.NaN;
  let cameUs = 0;
  /** The tag's own time, which never goes back. */
  let clockUs = Number.NEGATIVE_INFINITY;
  /** Since when readings came without a gap; NaN while there is one. */
  let wholeSinceUs = Number.NaN;
  let tooOld = 0;
  let dropped = 0;

  function clear(): void {
    ring = createRing(most, isByChange);
    windows = windows.map(({ widthUs }) => createWindow(widthUs));
    newestUs = Number.NaN;
    clockUs = Number.NEGATIVE_INFINITY;
    wholeSinceUs = Number.NaN;
    tooOld = 0;
  }

  const createWindow = (widthUs: number): Window => ({
    widthUs,
    moving: createMoving(ring, ring.first),
    isStale: false,
  });

  function push(timeUs: TimeUs, value: number): void {
    if (Number.isNaN(wholeSinceUs) || !(timeUs - newestUs <= gapUs)) wholeSinceUs = timeUs;
    newestUs = timeUs;
    makeRoom();
    ring.push(timeUs, value);
    for (const window of windows) if (!window.isStale) window.moving.grow(value);
    forget();
  }

  /** What is pushed out leaves the windows first. */
  function makeRoom(): void {
    if (!ring.isFull) return;
    dropped += 1;
    for (const { moving } of windows) if (moving.start === ring.first) moving.shrink();
    wholeSinceUs = Math.max(wholeSinceUs, ring.time(ring.first + 1));
  }

  function insert(timeUs: TimeUs, value: number): void {
    makeRoom();
    const place = ring.insert(timeUs, value);
    for (const window of windows) {
      const { start } = window.moving;
      // One that is older than the window's beginning pushes the beginning on.
      if (place < start || timeUs <= newestUs - window.widthUs) shift(window, start + 1);
      else window.isStale = true;
    }
  }

  function shift(window: Window, start: number): void {
    window.moving.renew(start);
    window.isStale = false;
  }

  /** Moves a window up to `nowUs`. */
  function advance(window: Window, nowUs: TimeUs): Moving {
    const { moving, widthUs } = window;
    if (window.isStale) shift(window, moving.start);
    while (moving.start < ring.next && ring.time(moving.start) <= nowUs - widthUs) moving.shrink();
    return moving;
  }

  /** Lets go what no window needs; of a tag that comes by change the value at a window's beginning is the one before. */
  function forget(): void {
    let start = ring.next - 1;
    for (const window of windows) start = Math.min(start, advance(window, newestUs).start);
    ring.dropBefore(start - (isByChange ? 1 : 0));
  }

  function nowOf(agentUs: TimeUs): TimeUs {
    clockUs = Math.max(clockUs, newestUs + Math.max(0, agentUs - cameUs));
    return clockUs;
  }

  const isWhole = (widthUs: number, nowUs: TimeUs): boolean =>
    wholeSinceUs <= nowUs - widthUs + slackUs && nowUs - newestUs <= gapUs;

  /** The value that stood when the window began. */
  const standing = ({ start }: Moving): number =>
    isByChange && start > ring.first ? ring.value(start - 1) : Number.NaN;

  function average(moving: Moving, widthUs: number, nowUs: TimeUs): number {
    if (!isByChange) return moving.count === 0 ? Number.NaN : moving.mean;
    const last = ring.next - 1;
    const before = standing(moving);
    const beginUs = Number.isNaN(before) ? ring.time(moving.start) : nowUs - widthUs;
    const tail = (ring.value(last) * (nowUs - ring.time(last))) / 1e6;
    if (nowUs <= beginUs) return ring.value(last);
    if (Number.isNaN(before))
      return (ring.area(last) - ring.area(moving.start) + tail) / ((nowUs - beginUs) / 1e6);
    const head = (before * (beginUs - ring.time(moving.start - 1))) / 1e6;
    return (ring.area(last) - ring.area(moving.start - 1) - head + tail) / (widthUs / 1e6);
  }

  function rate(moving: Moving, widthUs: number, perUs: number): number {
    const last = ring.next - 1;
    const before = standing(moving);
    if (!Number.isNaN(before)) return ((ring.value(last) - before) * perUs) / widthUs;
    const { start, count } = moving;
    const lapse = count === 0 ? 0 : ring.time(last) - ring.time(start);
    if (isByChange && count > 0) return ((ring.value(last) - ring.value(start)) * perUs) / widthUs;
    return lapse > 0 ? ((ring.value(last) - ring.value(start)) * perUs) / lapse : Number.NaN;
  }

  /** The extreme of what stood at the beginning and what came since. */
  function extreme(moving: Moving, pick: "max" | "min"): number {
    const before = standing(moving);
    if (moving.count === 0) return before;
    return Number.isNaN(before) ? moving[pick] : Math[pick](moving[pick], before);
  }

  return {
    window(widthUs) {
      const known = windows.findIndex((one) => one.widthUs === widthUs);
      if (known >= 0) return known;
      widestUs = Math.max(widestUs, widthUs);
      // What a narrower window let go cannot be known to be without a gap.
      if (ring.size > 0) wholeSinceUs = Math.max(wholeSinceUs, ring.time(ring.first));
      return windows.push(createWindow(widthUs)) - 1;
    },
    keepWindows(widthsUs) {
      windows = windows.filter(({ widthUs }) => widthsUs.has(widthUs));
      widestUs = Math.max(0, ...windows.map(({ widthUs }) => widthUs));
    },
    add(sourceUs, value, agentUs) {
      if (sourceUs <= newestUs - widestUs) {
        tooOld += 1;
        if (tooOld < CLOCK_WAS_SET) {
          dropped += 1;
          return;
        }
        clear();
      }
      tooOld = 0;
      if (sourceUs < newestUs) insert(sourceUs, value);
      else {
        cameUs = agentUs;
        push(sourceUs, value);
      }
    },
    lose() {
      wholeSinceUs = Number.NaN;
    },
    read(place, statistic, perUs, agentUs) {
      const window = windows[place];
      if (window === undefined || ring.size === 0) return statistic === "count" ? 0 : Number.NaN;
      const nowUs = nowOf(agentUs);
      const moving = advance(window, nowUs);
      const { widthUs } = window;
      if (statistic === "count") return moving.count;
      if (statistic === "min" || statistic === "max") return extreme(moving, statistic);
      if (!isWhole(widthUs, nowUs)) return Number.NaN;
      if (statistic === "avg") return average(moving, widthUs, nowUs);
      if (statistic === "rate") return rate(moving, widthUs, perUs);
      return moving.count < 2 ? Number.NaN : Math.sqrt(moving.squares / (moving.count - 1));
    },
    get isEmpty() {
      return ring.size === 0;
    },
    get dropped() {
      return dropped;
    },
  };
}
