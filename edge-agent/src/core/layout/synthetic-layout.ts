import { createPrng } from "../prng.ts";
import { arrange } from "./arrange.ts";
import { templateOf } from "./auto-layout.ts";
import type { LayoutAsset, LayoutTemplate, PlantLayout } from "./plant-layout.ts";
import { createKindTable, type KindTable, roleOf } from "./point-kinds.ts";
import { SYNTHETIC_AREAS, SYNTHETIC_TEMPLATES, type SyntheticTemplate } from "./synthetic-templates.ts";

export interface SyntheticOptions {
  /** As many as are wanted, exactly. */
  readonly points: number;
  readonly seed?: number;
  readonly site?: string;
}

const POINTS_PER_ASSET = 50;
const ASSETS_PER_AREA = 120;
const ASSETS_PER_LINE = 12;
const LINES_PER_CELL = 6;

interface Kind {
  readonly made: LayoutTemplate;
  readonly from: SyntheticTemplate;
}

/** A believable plant of any size: the same seed always gives the same one. */
export function syntheticLayout({ points, seed = 1, site = "plant" }: SyntheticOptions): PlantLayout {
  const kinds = createKindTable();
  const random = createPrng(seed);
  const chosen = choose(points, kinds, random);
  const areaCount = Math.min(
    SYNTHETIC_AREAS.length,
    Math.max(1, Math.round(chosen.length / ASSETS_PER_AREA)),
  );
  const perArea = Math.ceil(chosen.length / areaCount);
  const grounds = Array.from({ length: areaCount }, (_, a) => chosen.slice(a * perArea, (a + 1) * perArea));
  const slabs = arrange(grounds.map((members) => ({ lines: linesOf(members) })));
  const assets = grounds.flatMap((members, a) =>
    members.map((kind, i) =>
      assetOf({ site, a, i, kind, at: slabs[a]?.at, quarter: Math.floor(random() * 4) }),
    ),
  );
  return {
    version: "plant-layout/v1",
    site,
    kinds: kinds.kinds(),
    areas: slabs.map(({ at: _, ...bounds }, a) => {
      const { id, name } = areaAt(a);
      return { id: `${site}/${id}`, name, ...bounds };
    }),
    templates: [...new Map(chosen.map(({ made }) => [made.id, made])).values()],
    assets,
  };
}

/** Templates by chance, about 50 points each, with exactly `points` together: the last one has what is left over. */
function choose(points: number, kinds: KindTable, random: () => number): Kind[] {
  const all = SYNTHETIC_TEMPLATES.map(
    (from): Kind => ({ from, made: made(from.id, from, pointsOf(from), kinds) }),
  );
  const chosen: Kind[] = [];
  let left = points;
  const most = Math.max(...all.map((kind) => kind.made.points.length));
  while (left > most) {
    const ahead = points - left - chosen.length * POINTS_PER_ASSET;
    // Small ones when the last were large, so that the number of assets fits the number of points.
    const fitting = all.filter((kind) => ahead > 0 === kind.made.points.length <= POINTS_PER_ASSET);
    const kind = fitting[Math.floor(random() * fitting.length)];
    if (kind === undefined) break;
    chosen.push(kind);
    left -= kind.made.points.length;
  }
  const from = SYNTHETIC_TEMPLATES.find(({ shape }) => shape === "cabinet");
  if (left > 0 && from !== undefined) {
    const channels = Array.from({ length: left }, (_, i) => ({ name: `channel-${i + 1}`, unit: "1" }));
    chosen.push({ from, made: made(`${from.id}-${left}`, from, channels, kinds) });
  }
  return chosen;
}

interface NamedPoint {
  readonly name: string;
  readonly unit: string;
}

const pointsOf = ({ points }: SyntheticTemplate): NamedPoint[] =>
  Object.entries(points).flatMap(([unit, names]) => names.split(" ").map((name) => ({ name, unit })));

const made = (id: string, { shape }: SyntheticTemplate, points: readonly NamedPoint[], kinds: KindTable) =>
  templateOf(
    id,
    shape,
    points.map(({ name, unit }) => ({ name, kind: kinds.idOf(unit), role: roleOf(unit) })),
  );

const linesOf = (members: readonly Kind[]) =>
  Array.from({ length: Math.ceil(members.length / ASSETS_PER_LINE) }, (_, line) =>
    members
      .slice(line * ASSETS_PER_LINE, (line + 1) * ASSETS_PER_LINE)
      .map(({ made: { size } }) => ({ width: size[0], depth: size[2] })),
  );

const areaAt = (a: number) =>
  SYNTHETIC_AREAS[a] ?? { id: `area-${a + 1}`, name: `Area ${a + 1}`, code: "EAB" };

const digits = (value: number, width: number): string => String(value).padStart(width, "0");

function assetOf(of: {
  readonly site: string;
  readonly a: number;
  readonly i: number;
  readonly kind: Kind;
  readonly at: Float64Array | undefined;
  readonly quarter: number;
}): LayoutAsset {
  const { site, a, i, kind, at, quarter } = of;
  const area = areaAt(a);
  const line = Math.floor(i / ASSETS_PER_LINE) + 1;
  const cell = Math.floor((line - 1) / LINES_PER_CELL) + 1;
  const number = digits(i + 1, 3);
  const { from, made: template } = kind;
  return {
    id: `${site}/${area.id}/line-${line}/cell-${cell}/${from.id}-${number}`,
    name: `${from.name} ${number}`,
    code: `${10 + 10 * Math.floor(line / 100)}${area.code}${digits(line % 100, 2)}${from.code}${number}`,
    area: `${site}/${area.id}`,
    template: template.id,
    at: [at?.[2 * i] ?? 0, at?.[2 * i + 1] ?? 0],
    // As they stand in a hall: most one way, some the other way round.
    ...(quarter === 0 && { turn: 180 }),
  };
}
