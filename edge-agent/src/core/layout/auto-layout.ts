import type { Machine } from "../machine.ts";
import type { AssetPath, Tag } from "../tag.ts";
import { arrange } from "./arrange.ts";
import { partsOf, sizeOf } from "./machine-parts.ts";
import { type MachineShape, shapeOf } from "./machine-shape.ts";
import type { LayoutAsset, LayoutTemplate, PlantLayout, PointKind } from "./plant-layout.ts";
import { createKindTable, type KindTable, type PointRole, roleOf } from "./point-kinds.ts";
import { placesOf } from "./point-places.ts";

type PlacedTag = Pick<Tag, "id" | "name" | "path" | "unit"> & { readonly limits?: unknown };

/** What a plant is laid out from, where nobody has drawn it. */
export interface LayoutSource {
  readonly site: string;
  readonly timeZone?: string | undefined;
  readonly machines: readonly Pick<Machine, "id" | "name">[];
  readonly tags: readonly PlacedTag[];
  /** Each becomes a point that shows the anomaly score of its sensor. */
  readonly waveforms: readonly PlacedTag[];
}

interface Found {
  readonly id: string;
  readonly path: AssetPath;
  readonly points: { readonly name: string; readonly kind: string; readonly role: PointRole }[];
  isListenedTo: boolean;
}

interface Shaped {
  readonly found: Found;
  readonly template: LayoutTemplate;
}

/** A sensible layout from machines and tags alone. Areas are those of the asset paths, lines stand together, and assets
 *  keep the order of the tags: what is added at the end of a line moves nothing but what comes after it. */
export function autoLayout(source: LayoutSource): PlantLayout {
  const kinds = createKindTable();
  const names = new Map(source.machines.map(({ id, name }) => [id, name]));
  const assets = assetsOf(source, kinds);
  const templateOf = createTemplates();
  const areas = new Map<string, Map<string, Shaped[]>>();
  for (const found of assets) {
    const { id, path, points, isListenedTo } = found;
    const shape = shapeOf({ id, name: names.get(id), points: points.length, isListenedTo });
    const lines = entry(areas, `${path.site}/${path.area}`, () => new Map<string, Shaped[]>());
    entry(lines, path.line, (): Shaped[] => []).push({ found, template: templateOf(shape, points) });
  }
  return placed(source, areas, kinds.kinds(), names);
}

function placed(
  source: LayoutSource,
  areas: ReadonlyMap<string, ReadonlyMap<string, readonly Shaped[]>>,
  kinds: readonly PointKind[],
  names: ReadonlyMap<string, string>,
): PlantLayout {
  const grounds = [...areas.values()].map((lines) => [...lines.values()]);
  const slabs = arrange(
    grounds.map((lines) => ({
      lines: lines.map((line) => line.map(({ template: { size } }) => ({ width: size[0], depth: size[2] }))),
    })),
  );
  const templates = new Map<string, LayoutTemplate>();
  const assets: LayoutAsset[] = [];
  const areaIds = [...areas.keys()];
  for (const [a, lines] of grounds.entries()) {
    const at = slabs[a]?.at ?? new Float64Array();
    for (const [i, { found, template }] of lines.flat().entries()) {
      templates.set(template.id, template);
      const name = names.get(found.id);
      assets.push({
        id: found.id,
        ...(name !== undefined && name !== found.path.asset && { name }),
        area: areaIds[a] ?? "",
        template: template.id,
        at: [at[2 * i] ?? 0, at[2 * i + 1] ?? 0],
      });
    }
  }
  return {
    version: "plant-layout/v1",
    site: source.site,
    ...(source.timeZone !== undefined && { timeZone: source.timeZone }),
    kinds,
    areas: slabs.map(({ at: _, ...bounds }, a) => {
      const id = areaIds[a] ?? "";
      return { id, name: areaName(id, source.site), ...bounds };
    }),
    templates: [...templates.values()],
    assets,
  };
}

/** The site is told only where it is not the plant's own. */
const areaName = (id: string, site: string): string =>
  id.startsWith(`${site}/`) ? id.slice(site.length + 1) : id;

function assetsOf({ tags, waveforms }: LayoutSource, kinds: KindTable): Iterable<Found> {
  const assets = new Map<string, Found>();
  // Tags of an asset mostly follow each other.
  let last: Found | undefined;
  const assetOf = ({ id, path, name }: PlacedTag): Found => {
    const asset = id.slice(0, id.length - name.length - 1);
    if (last?.id === asset) return last;
    last = entry(assets, asset, () => ({ id: asset, path, points: [], isListenedTo: false }));
    return last;
  };
  for (const tag of tags) {
    const role = roleOf(tag.unit);
    const asset = assetOf(tag);
    asset.points.push({ name: tag.name, kind: kinds.idOf(tag.unit, limitsOf(tag)), role });
    if (role === "speed") asset.isListenedTo = true;
  }
  for (const waveform of waveforms) {
    const asset = assetOf(waveform);
    asset.points.push({ name: waveform.name, kind: kinds.anomaly(), role: "vibration" });
    asset.isListenedTo = true;
  }
  return assets.values();
}

const LIMIT_NAMES = ["lowLow", "low", "high", "highHigh"] as const;

function limitsOf({ limits }: PlacedTag): readonly number[] | undefined {
  if (typeof limits !== "object" || limits === null) return undefined;
  const given = limits as Readonly<Record<string, unknown>>;
  return LIMIT_NAMES.map((name) => given[name]).filter((value) => typeof value === "number");
}

/** Assets of the same shape with the same points share a template. */
function createTemplates(): (shape: MachineShape, points: Found["points"]) => LayoutTemplate {
  const templates = new Map<string, LayoutTemplate>();
  const counts = new Map<MachineShape, number>();
  return (shape, points) => {
    let key: string = shape;
    for (const { name, kind } of points) key += `\n${name}\t${kind}`;
    return entry(templates, key, () => {
      const count = (counts.get(shape) ?? 0) + 1;
      counts.set(shape, count);
      return templateOf(count === 1 ? shape : `${shape}-${count}`, shape, points);
    });
  };
}

/** A machine of that shape with its points on it. */
export function templateOf(
  id: string,
  shape: MachineShape,
  points: readonly { readonly name: string; readonly kind: string; readonly role: PointRole }[],
): LayoutTemplate {
  const parts = partsOf(shape);
  const size = sizeOf(parts);
  const places = placesOf(
    shape,
    size,
    points.map(({ role }) => role),
  );
  return {
    id,
    size,
    parts,
    points: points.map(({ name, kind }, i) => ({ name, kind, at: places[i] ?? [0, 0, 0] })),
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
