// The champion's accuracy that the rule takes as known.
const CHAMPION = 0.987;
const NEEDED = 0.005;

/** The rule as it is usually written: so many frames through the challenger alone, all of them labelled, and released
 *  when its share of right answers is half a point above the champion's. */
export function naiveOnce(gain: number, frames: number, random: () => number): boolean {
  let right = 0;
  for (let i = 0; i < frames; i += 1) if (random() < CHAMPION + gain) right += 1;
  return isReleased(right, frames);
}

/** The same, looked at every hundred frames until it says yes. */
export function naivePeeking(gain: number, most: number, random: () => number): boolean {
  let right = 0;
  for (let frames = 1; frames <= most; frames += 1) {
    if (random() < CHAMPION + gain) right += 1;
    if (frames % 100 === 0 && frames >= 200 && isReleased(right, frames)) return true;
  }
  return false;
}

// Rounding must not decide what half a point is.
const isReleased = (right: number, frames: number): boolean => right / frames >= CHAMPION + NEEDED - 1e-12;
