import type { Timers } from "../stream/timers.ts";

const GAP_MS = 5_000;
/** More at once are counted, not read out. */
const MOST_TEXTS = 3;

/** Reads out what is new without talking over itself. */
export interface Announcer {
  add(texts: readonly string[]): void;
  dispose(): void;
}

/** @param many what is said in the place of too many texts */
export function createAnnouncer(
  timers: Timers,
  say: (text: string) => void,
  many: (count: number) => string,
): Announcer {
  let waiting: string[] = [];
  let count = 0;
  let isQuiet = true;
  let cancel: (() => void) | undefined;

  const next = (): void => {
    cancel = undefined;
    isQuiet = count === 0;
    if (isQuiet) return;
    say(count > MOST_TEXTS ? many(count) : waiting.join(" "));
    waiting = [];
    count = 0;
    cancel = timers.after(GAP_MS, next);
  };

  return {
    add(texts) {
      waiting = [...waiting, ...texts].slice(0, MOST_TEXTS);
      count += texts.length;
      if (isQuiet && count > 0) next();
    },
    dispose() {
      cancel?.();
    },
  };
}
