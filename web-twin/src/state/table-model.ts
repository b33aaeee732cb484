import { dequantise, NO_VALUE, PointState, urgencyOf } from "@stethos/edge-agent/core";
import type { PointsView } from "./points.ts";

export const TABLE_COLUMNS = ["state", "asset", "code", "point", "value", "unit", "age"] as const;
export type TableColumn = (typeof TABLE_COLUMNS)[number];

export const STATE_FILTERS = ["all", "abnormal", "unacknowledged", "stale", "inhibited"] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

export interface TableQuery {
  readonly of: "assets" | "points";
  /** Index of the area. */
  readonly area?: number;
  /** Index of the kind; says nothing of assets. */
  readonly kind?: number;
  readonly state: StateFilter;
  /** Words of asset, code and point, all of which must be there. */
  readonly text: string;
  readonly sort: TableColumn;
  readonly isDescending: boolean;
}

export const firstQuery: TableQuery = {
  of: "points",
  state: "all",
  text: "",
  sort: "state",
  isDescending: true,
};

/** Which rows a table shows, in which order. */
export interface TableModel {
  /** Indices of points or assets. */
  rows(query: TableQuery): Uint32Array;
}

const URGENCY = Uint8Array.from({ length: 256 }, (_, state) => urgencyOf(state));
/** See urgencyOf. */
const MOST_URGENT = 7;
const UNSEEN = PointState.unacknowledged | PointState.returned;
const INHIBITED = PointState.silenced | PointState.outOfService;

function isShown(state: number, filter: StateFilter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "abnormal":
      return (URGENCY[state] ?? 0) > 1;
    case "unacknowledged":
      return (state & UNSEEN) !== 0 && (state & INHIBITED) === 0;
    case "stale":
      return (state & PointState.stale) !== 0;
    case "inhibited":
      return (state & INHIBITED) !== 0;
  }
}

/** Place of each text among all of them, as people sort. */
function ranks(texts: readonly string[]): Uint32Array {
  const order = new Intl.Collator(undefined, { numeric: true });
  const distinct = [...new Set(texts)].sort(order.compare);
  const place = new Map(distinct.map((text, i) => [text, i]));
  return Uint32Array.from(texts, (text) => place.get(text) ?? 0);
}

/** As many bits as there can be rows: the place of a row goes below its key, and both are sorted as one number. */
const ROW_BITS = 2 ** 21;
const HIGHEST_KEY = 2 ** 32 - 1;

const BITS = new DataView(new ArrayBuffer(4));

/** Keeps the order of numbers in 32 bits. NaN is lowest. */
export function sortable(value: number): number {
  if (Number.isNaN(value)) return 0;
  BITS.setFloat32(0, value);
  const bits = BITS.getUint32(0);
  return (bits & 0x8000_0000) === 0 ? (bits | 0x8000_0000) >>> 0 : ~bits >>> 0;
}
/** The rows in the order of their keys, equal ones in the order of the plant. */
function byKey(
  keyOf: (row: number) => number,
  count: number,
  isKept: (row: number) => boolean,
  isDescending: boolean,
): Uint32Array {
  const keys = new Float64Array(count);
  let kept = 0;
  for (let row = 0; row < count; row += 1) {
    if (!isKept(row)) continue;
    const key = keyOf(row);
    keys[kept] = (isDescending ? HIGHEST_KEY - key : key) * ROW_BITS + row;
    kept += 1;
  }
  return Uint32Array.from(keys.subarray(0, kept).sort(), (key) => key % ROW_BITS);
}

/** The same by urgency, which has eight steps only: they are counted instead of compared. A live table does it again and
 *  again, 100,000 rows in a few milliseconds. */
function byUrgency(
  states: Uint8Array,
  count: number,
  isKept: (row: number) => boolean,
  isDescending: boolean,
): Uint32Array {
  const stepOf = (row: number): number => {
    const urgency = URGENCY[states[row] ?? 0] ?? 0;
    return isDescending ? MOST_URGENT - urgency : urgency;
  };
  const kept = new Uint32Array(count);
  const starts = new Uint32Array(MOST_URGENT + 2);
  let length = 0;
  for (let row = 0; row < count; row += 1) {
    if (!isKept(row)) continue;
    kept[length] = row;
    length += 1;
    const step = stepOf(row);
    starts[step + 1] = (starts[step + 1] ?? 0) + 1;
  }
  for (let step = 1; step < starts.length; step += 1)
    starts[step] = (starts[step] ?? 0) + (starts[step - 1] ?? 0);
  const rows = new Uint32Array(length);
  for (let i = 0; i < length; i += 1) {
    const row = kept[i] ?? 0;
    const step = stepOf(row);
    const at = starts[step] ?? 0;
    rows[at] = row;
    starts[step] = at + 1;
  }
  return rows;
}

/** @param names of the assets as they are shown
 *  @param changedMs when a point changed, where that is known */
