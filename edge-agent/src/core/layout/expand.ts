import { layoutHash } from "./layout-hash.ts";
import type { LayoutAsset, LayoutTemplate, PlantLayout, Triple } from "./plant-layout.ts";

/** A layout in columns. Points are numbered asset after asset, in the order of each template. */
export interface ExpandedLayout {
  readonly layout: PlantLayout;
  readonly hash: number;
  readonly pointCount: number;
  readonly assetCount: number;
  /** First point of each asset, and after the last one the number of points: [assets + 1]. */
  readonly firstPoint: Uint32Array;
  /** [points]: index of the asset. */
  readonly assetOf: Uint32Array;
  /** [points]: index into layout.kinds. */
  readonly kindOf: Uint8Array;
  /** [3 x points], metres. */
  readonly position: Float32Array;
  /** [assets]: index into layout.areas. */
  readonly areaOf: Uint16Array;
  /** [6 x assets]: minX, minY, minZ, maxX, maxY, maxZ, metres. */
  readonly box: Float32Array;
}

/** A template's points in columns: the same for all its assets. */
interface TemplateColumns {
  /** Width, height and depth, metres. */
  readonly size: Triple;
  /** [points]: index into layout.kinds. */
  readonly kind: Uint8Array;
  /** [3 x points], metres. */
  readonly at: Float64Array;
}

/** @param layout checked: every template, kind and area that is named is there */
export function expandLayout(layout: PlantLayout): ExpandedLayout {
  const kinds = new Map(layout.kinds.map(({ id }, i) => [id, i]));
  const templates = new Map(layout.templates.map((template) => [template.id, columnsOf(template, kinds)]));
  const areas = new Map(layout.areas.map(({ id }, i) => [id, i]));
  const assetCount = layout.assets.length;
  const firstPoint = new Uint32Array(assetCount + 1);
  layout.assets.forEach(({ template }, a) => {
    firstPoint[a + 1] = (firstPoint[a] ?? 0) + (templates.get(template)?.kind.length ?? 0);
  });
  const pointCount = firstPoint[assetCount] ?? 0;
  const out: ExpandedLayout = {
    layout,
    hash: layoutHash(layout),
    pointCount,
    assetCount,
    firstPoint,
    assetOf: new Uint32Array(pointCount),
    kindOf: new Uint8Array(pointCount),
    position: new Float32Array(3 * pointCount),
    areaOf: new Uint16Array(assetCount),
    box: new Float32Array(6 * assetCount),
  };
  layout.assets.forEach((asset, a) => {
    const template = templates.get(asset.template);
    if (template === undefined) throw new RangeError(`asset ${asset.id} names no template of the layout`);
    out.areaOf[a] = areas.get(asset.area) ?? 0;
    expandAsset(out, a, asset, template);
  });
  return out;
}

const columnsOf = (
  { size, points }: LayoutTemplate,
  kinds: ReadonlyMap<string, number>,
): TemplateColumns => ({
  size,
  kind: Uint8Array.from(points, ({ kind }) => kinds.get(kind) ?? 0),
  at: Float64Array.from(points.flatMap(({ at }) => at)),
});

/** A million points are expanded before the first picture: nothing is allocated here. */
function expandAsset(out: ExpandedLayout, a: number, asset: LayoutAsset, template: TemplateColumns): void {
  const { box, firstPoint, position } = out;
  const { at, kind } = template;
  const { x, y, z } = placeOf(asset);
  const turn = ((asset.turn ?? 0) * Math.PI) / 180;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const first = firstPoint[a] ?? 0;
  out.kindOf.set(kind, first);
  out.assetOf.fill(a, first, first + kind.length);
  for (let from = 0, to = 3 * first; from < at.length; from += 3, to += 3) {
    const px = at[from] ?? 0;
    const pz = at[from + 2] ?? 0;
    position[to] = x + px * cos + pz * sin;
    position[to + 1] = y + (at[from + 1] ?? 0);
    position[to + 2] = z - px * sin + pz * cos;
  }
  const [width, height, depth] = template.size;
  const halfX = (Math.abs(width * cos) + Math.abs(depth * sin)) / 2;
  const halfZ = (Math.abs(width * sin) + Math.abs(depth * cos)) / 2;
  box[6 * a] = x - halfX;
  box[6 * a + 1] = y;
  box[6 * a + 2] = z - halfZ;
  box[6 * a + 3] = x + halfX;
  box[6 * a + 4] = y + height;
  box[6 * a + 5] = z + halfZ;
}

function placeOf({ at }: LayoutAsset): { readonly x: number; readonly y: number; readonly z: number } {
  return at.length === 2 ? { x: at[0], y: 0, z: at[1] } : { x: at[0], y: at[1], z: at[2] };
}

/** The tag of a point. */
export function pointTag({ layout, assetOf, firstPoint }: ExpandedLayout, point: number): string {
  const a = assetOf[point] ?? 0;
  const asset = layout.assets[a];
  const template = layout.templates.find(({ id }) => id === asset?.template);
  return `${asset?.id ?? ""}/${template?.points[point - (firstPoint[a] ?? 0)]?.name ?? ""}`;
}

/** Finds points by their tags. */
export function createPointFinder({
  layout,
  firstPoint,
}: ExpandedLayout): (tag: string) => number | undefined {
  const assets = new Map(layout.assets.map(({ id }, a) => [id, a]));
  const slots = new Map(
    layout.templates.map(({ id, points }) => [id, new Map(points.map(({ name }, p) => [name, p]))]),
  );
  return (tag) => {
    const cut = tag.lastIndexOf("/");
    const a = assets.get(tag.slice(0, cut));
    const slot = slots.get(layout.assets[a ?? -1]?.template ?? "")?.get(tag.slice(cut + 1));
    return a === undefined || slot === undefined ? undefined : (firstPoint[a] ?? 0) + slot;
  };
}
