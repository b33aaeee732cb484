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
    sortAlong(assets, box, bounds);
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

/** Steps of a block's longer side: finer than anything that is to be told apart. */
const STEPS = 1 << 20;
/** More than there are assets. */
const MOST_ASSETS = 1 << 24;

/** Sorts by place along the longer side. Place and index in one number are sorted ten times as fast as by a function. */
function sortAlong(assets: Uint32Array, box: Float32Array, bounds: readonly number[]): void {
  const [x0 = 0, , z0 = 0, x1 = 0, , z1 = 0] = bounds;
  const axis = x1 - x0 >= z1 - z0 ? 0 : 2;
  const least = axis === 0 ? x0 : z0;
  const scale = STEPS / Math.max(1e-6, 2 * Math.max(x1 - x0, z1 - z0));
  const keys = Float64Array.from(assets, (a) => {
    const middle = (box[6 * a + axis] ?? 0) + (box[6 * a + axis + 3] ?? 0);
    return Math.round((middle - 2 * least) * scale) * MOST_ASSETS + a;
  });
  keys.sort();
  for (let i = 0; i < keys.length; i += 1) assets[i] = (keys[i] ?? 0) % MOST_ASSETS;
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
