import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Points, type RawShaderMaterial } from "three";

/** Beyond this a partial upload is the cheaper one. [bench: test/bench/twin] */
const WHOLE_UPLOAD_BYTES = 1 << 20;
/** More changed glyphs than this are drawn all anew. */
const MOST_CHANGED = 1 << 16;

/** Many glyphs in one draw call; and those of them that changed in another, over their old selves. */
export interface Glyphs {
  readonly all: Points;
  readonly changed: Points;
  /** What is drawn, one byte each; after writing, call `wrote`. */
  readonly glyph: Uint8Array;
  /** [glyphs]; only while a heat map is shown. */
  readonly heat: Uint8Array | undefined;
  /** [3 x glyphs], metres. */
  readonly position: Float32Array;
  place(index: number): readonly [number, number, number];
  wrote(from: number, to: number): void;
  setHeat(isOn: boolean): void;
  /** @param which indices; the first `count` are drawn. Undefined: all of them */
  choose(which: Uint32Array | undefined, count: number): void;
  /** @returns false where there are too many: draw all anew */
  note(index: number): boolean;
  /** Ready to draw those noted. */
  seal(): number;
  forget(): void;
  dispose(): void;
}

export function createGlyphs(position: Float32Array, material: RawShaderMaterial): Glyphs {
  const count = position.length / 3;
  const glyph = new Uint8Array(count);
  const places = new BufferAttribute(position, 3);
  const bytes = new BufferAttribute(glyph, 1);
  bytes.setUsage(DynamicDrawUsage);
  let warmth: BufferAttribute | undefined;
  const changedIndex = new BufferAttribute(new Uint32Array(Math.min(count, MOST_CHANGED)), 1);
  changedIndex.setUsage(DynamicDrawUsage);
  let chosen: BufferAttribute | undefined;
  let noted = 0;

  const made = (): Points => {
    const geometry = new BufferGeometry().setAttribute("position", places).setAttribute("glyph", bytes);
    const points = new Points(geometry, material);
    points.frustumCulled = false;
    points.matrixAutoUpdate = false;
    return points;
  };
  const all = made();
  const changed = made();
  changed.geometry.setIndex(changedIndex);
  changed.geometry.setDrawRange(0, 0);

  const touch = (attribute: BufferAttribute, from: number, to: number): void => {
    if (attribute.array.byteLength > WHOLE_UPLOAD_BYTES) attribute.addUpdateRange(from, to - from);
    attribute.needsUpdate = true;
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
      touch(bytes, from, to);
      if (warmth !== undefined) touch(warmth, from, to);
    },
    setHeat(isOn) {
      if (isOn === (warmth !== undefined)) return;
      warmth = isOn ? new BufferAttribute(new Uint8Array(count), 1).setUsage(DynamicDrawUsage) : undefined;
      for (const { geometry } of [all, changed]) {
        if (warmth === undefined) geometry.deleteAttribute("heat");
        else geometry.setAttribute("heat", warmth);
      }
    },
    choose(which, some) {
      all.visible = some > 0;
      if (which === undefined) {
        all.geometry.setIndex(null);
        all.geometry.setDrawRange(0, count);
        return;
      }
      if (chosen?.array !== which) chosen = new BufferAttribute(which, 1).setUsage(DynamicDrawUsage);
      chosen.clearUpdateRanges();
      chosen.addUpdateRange(0, Math.max(1, some));
      chosen.needsUpdate = true;
      all.geometry.setIndex(chosen);
      all.geometry.setDrawRange(0, some);
    },
    note(index) {
      if (noted >= changedIndex.array.length) return false;
      changedIndex.array[noted] = index;
      noted += 1;
      return true;
    },
    seal() {
      changed.visible = noted > 0;
      changed.geometry.setDrawRange(0, noted);
      changedIndex.clearUpdateRanges();
      changedIndex.addUpdateRange(0, Math.max(1, noted));
      changedIndex.needsUpdate = true;
      return noted;
    },
    forget() {
      noted = 0;
    },
    dispose() {
      all.geometry.dispose();
      changed.geometry.dispose();
    },
  };
}
