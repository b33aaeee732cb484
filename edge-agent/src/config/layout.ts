import { dirname } from "node:path";
import { autoLayout, type LayoutSource, templateOf } from "../core/layout/auto-layout.ts";
import type { LayoutAsset, LayoutTemplate, PlantLayout } from "../core/layout/plant-layout.ts";
import { readLayout } from "./layout-file.ts";
import type { ConfigProblem } from "./problem.ts";

export interface LoadedLayout {
  readonly layout: PlantLayout;
  /** Of the layout's file; absent of an automatic one. */
  readonly folder?: string;
  readonly warnings: readonly ConfigProblem[];
}

const NOT_PLACED = "not placed";
/** Names in a warning; more would only be scrolled past. */
const NAMED = 10;
const GAP = 4;

/** The layout of a configuration: its file, where it names one, with room for every tag; else one made from the tags.
 *  @param file absolute
 *  @throws ConfigError where the file is wrong */
export function loadLayout(file: string | undefined, source: LayoutSource): LoadedLayout {
  if (file === undefined) return { layout: autoLayout(source), warnings: [] };
  const { layout, warnings } = readLayout(file);
  const { timeZone = layout.timeZone } = source;
  const { layout: complete, missing } = placeRest({ ...layout, timeZone }, source);
  if (missing.length === 0) return { layout: complete, folder: dirname(file), warnings };
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
  const message = `has no place for ${missing.slice(0, NAMED).join(", ")}${more}; placed automatically`;
  return {
    layout: complete,
    folder: dirname(file),
    warnings: [...warnings, { file, line: 1, column: 1, path: "", message }],
  };
}

/** Adds a place for each tag that the layout has none for: to its asset where that stands, else with a machine of its
 *  own in an area beside the plant. */
export function placeRest(
  layout: PlantLayout,
  source: LayoutSource,
): { readonly layout: PlantLayout; readonly missing: readonly string[] } {
  const templates = new Map(layout.templates.map((template) => [template.id, template]));
  const names = new Map(
    layout.templates.map(({ id, points }) => [id, new Set(points.map((one) => one.name))]),
  );
  const assets = new Map(layout.assets.map((asset) => [asset.id, asset]));
  const isMissing = ({ id, name }: LayoutSource["tags"][number]): boolean => {
    const asset = assets.get(id.slice(0, -name.length - 1));
    return asset === undefined || names.get(asset.template)?.has(name) !== true;
  };
  const tags = source.tags.filter(isMissing);
  const waveforms = source.waveforms.filter(isMissing);
  const missing = [...tags, ...waveforms].map(({ id }) => id);
  if (missing.length === 0) return { layout, missing };
  const rest = autoLayout({ ...source, tags, waveforms });
  const added = new Map(rest.templates.map((template) => [template.id, template]));
  const result = { templates: [...layout.templates], assets: [...layout.assets] };
  const strangers: LayoutAsset[] = [];
  const widened = new Map<string, string>();
  for (const one of rest.assets) {
    const extra = added.get(one.template);
    const known = assets.get(one.id);
    const template = templates.get(known?.template ?? "");
    if (extra === undefined) continue;
    if (known === undefined || template === undefined) {
      strangers.push(one);
      continue;
    }
    const key = `${template.id} + ${extra.id}`;
    const id = widened.get(key) ?? freeId(key, templates);
    if (!widened.has(key)) result.templates.push(wider(id, template, extra));
    widened.set(key, id);
    result.assets[layout.assets.indexOf(known)] = { ...known, template: id };
  }
  return { layout: withStrangers({ ...layout, ...result }, rest, strangers), missing };
}

/** A template with the points of another one, on a grid before it. */
function wider(id: string, template: LayoutTemplate, extra: LayoutTemplate): LayoutTemplate {
  const { size } = template;
  const places = templateOf(
    "",
    "cabinet",
    extra.points.map((point) => ({ ...point, role: "other" as const })),
  );
  const points = extra.points.map((point, i) => {
    const [x, y] = places.points[i]?.at ?? [0, 0, 0];
    const [width, height] = places.size;
    return { ...point, at: [(x / width) * size[0], (y / height) * size[1], size[2] / 2] as const };
  });
  return { ...template, id, points: [...template.points, ...points] };
}

/** The machines that the layout does not know, in an area to the right of it. */
function withStrangers(
  layout: PlantLayout,
  rest: PlantLayout,
  strangers: readonly LayoutAsset[],
): PlantLayout {
  const kinds = [
    ...layout.kinds,
    ...rest.kinds.filter((kind) => !layout.kinds.some(({ id }) => id === kind.id)),
  ];
  if (strangers.length === 0) return { ...layout, kinds };
  const right = layout.areas.reduce((most, { maxX }) => Math.max(most, maxX), 0) + GAP;
  const taken = new Map(layout.templates.map((template) => [template.id, template]));
  const renamed = new Map(rest.templates.map(({ id }) => [id, freeId(id, taken)]));
  const used = new Set(strangers.map(({ template }) => template));
  const area = {
    id: freeId(NOT_PLACED, new Map(layout.areas.map((one) => [one.id, one]))),
    name: NOT_PLACED,
    minX: right,
    maxX: right + Math.max(...rest.areas.map(({ maxX }) => maxX)),
    minZ: 0,
    maxZ: Math.max(...rest.areas.map(({ maxZ }) => maxZ)),
  };
  return {
    ...layout,
    kinds,
    areas: [...layout.areas, area],
    templates: [
      ...layout.templates,
      ...rest.templates
        .filter(({ id }) => used.has(id))
        .map((template) => ({ ...template, id: renamed.get(template.id) ?? template.id })),
    ],
    assets: [
      ...layout.assets,
      ...strangers.map(({ at, template, ...asset }) => ({
        ...asset,
        area: area.id,
        template: renamed.get(template) ?? template,
        at: [at[0] + right, at[1]] as const,
      })),
    ],
  };
}

function freeId(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  let id = wanted;
  for (let n = 2; taken.has(id); n += 1) id = `${wanted} (${n})`;
  return id;
}
