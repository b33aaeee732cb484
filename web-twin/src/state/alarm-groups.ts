import type { AlarmDto } from "@stethos/edge-agent/core";
import { faceOf } from "./alarm-order.ts";

// ISA-18.2 and EEMUA 191: a flood begins with more than ten alarms in ten minutes for one operator and ends with fewer
// than five.
export const FLOOD_WINDOW_MS = 600_000;
const FLOOD_ABOVE = 10;
const FLOOD_OVER_BELOW = 5;
/** Alarms of one line that follow each other faster than this belong together. */
const MOST_GAP_MS = 60_000;

/** Alarms of one line that came so fast that they have one cause more likely than many. */
export interface Flood {
  /** Id of the first-out alarm: it stays while others join. */
  readonly key: string;
  /** "site/area/line" */
  readonly line: string;
  /** The earliest: where to look for the cause. */
  readonly firstOut: string;
  readonly alarms: ReadonlySet<string>;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Raised {
  readonly id: string;
  readonly ms: number;
}

/** Of an asset path "site/area/line/cell/asset", or the whole of a shorter one. */
export const lineOf = (machine: string): string => machine.split("/", 3).join("/");
export const areaOf = (machine: string): string => machine.split("/", 2)[1] ?? machine;

/** Inhibited ones do not call the operator. */
const counts = (alarm: AlarmDto): boolean => alarm.inhibit === undefined && faceOf(alarm) !== "suppressed";

function isFlood(run: readonly Raised[]): boolean {
  return run.some((first, i) => {
    const eleventh = run[i + FLOOD_ABOVE];
    return eleventh !== undefined && eleventh.ms - first.ms <= FLOOD_WINDOW_MS;
  });
}

/** Runs of alarms without a long gap. @param raised sorted by time */
function runsOf(raised: readonly Raised[]): readonly (readonly Raised[])[] {
  const runs: Raised[][] = [];
  let last: Raised | undefined;
  for (const each of raised) {
    if (last === undefined || each.ms - last.ms > MOST_GAP_MS) runs.push([]);
    runs.at(-1)?.push(each);
    last = each;
  }
  return runs;
}

/** The floods among these alarms, latest first. */
export function floodsOf(alarms: Iterable<AlarmDto>): readonly Flood[] {
  const lines = new Map<string, Raised[]>();
  for (const alarm of alarms) {
    if (!counts(alarm)) continue;
    const line = lineOf(alarm.machine);
    const entry = { id: alarm.id, ms: Date.parse(alarm.raisedTime) };
    const known = lines.get(line);
    if (known === undefined) lines.set(line, [entry]);
    else known.push(entry);
  }
  const floods: Flood[] = [];
  for (const [line, raised] of lines) {
    raised.sort((a, b) => a.ms - b.ms || (a.id < b.id ? -1 : 1));
    for (const run of runsOf(raised)) {
      const [first] = run;
      const last = run.at(-1);
      if (first === undefined || last === undefined || !isFlood(run)) continue;
      floods.push({
        key: first.id,
        line,
        firstOut: first.id,
        alarms: new Set(run.map(({ id }) => id)),
        fromMs: first.ms,
        toMs: last.ms,
      });
    }
  }
  return floods.sort((a, b) => b.toMs - a.toMs);
}

export type AlarmEntry =
  | { readonly kind: "alarm"; readonly alarm: AlarmDto; readonly flood?: Flood }
  | {
      readonly kind: "flood";
      readonly flood: Flood;
      readonly alarms: readonly AlarmDto[];
      readonly isOpen: boolean;
    };

/** The alarms of each flood, in the given order; an alarm that is alone in its flood is in none. */
function membersOf(
  ordered: readonly AlarmDto[],
  floods: readonly Flood[],
): {
  readonly floodOf: ReadonlyMap<string, Flood>;
  readonly members: ReadonlyMap<Flood, readonly AlarmDto[]>;
} {
  const floodOf = new Map<string, Flood>();
  for (const flood of floods) for (const id of flood.alarms) floodOf.set(id, flood);
  const members = new Map<Flood, AlarmDto[]>();
  for (const alarm of ordered) {
    const flood = floodOf.get(alarm.id);
    if (flood === undefined) continue;
    const known = members.get(flood);
    if (known === undefined) members.set(flood, [alarm]);
    else known.push(alarm);
  }
  return { floodOf, members };
}

/** Floods as one entry each, in the place of their most urgent alarm; opened ones with their alarms below.
 *  @param ordered what is to be shown, most urgent first
 *  @param opened keys of floods */
export function groupAlarms(
  ordered: readonly AlarmDto[],
  floods: readonly Flood[],
  opened: ReadonlySet<string>,
): readonly AlarmEntry[] {
  const { floodOf, members } = membersOf(ordered, floods);
  return ordered.flatMap((alarm): readonly AlarmEntry[] => {
    const flood = floodOf.get(alarm.id);
    const alarms = flood === undefined ? [] : (members.get(flood) ?? []);
    if (flood === undefined || alarms.length < 2) return [{ kind: "alarm", alarm }];
    if (alarms[0] !== alarm) return [];
    const isOpen = opened.has(flood.key);
    const below = isOpen ? alarms : [];
    return [
      { kind: "flood", flood, alarms, isOpen },
      ...below.map((member) => ({ kind: "alarm", alarm: member, flood }) as const),
    ];
  });
}

/** Tells whether the operator is in a flood; it ends later than it begins, so that the sign does not flicker. */
export interface FloodWatch {
  /** @returns how many alarms came in ten minutes while a flood lasts, else 0 */
  look(alarms: Iterable<AlarmDto>, nowMs: number): number;
}

export function createFloodWatch(): FloodWatch {
  let isOn = false;
  return {
    look(alarms, nowMs) {
      let recent = 0;
      for (const alarm of alarms) {
        if (counts(alarm) && nowMs - Date.parse(alarm.raisedTime) <= FLOOD_WINDOW_MS) recent += 1;
      }
      isOn = isOn ? recent >= FLOOD_OVER_BELOW : recent > FLOOD_ABOVE;
      return isOn ? recent : 0;
    },
  };
}
