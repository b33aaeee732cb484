import { MOST_SERIES, subjectKey, subjectOf, type TrendBoard } from "./trend-board.ts";

/** What an address says beside its page: what is selected, what is drawn, and the moment of a replay. */
export interface Link {
  readonly asset?: string;
  readonly point?: string;
  readonly sensor?: string;
  readonly alarm?: string;
  readonly trend?: TrendBoard;
  /** ms since 1970 */
  readonly replayMs?: number;
}

export interface ReadLink {
  readonly link: Link;
  /** Parts that mean nothing here. */
  readonly ignored: readonly string[];
}

const NAMES = ["asset", "point", "sensor", "alarm"] as const;
const LONGEST_SPAN_S = 366 * 86_400;
/** Where dates end, ECMA-262 21.4.1.1. */
const LAST_MS = 8.64e15;

const isTime = (ms: number): boolean => Number.isFinite(ms) && Math.abs(ms) <= LAST_MS;

/** "asset=...&trend=tag:...&span=3600"; nothing for an empty link. */
export function writeLink(link: Link): string {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = link[name];
    if (value !== undefined) query.append(name, value);
  }
  const { trend } = link;
  if (trend !== undefined && trend.series.length > 0) {
    for (const subject of trend.series) query.append("trend", subjectKey(subject));
    query.append("span", String(Math.round(trend.spanS)));
    if (trend.toS !== undefined) query.append("to", new Date(trend.toS * 1000).toISOString());
  }
  if (link.replayMs !== undefined) query.append("replay", new Date(link.replayMs).toISOString());
  // Slashes and colons need no escape behind a "#", and people read these addresses.
  return query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("+", "%20");
}

interface Reading {
  names: Partial<Record<(typeof NAMES)[number], string>>;
  series: TrendBoard["series"][number][];
  spanS: number | undefined;
  toS: number | undefined;
  replayMs: number | undefined;
}

/** @returns whether the part was understood */
function readPart(into: Reading, name: string, value: string): boolean {
  const plain = NAMES.find((one) => one === name);
  if (plain !== undefined) {
    if (value !== "") into.names[plain] = value;
    return value !== "";
  }
  const ms = Date.parse(value);
  switch (name) {
    case "trend": {
      const subject = subjectOf(value);
      if (subject === undefined || into.series.length >= MOST_SERIES) return false;
      into.series.push(subject);
      return true;
    }
    case "span": {
      const spanS = Number(value);
      if (!(spanS >= 10 && spanS <= LONGEST_SPAN_S)) return false;
      into.spanS = spanS;
      return true;
    }
    case "to":
      if (isTime(ms)) into.toS = ms / 1000;
      return isTime(ms);
    case "replay":
      if (isTime(ms)) into.replayMs = ms;
      return isTime(ms);
    default:
      return false;
  }
}

/** @param text what stands behind the "?" */
export function readLink(text: string): ReadLink {
  const read: Reading = {
    names: {},
    series: [],
    spanS: undefined,
    toS: undefined,
    replayMs: undefined,
  };
  const ignored: string[] = [];
  for (const [name, value] of new URLSearchParams(text)) {
    if (!readPart(read, name, value)) ignored.push(value === "" ? name : `${name}=${value}`);
  }
  const { names, series, spanS = 3_600, toS, replayMs } = read;
  return {
    link: {
      ...names,
      ...(series.length === 0
        ? {}
        : { trend: toS === undefined ? { series, spanS } : { series, spanS, toS } }),
      ...(replayMs === undefined ? {} : { replayMs }),
    },
    ignored,
  };
}

/** The two parts of an address behind the "#". */
export function splitHash(hash: string): { readonly place: string; readonly query: string } {
  const cut = hash.indexOf("?");
  return cut < 0 ? { place: hash, query: "" } : { place: hash.slice(0, cut), query: hash.slice(cut + 1) };
}
