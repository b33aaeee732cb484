import type { MachineDto, PlantLayout } from "@stethos/edge-agent/core";
import type { TrendSubject } from "./trend-board.ts";

export interface FoundAsset {
  readonly kind: "asset" | "machine";
  readonly id: string;
  readonly name: string;
  /** Plant code (KKS). */
  readonly code?: string;
}

export interface FoundPoint {
  readonly kind: "point";
  /** What it is drawn by; the id of a tag is the tag. */
  readonly subject: TrendSubject;
  readonly name: string;
  readonly asset: FoundAsset;
}

/** Best first. */
export interface Findings {
  readonly machines: readonly FoundAsset[];
  readonly assets: readonly FoundAsset[];
  readonly points: readonly FoundPoint[];
  /** How many points there would be without the limit; some thousands at most, beyond them nobody looks. */
  readonly pointCount: number;
}

export interface FindIndex {
  /** @param most of each sort */
  search(query: string, most: number): Findings;
}

export interface FindSource {
  readonly layout: PlantLayout | undefined;
  readonly machines: Iterable<MachineDto>;
  /** What sensors' scores and the health are called; absent: they are not found. */
  readonly words?: { readonly anomaly: string; readonly health: string };
}

interface PointName {
  /** After the asset's id and a slash; the whole id of what is no tag of the layout. */
  readonly name: string;
  readonly text: string;
  readonly lower: string;
  readonly subject?: TrendSubject;
}

interface AssetEntry {
  readonly asset: FoundAsset;
  readonly lower: string;
  readonly lowerId: string;
  readonly points: readonly PointName[];
}

/** Small letters, full-width digits and letters as plain ones. */
const plain = (text: string): string => text.normalize("NFKC").toLowerCase();

/** Beyond so many the words say too little to rank by. */
const MOST_CANDIDATES = 2_000;
const MOST_WORDS = 16;
const SLICE = 2_000;

const lastPart = (id: string): string => id.slice(id.lastIndexOf("/") + 1);

function machinePoints(machine: MachineDto, words: FindSource["words"]): readonly PointName[] {
  const sensors = new Set(machine.sensors.map(({ id }) => id));
  const point = (subject: TrendSubject, text: string): PointName => ({
    name: subject.id,
    text,
    lower: plain(`${text} ${lastPart(subject.id)}`),
    subject,
  });
  const tags = machine.tags
    .filter(({ id }) => !sensors.has(id))
    .map(({ id, name }) => point({ kind: "tag", id }, name));
  if (words === undefined) return tags;
  return [
    point({ kind: "health", id: machine.id }, words.health),
    ...machine.sensors.map(({ id, name }) => point({ kind: "score", id }, `${words.anomaly}, ${name}`)),
    ...tags,
  ];
}

/** Of a machine: what its tags are called, and then the points of the layout that it has no tag for. */
function pointsOf(
  machine: MachineDto | undefined,
  id: string,
  template: readonly PointName[],
  words: FindSource["words"],
): readonly PointName[] {
  if (machine === undefined) return template;
  const own = machinePoints(machine, words);
  const known = new Set([...machine.tags.map((tag) => tag.id), ...machine.sensors.map((one) => one.id)]);
  return [...own, ...template.filter(({ name }) => !known.has(`${id}/${name}`))];
}

function entryOf(
  asset: { readonly id: string; readonly name: string; readonly code?: string | undefined },
  kind: FoundAsset["kind"],
  points: readonly PointName[],
): AssetEntry {
  const { id, name, code } = asset;
  return {
    asset: { kind, id, name, ...(code === undefined ? {} : { code }) },
    lower: plain(`${name} ${code ?? ""} ${code?.replaceAll(" ", "") ?? ""} ${id}`),
    lowerId: plain(id),
    points,
  };
}

/** Builds the index a slice at a time: each step of the generator is short enough for a picture between two of them. */
export function* buildFindIndex(source: FindSource): Generator<undefined, FindIndex> {
  const { layout, words } = source;
  const machines = new Map([...source.machines].map((machine) => [machine.id, machine]));
  const templates = new Map(
    (layout?.templates ?? []).map(({ id, points }) => [
      id,
      points.map(({ name }) => ({ name, text: name, lower: plain(name) })),
    ]),
  );
  const entries: AssetEntry[] = [];
  for (const asset of layout?.assets ?? []) {
    const machine = machines.get(asset.id);
    machines.delete(asset.id);
    const points = pointsOf(machine, asset.id, templates.get(asset.template) ?? [], words);
    const name = machine?.name ?? asset.name ?? lastPart(asset.id);
    entries.push(entryOf({ ...asset, name }, machine === undefined ? "asset" : "machine", points));
    if (entries.length % SLICE === 0) yield;
  }
  for (const machine of machines.values()) {
    entries.push(entryOf(machine, "machine", machinePoints(machine, words)));
  }
  return { search: (query, most) => search(entries, plain(query).trim(), most) };
}

