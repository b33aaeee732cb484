/** The last block from which a frame was counted, for each machine and speed. */
export type Blocks = Readonly<Record<string, number>>;

/** A frame counts when it is the first of its block: the choice does not look at what was said of it, so what counts is
 *  a fair sample.
 *  @returns undefined where it does not count; late frames do not, nor do those of a regime for which there is no room */
export function enterBlock(blocks: Blocks, regime: string, block: number, most: number): Blocks | undefined {
  const last = blocks[regime];
  if (last !== undefined) return block > last ? { ...blocks, [regime]: block } : undefined;
  const known = Object.keys(blocks);
  if (known.length < most) return { ...blocks, [regime]: block };
  const oldest = known.reduce((a, b) => ((blocks[b] ?? 0) < (blocks[a] ?? 0) ? b : a));
  // One that is still in its block must not be forgotten: it would count twice.
  if ((blocks[oldest] ?? 0) >= block) return undefined;
  const { [oldest]: _, ...rest } = blocks;
  return { ...rest, [regime]: block };
}

/** Machine and speed; speeds within `share` of each other are one regime. */
export function regimeOf(machine: string, shaftHz: number, share: number): string {
  const speed = shaftHz > 0 ? Math.round(Math.log(shaftHz) / Math.log1p(share)) : "-";
  return `${machine} ${speed}`;
}
