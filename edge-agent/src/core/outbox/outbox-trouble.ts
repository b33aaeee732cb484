import type { Severity } from "../alarm-types.ts";
import type { TimeUs } from "../time.ts";

/** What can be wrong with the way out, as an alarm names it. */
export type TroubleReason = "sink-failing" | "sink-refused" | "outbox-losing" | "outbox-failing";

/** One thing that is wrong now. */
export interface Trouble {
  /** The alarm's source: one alarm each. */
  readonly source: string;
  readonly reason: TroubleReason;
  readonly severity: Severity;
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** What is looked at. Counts only grow while the outbox is open. */
export interface WayOut {
  readonly sinks: readonly {
    readonly sink: string;
    readonly state: "delivering" | "idle" | "trouble";
    readonly fault?: string | undefined;
    readonly message?: string | undefined;
    readonly sinceUs?: TimeUs | undefined;
    readonly refused: number;
  }[];
  readonly dropped: readonly { readonly stream: string; readonly cause: string; readonly rows: number }[];
  /** When a damaged file was set aside, since this start. */
  readonly quarantinedUs?: TimeUs | undefined;
  /** Why the outbox itself cannot work. */
  readonly trouble: string | undefined;
}

export interface TroublePolicy {
  /** A sink that is away for less is nobody's business: the outbox keeps everything. */
  readonly graceMs: number;
  /** No grace for what does not pass by itself. */
  readonly needsOperator: readonly string[];
  /** A loss stays an alarm for so long after the last row. */
  readonly lossMs: number;
}

export const defaultTroublePolicy: TroublePolicy = {
  graceMs: 120_000,
  needsOperator: ["denied", "misfit"],
  lossMs: 600_000,
};

/** Counts as they were when they last grew, by what they count. */
export interface LossMemory {
  readonly counts: ReadonlyMap<string, { readonly rows: number; readonly grewUs: TimeUs | undefined }>;
}

export const NO_LOSSES: LossMemory = { counts: new Map() };

/** Names of the sources of these alarms. */
export const TROUBLE_SOURCES = "agent/data-plane/";
const OUTBOX_SOURCE = `${TROUBLE_SOURCES}outbox`;
const sinkSource = (sink: string): string => `${TROUBLE_SOURCES}sink/${sink}`;

/** All sources that may ever alarm, for whoever shelves. */
export const troubleSources = (sinks: readonly string[]): readonly string[] => [
  OUTBOX_SOURCE,
  ...sinks.flatMap((sink) => [sinkSource(sink), `${sinkSource(sink)}/refused`]),
  `${OUTBOX_SOURCE}/losses`,
];

/** What is wrong with the way out now.
 *  @param memory of the look before: what was lost before the first look is history, not news */
export function judgeWayOut(
  seen: WayOut,
  memory: LossMemory,
  nowUs: TimeUs,
  policy: TroublePolicy = defaultTroublePolicy,
): { readonly troubles: readonly Trouble[]; readonly memory: LossMemory } {
  const next = remember(seen, memory, nowUs);
  const isFresh = (key: string): boolean => {
    const grewUs = next.counts.get(key)?.grewUs;
    return grewUs !== undefined && nowUs - grewUs < policy.lossMs * 1000;
  };
  const troubles = [
    ...(seen.trouble === undefined
      ? []
      : [trouble(OUTBOX_SOURCE, "outbox-failing", "alarm", { message: seen.trouble })]),
    ...lossesOf(seen, isFresh, nowUs, policy),
    ...seen.sinks.flatMap((sink) => failing(sink, nowUs, policy)),
    ...seen.sinks
      .filter(({ sink }) => isFresh(refusedKey(sink)))
      .map(({ sink, refused }) =>
        trouble(`${sinkSource(sink)}/refused`, "sink-refused", "warning", { sink, rows: refused }),
      ),
  ];
  return { troubles, memory: next };
}

function lossesOf(
  { dropped, quarantinedUs }: WayOut,
  isFresh: (key: string) => boolean,
  nowUs: TimeUs,
  { lossMs }: TroublePolicy,
): readonly Trouble[] {
  // What a damaged file held is lost before anybody looks for the first time.
  const isDamaged = quarantinedUs !== undefined && nowUs - quarantinedUs < lossMs * 1000;
  const fresh = dropped.filter((one) => isFresh(droppedKey(one)) || (isDamaged && one.cause === "corrupt"));
  if (fresh.length === 0 && !isDamaged) return [];
  return [
    trouble(`${OUTBOX_SOURCE}/losses`, "outbox-losing", "alarm", {
      cause: [...new Set([...(isDamaged ? ["corrupt"] : []), ...fresh.map(({ cause }) => cause)])].join(", "),
      streams: [...new Set(fresh.map(({ stream }) => stream))].join(", "),
      rows: fresh.reduce((sum, { rows }) => sum + Math.max(0, rows), 0),
    }),
  ];
}

function failing(sink: WayOut["sinks"][number], nowUs: TimeUs, policy: TroublePolicy): readonly Trouble[] {
  if (sink.state !== "trouble") return [];
  const { fault = "failed", message = "", sinceUs = nowUs } = sink;
  const isForOperator = policy.needsOperator.includes(fault);
  if (!isForOperator && nowUs - sinceUs < policy.graceMs * 1000) return [];
  const evidence = { sink: sink.sink, fault, message };
  return [trouble(sinkSource(sink.sink), "sink-failing", isForOperator ? "alarm" : "warning", evidence)];
}

const trouble = (
  source: string,
  reason: TroubleReason,
  severity: Severity,
  evidence: Trouble["evidence"],
): Trouble => ({ source, reason, severity, evidence });

const droppedKey = ({ stream, cause }: { readonly stream: string; readonly cause: string }): string =>
  `dropped ${stream} ${cause}`;
const refusedKey = (sink: string): string => `refused ${sink}`;

function remember(seen: WayOut, { counts }: LossMemory, nowUs: TimeUs): LossMemory {
  const isFirst = counts.size === 0;
  const all: (readonly [string, number])[] = [
    ...seen.dropped.map((one) => [droppedKey(one), one.rows] as const),
    ...seen.sinks.map(({ sink, refused }) => [refusedKey(sink), refused] as const),
    // There is always something to remember, or a second look would be a first one.
    ["looked", 0],
  ];
  return {
    counts: new Map(
      all.map(([key, rows]) => {
        const before = counts.get(key);
        const grew = !isFirst && rows !== (before?.rows ?? 0);
        return [key, { rows, grewUs: grew ? nowUs : before?.grewUs }];
      }),
    ),
  };
}
