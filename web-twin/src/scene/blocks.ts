/** Draw calls stay few however many areas a plant has, and a block out of the picture costs none. */
const MOST_BLOCKS = 30;
const FEWEST_IN_BLOCK = 48;

export interface Block {
  /** Indices of its assets. */
  readonly assets: Uint32Array;
  /** minX, minY, minZ, maxX, maxY, maxZ, metres. */
  readonly box: readonly number[];
}

/** Cuts a plant into blocks of assets that stand together, each about as large as the others.
 *  @param box [6 x assets] as in ExpandedLayout */
export function cutBlocks(box: Float32Array): readonly Block[] {
  const count = box.length / 6;
  if (count === 0) return [];
  const most = Math.max(FEWEST_IN_BLOCK, Math.ceil(count / MOST_BLOCKS));
  const blocks: Block[] = [];
  const cut = (assets: Uint32Array, parts: number): void => {
    const bounds = boundsOf(box, assets);
    if (parts <= 1) {
      blocks.push({ assets, box: bounds });
      return;
    }
    const axis = (bounds[3] ?? 0) - (bounds[0] ?? 0) >= (bounds[5] ?? 0) - (bounds[2] ?? 0) ? 0 : 2;
    const middle = (a: number): number => (box[6 * a + axis] ?? 0) + (box[6 * a + axis + 3] ?? 0);
    assets.sort((a, b) => middle(a) - middle(b));
    const left = parts >> 1;
    const at = Math.round((assets.length * left) / parts);
    cut(assets.slice(0, at), left);
    cut(assets.slice(at), parts - left);
  };
  cut(
    Uint32Array.from({ length: count }, (_, a) => a),
    Math.min(MOST_BLOCKS, Math.ceil(count / most)),
  );
  return blocks;
}

/** minX, minY, minZ, maxX, maxY, maxZ of some assets. */
export function boundsOf(box: Float32Array, assets: Iterable<number>): readonly number[] {
  const bounds = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
  for (const a of assets) {
    for (let i = 0; i < 3; i += 1) {
      bounds[i] = Math.min(bounds[i] ?? 0, box[6 * a + i] ?? 0);
      bounds[i + 3] = Math.max(bounds[i + 3] ?? 0, box[6 * a + i + 3] ?? 0);
    }
  }
  return bounds;
}
