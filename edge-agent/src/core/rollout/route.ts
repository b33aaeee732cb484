/** Where a frame of a trial was drawn to; the same for the same two names, today and on any machine. */
export interface Draw {
  /** Even in [0, 1). A share s takes the frames below s, so that a larger share keeps those of a smaller one. */
  readonly position: number;
  /** A coin that knows nothing of the position. */
  readonly isHeads: boolean;
  /** True of one in sixteen, whatever the other two say. */
  readonly isRare: boolean;
}

/** Draws a frame for a trial by its name alone: no state, nothing to remember across a restart, and anyone can replay it. */
export function drawFrame(trial: string, frame: string): Draw {
  const hash = mixed(hashed(frame, hashed(SEPARATOR, hashed(trial, FNV_BASIS))));
  return { position: hash / 2 ** 32, isHeads: (hash & 1) === 1, isRare: (hash & 0x1e) === 0 };
}

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
// Two pairs of names never make the same text: no name holds it.
const SEPARATOR = "\0";

/** FNV-1a, 32 bits, over the UTF-16 code units, low byte first (G. Fowler, L. C. Noll, K.-P. Vo, draft-eastlake-fnv). */
function hashed(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), FNV_PRIME);
    hash = Math.imul(hash ^ (unit >>> 8), FNV_PRIME);
  }
  return hash;
}

/** The finaliser of MurmurHash3 (A. Appleby): FNV alone leaves the high bits of short, similar names alike. */
function mixed(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