export function createTableModel(
  view: PointsView,
  names: readonly string[],
  changedMs: (point: number) => number | undefined,
): TableModel {
  const { layout, value, state, rollUp } = view;
  const { assets, kinds, templates } = layout.layout;
  const lists = new Map(templates.map(({ id, points }) => [id, points.map(({ name }) => name)]));
  const pointsOf = (asset: number): readonly string[] => lists.get(assets[asset]?.template ?? "") ?? [];
  const assetText = assets.map(({ id, code }, a) =>
    `${names[a] ?? ""} ${code ?? ""} ${code?.replaceAll(" ", "") ?? ""} ${id}`.toLowerCase(),
  );
  const slotOf = (point: number, asset: number): number => point - (layout.firstPoint[asset] ?? 0);
  const nameOf = (point: number): string => {
    const asset = layout.assetOf[point] ?? 0;
    return pointsOf(asset)[slotOf(point, asset)] ?? "";
  };
  let cachedRanks: { asset: Uint32Array; code: Uint32Array; point: Map<string, number> } | undefined;
  const ranked = (): NonNullable<typeof cachedRanks> => {
    const pointNames = [...new Set([...lists.values()].flat())];
    const pointRanks = ranks(pointNames);
    cachedRanks ??= {
      asset: ranks(names),
      code: ranks(assets.map(({ code }) => code ?? "")),
      point: new Map(pointNames.map((name, i) => [name, pointRanks[i] ?? 0])),
    };
    return cachedRanks;
  };

  const measured = (point: number): number => {
    const kind = kinds[layout.kindOf[point] ?? 0];
    const step = value[point] ?? NO_VALUE;
    return kind === undefined ? Number.NaN : dequantise(step, kind.low, kind.high);
  };

  /** Larger is later in an ascending order. */
  const keyOfPoint = (sort: Exclude<TableColumn, "state">): ((point: number) => number) => {
    const rank = ranked();
    const asset = (point: number): number => layout.assetOf[point] ?? 0;
    switch (sort) {
      case "asset":
        return (point) => rank.asset[asset(point)] ?? 0;
      case "code":
        return (point) => rank.code[asset(point)] ?? 0;
      case "point":
        return (point) => rank.point.get(nameOf(point)) ?? 0;
      case "value":
        return (point) => sortable(measured(point));
      case "unit":
        return (point) => layout.kindOf[point] ?? 0;
      case "age":
        // Seconds, so that they fit; the newest has the least age.
        return (point) => HIGHEST_KEY - Math.floor((changedMs(point) ?? 0) / 1000);
    }
  };
  const keyOfAsset = (sort: Exclude<TableColumn, "state">): ((asset: number) => number) => {
    const rank = ranked();
    switch (sort) {
      case "code":
        return (asset) => rank.code[asset] ?? 0;
      case "value":
        return (asset) => (layout.firstPoint[asset + 1] ?? 0) - (layout.firstPoint[asset] ?? 0);
      case "unit":
        return (asset) => layout.areaOf[asset] ?? 0;
      default:
        return (asset) => rank.asset[asset] ?? 0;
    }
  };

  /** Whether an asset can have rows at all, and whether its points must still be looked at one by one. */
  const textFilter = (text: string): ((asset: number, point?: string) => boolean) => {
    const words = text
      .toLowerCase()
      .normalize("NFKC")
      .split(/\s+/)
      .filter((word) => word !== "");
    if (words.length === 0) return () => true;
    return (asset, point = "") =>
      words.every((word) => assetText[asset]?.includes(word) === true || point.toLowerCase().includes(word));
  };

  const pointFilter = (query: TableQuery): ((point: number) => boolean) => {
    const fits = textFilter(query.text);
    const hasText = query.text.trim() !== "";
    return (point) => {
      if (!isShown(state[point] ?? 0, query.state)) return false;
      if (query.kind !== undefined && layout.kindOf[point] !== query.kind) return false;
      const asset = layout.assetOf[point] ?? 0;
      if (query.area !== undefined && layout.areaOf[asset] !== query.area) return false;
      return !hasText || fits(asset, nameOf(point));
    };
  };
  const assetFilter = (query: TableQuery): ((asset: number) => boolean) => {
    const fits = textFilter(query.text);
    return (asset) =>
      isShown(rollUp[asset] ?? 0, query.state) &&
      (query.area === undefined || layout.areaOf[asset] === query.area) &&
      fits(asset);
  };

  return {
    rows(query) {
      const isPoints = query.of === "points";
      const count = isPoints ? layout.pointCount : layout.assetCount;
      const isKept = isPoints ? pointFilter(query) : assetFilter(query);
      if (query.sort === "state") {
        return byUrgency(isPoints ? state : rollUp, count, isKept, query.isDescending);
      }
      return byKey(
        isPoints ? keyOfPoint(query.sort) : keyOfAsset(query.sort),
        count,
        isKept,
        query.isDescending,
      );
    },
  };
}