interface Words {
  readonly all: readonly string[];
  /** Each bit a word that was found. */
  readonly every: number;
  /** Of words with a slash: what must end the asset's id, and what must begin the point's name. */
  readonly tails: readonly { readonly bit: number; readonly head: string; readonly tail: string }[];
}

function wordsOf(query: string): Words {
  const all = query
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, MOST_WORDS);
  return {
    all,
    every: 2 ** all.length - 1,
    tails: all.flatMap((word, i) => {
      const cut = word.lastIndexOf("/");
      return cut <= 0 ? [] : [{ bit: 1 << i, head: word.slice(0, cut), tail: word.slice(cut + 1) }];
    }),
  };
}

const maskOf = (text: string, words: readonly string[]): number => {
  let mask = 0;
  for (let i = 0; i < words.length; i += 1) if (text.includes(words[i] ?? "")) mask |= 1 << i;
  return mask;
};

/** What each list of points has of the words; lists are shared by all assets of a template. */
interface ListMask {
  readonly each: readonly number[];
  readonly any: number;
}

function listMask(points: readonly PointName[], { all, tails }: Words): ListMask {
  let any = 0;
  const each = points.map(({ lower }) => {
    let mask = maskOf(lower, all);
    // Its tail alone is not the word: whether the head fits, the asset decides.
    for (const { bit, tail } of tails) if (lower.startsWith(tail)) mask |= bit << MOST_WORDS;
    any |= mask;
    return mask;
  });
  return { each, any };
}

/** 0 is best. */
function rankAsset({ asset, lower }: AssetEntry, query: string): number {
  const tight = query.replaceAll(" ", "");
  const code = plain(asset.code ?? "").replaceAll(" ", "");
  if (code !== "" && code.startsWith(tight)) return code === tight ? 0 : 1;
  const name = plain(asset.name);
  if (name === query || plain(lastPart(asset.id)) === query) return 0;
  if (name.startsWith(query)) return 1;
  return lower.includes(` ${query}`) ? 2 : 3;
}

const rankPoint = ({ lower }: PointName, word: string): number =>
  lower === word ? 0 : lower.startsWith(word) ? 1 : 2;

function search(entries: readonly AssetEntry[], query: string, most: number): Findings {
  const words = wordsOf(query);
  if (words.all.length === 0) return { machines: [], assets: [], points: [], pointCount: 0 };
  const lists = new Map<readonly PointName[], ListMask>();
  const assets: { readonly entry: AssetEntry; readonly rank: number }[] = [];
  const points: { readonly entry: AssetEntry; readonly point: PointName; readonly rank: number }[] = [];

  const addPoints = (entry: AssetEntry, assetMask: number, list: ListMask): void => {
    let heads = 0;
    for (const { bit, head } of words.tails) if (entry.lowerId.endsWith(head)) heads |= bit;
    for (let p = 0; p < list.each.length; p += 1) {
      const mask = list.each[p] ?? 0;
      const own = (mask & words.every) | ((mask >> MOST_WORDS) & heads);
      if (own === 0 || (own | assetMask) !== words.every) continue;
      const point = entry.points[p];
      if (point === undefined) continue;
      const rank = Math.min(...words.all.map((word) => rankPoint(point, word)));
      points.push({ entry, point, rank });
    }
  };

  for (const entry of entries) {
    const assetMask = maskOf(entry.lower, words.all);
    if (assetMask === words.every) assets.push({ entry, rank: rankAsset(entry, query) });
    let list = lists.get(entry.points);
    if (list === undefined) {
      list = listMask(entry.points, words);
      lists.set(entry.points, list);
    }
    const possible = (list.any & words.every) | ((list.any >> MOST_WORDS) & words.every);
    if (points.length < MOST_CANDIDATES && possible !== 0 && (possible | assetMask) === words.every)
      addPoints(entry, assetMask, list);
  }

  const best = (kind: FoundAsset["kind"]): readonly FoundAsset[] =>
    assets
      .filter(({ entry }) => entry.asset.kind === kind)
      .sort((a, b) => a.rank - b.rank)
      .slice(0, most)
      .map(({ entry }) => entry.asset);
  return {
    machines: best("machine"),
    assets: best("asset"),
    pointCount: points.length,
    points: points
      .sort((a, b) => a.rank - b.rank)
      .slice(0, most)
      .map(({ entry, point }) => ({
        kind: "point",
        subject: point.subject ?? { kind: "tag", id: `${entry.asset.id}/${point.name}` },
        name: point.text,
        asset: entry.asset,
      })),
  };
}
