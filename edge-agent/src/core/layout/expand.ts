import { layoutHash } from "./layout-hash.ts";
import type { LayoutAsset, LayoutTemplate, PlantLayout } from "./plant-layout.ts";

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

/** @param layout checked: every template, kind and area that is named is there */
export function expandLayout(layout: PlantLayout): ExpandedLayout {
  const templates = new Map(layout.templates.map((template) => [template.id, template]));
  const kinds = new Map(layout.kinds.map(({ id }, i) => [id, i]));
  const areas = new Map(layout.areas.map(({ id }, i) => [id, i]));
  const assetCount = layout.assets.length;
  const firstPoint = new Uint32Array(assetCount + 1);
  layout.assets.forEach(({ template }, a) => {
    firstPoint[a + 1] = (firstPoint[a] ?? 0) + (templates.get(template)?.points.length ?? 0);
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
    expandAsset(out, a, asset, template, kinds);
  });
  return out;
}

function expandAsset(
  out: ExpandedLayout,
  a: number,
  asset: LayoutAsset,
  template: LayoutTemplate,
  kinds: ReadonlyMap<string, number>,
): void {
  const { x, y, z } = placeOf(asset);
  const turn = ((asset.turn ?? 0) * Math.PI) / 180;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  let p = out.firstPoint[a] ?? 0;
  for (const point of template.points) {
    const [px, py, pz] = point.at;
    out.assetOf[p] = a;
    out.kindOf[p] = kinds.get(point.kind) ?? 0;
    out.position.set([x + px * cos + pz * sin, y + py, z - px * sin + pz * cos], 3 * p);
    p += 1;
  }
  const [width, height, depth] = template.size;
  const halfX = (Math.abs(width * cos) + Math.abs(depth * sin)) / 2;
  const halfZ = (Math.abs(width * sin) + Math.abs(depth * cos)) / 2;
  out.box.set([x - halfX, y, z - halfZ, x + halfX, y + height, z + halfZ], 6 * a);
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
