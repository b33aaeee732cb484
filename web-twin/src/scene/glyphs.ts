import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Points } from "three";
import { isMarked } from "./glyph.ts";
import type { GlyphMaterials } from "./materials.ts";
import type { Visible } from "./visible.ts";

/** Beyond this a partial upload is the cheaper one. [bench: test/bench/twin] */
const WHOLE_UPLOAD_BYTES = 1 << 20;
/** More glyphs than this have no list of their own: those that changed are drawn with all, all are tried for marked ones. */
const MOST_LISTED = 1 << 16;

/** Many glyphs in one draw call, and those with a mark of their own in another; and those of them that changed once more,
 *  over their old selves. */
export interface Glyphs {
  /** In the order in which they are drawn. */
  readonly all: readonly Points[];
  readonly changed: readonly Points[];
  /** What is drawn, one byte each; after writing, call `wrote`. */
  readonly glyph: Uint8Array;
  /** [glyphs]; only while a heat map is shown. */
  readonly heat: Uint8Array | undefined;
  /** [3 x glyphs], metres. */
  readonly position: Float32Array;
  place(index: number): readonly [number, number, number];
  wrote(from: number, to: number): void;
  setHeat(isOn: boolean): void;
  /** Plain ones are large enough for an outline. */
  setFramed(isFramed: boolean): void;
  /** @param which indices; the first `count` are drawn. Undefined: all of them
   *  @param visible those of them that can be seen while they are plain; all where it is left out */
  choose(which: Uint32Array | undefined, count: number, visible?: Visible): void;
  /** Ready to draw all. */
  gather(): void;
  /** @returns false where there are too many: draw all anew */
  note(index: number): boolean;
  /** Ready to draw those noted. */
  seal(): number;
  forget(): void;
  dispose(): void;
}

export function createGlyphs(position: Float32Array, materials: GlyphMaterials): Glyphs {
  const count = position.length / 3;
  const glyph = new Uint8Array(count);
  const places = new BufferAttribute(position, 3);
  const bytes = new BufferAttribute(glyph, 1);
  bytes.setUsage(DynamicDrawUsage);
  let warmth: BufferAttribute | undefined;
  const list = (): BufferAttribute =>
    new BufferAttribute(new Uint32Array(Math.min(count, MOST_LISTED)), 1).setUsage(DynamicDrawUsage);
  const listed = { marked: list(), changed: list(), changedMarked: list() };
  let chosen: Uint32Array | undefined;
  let chosenCount = 0;
  let drawn: BufferAttribute | undefined;
  let isGathered = false;
  let isHeated = false;
  let isFramed = false;
  const noted = { plain: 0, marked: 0 };

  const made = (material: GlyphMaterials[keyof GlyphMaterials], index?: BufferAttribute): Points => {
    const geometry = new BufferGeometry().setAttribute("position", places).setAttribute("glyph", bytes);
    if (index !== undefined) geometry.setIndex(index).setDrawRange(0, 0);
    const points = new Points(geometry, material);
    points.frustumCulled = false;
    points.matrixAutoUpdate = false;
    return points;
  };
  const plain = made(materials.dots);
  const marked = made(materials.marked, listed.marked);
  const changedPlain = made(materials.dots, listed.changed);
  const changedMarked = made(materials.marked, listed.changedMarked);
  const all = [plain, marked];
  const changed = [changedPlain, changedMarked];

  const touch = (attribute: BufferAttribute, from: number, to: number): void => {
    if (attribute.array.byteLength > WHOLE_UPLOAD_BYTES) attribute.addUpdateRange(from, to - from);
    attribute.needsUpdate = true;
  };
  const dress = (): void => {
    const material = isFramed || isHeated ? materials.squares : materials.dots;
    plain.material = material;
    changedPlain.material = material;
  };
  const upload = (index: BufferAttribute, first: number): void => {
    index.clearUpdateRanges();
    index.addUpdateRange(0, Math.max(1, first));
    index.needsUpdate = true;
  };
  /** @returns how many of those chosen have a mark; undefined where there are too many to be listed */
  const gatherMarked = (): number | undefined => {
    const { array } = listed.marked;
    let found = 0;
    for (let k = 0; k < chosenCount; k += 1) {
      const i = chosen === undefined ? k : (chosen[k] ?? 0);
      if (!isMarked(glyph[i] ?? 0)) continue;
      if (found === array.length) return undefined;
      array[found] = i;
      found += 1;
    }
    return found;
  };

  return {
    all,
    changed,
    glyph,
    position,
    place: (i) => [position[3 * i] ?? 0, position[3 * i + 1] ?? 0, position[3 * i + 2] ?? 0],
    get heat() {
      return warmth?.array instanceof Uint8Array ? warmth.array : undefined;
    },
    wrote(from, to) {
      isGathered = false;
      touch(bytes, from, to);
      if (warmth !== undefined) touch(warmth, from, to);
    },
    setHeat(isOn) {
      if (isOn === isHeated) return;
      isHeated = isOn;
      warmth = isOn ? new BufferAttribute(new Uint8Array(count), 1).setUsage(DynamicDrawUsage) : undefined;
      for (const { geometry } of [...all, ...changed]) {
        if (warmth === undefined) geometry.deleteAttribute("heat");
        else geometry.setAttribute("heat", warmth);
      }
      dress();
    },
    setFramed(next) {
      isFramed = next;
      dress();
    },
    choose(which, some, visible) {
      chosen = which;
      chosenCount = some;
      isGathered = false;
      const list = visible?.list ?? which;
      const most = visible?.count ?? some;
      if (list === undefined) drawn = undefined;
      else if (drawn?.array !== list) drawn = new BufferAttribute(list, 1).setUsage(DynamicDrawUsage);
      if (drawn !== undefined) upload(drawn, most);
      plain.visible = most > 0;
      plain.geometry.setIndex(drawn ?? null);
      plain.geometry.setDrawRange(0, most);
    },
    gather() {
      if (isGathered) return;
      isGathered = true;
      const found = gatherMarked();
      if (found !== undefined) {
        marked.geometry.setIndex(listed.marked);
        upload(listed.marked, found);
      } else if (chosen === undefined) marked.geometry.setIndex(null);
      else marked.geometry.setIndex(new BufferAttribute(chosen, 1));
      marked.geometry.setDrawRange(0, found ?? chosenCount);
      marked.visible = found !== 0;
    },
    note(index) {
      const which = isMarked(glyph[index] ?? 0) ? "marked" : "plain";
      const { array } = which === "plain" ? listed.changed : listed.changedMarked;
      if (noted[which] >= array.length) return false;
      array[noted[which]] = index;
      noted[which] += 1;
      return true;
    },
    seal() {
      for (const [points, index, most] of [
        [changedPlain, listed.changed, noted.plain],
        [changedMarked, listed.changedMarked, noted.marked],
      ] as const) {
        points.visible = most > 0;
        points.geometry.setDrawRange(0, most);
        if (most > 0) upload(index, most);
      }
      return noted.plain + noted.marked;
    },
    forget() {
      noted.plain = 0;
      noted.marked = 0;
    },
    dispose() {
      for (const { geometry } of [...all, ...changed]) geometry.dispose();
    },
  };
}
