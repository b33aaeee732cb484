import type { Priority } from "../../edge-agent/src/core/alarm-types.ts";
import type { AlarmDto, InhibitDto } from "../../edge-agent/src/core/feed.ts";
import { found, type Responder } from "./scripted-answer.ts";
import { alarmOf, cast, machineId } from "./scripted-plant.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const REASONS = ["bearing-outer-race", "anomaly", "shaft", "velocity-zone"] as const;
const PRIORITIES: readonly Priority[] = ["critical", "high", "medium", "low"];
const MOST = 230;

/** Alarms of the past, newest first. */
export const pastAlarms = (ms: number): readonly AlarmDto[] =>
  Array.from({ length: MOST }, (_, i) => {
    const member = cast[i % cast.length] ?? cast[0];
    const raised = ms - (i + 1) * 1_800_000;
    return {
      ...alarmOf(member, ms),
      id: `past-${i}`,
      state: "normal" as const,
      priority: PRIORITIES[i % 4] ?? "low",
      reason: REASONS[i % REASONS.length] ?? "anomaly",
      raisedTime: iso(raised),
      clearedTime: iso(raised + 600_000),
      acknowledgedTime: iso(raised + 60_000),
      acknowledgedBy: i % 2 === 0 ? "Li Wei" : "Wang Fang",
    };
  });

/** A flood of one line, three seconds apart, the first one a minute ago. */
export const floodAlarms = (ms: number, count: number): readonly AlarmDto[] =>
  Array.from({ length: count }, (_, i) => ({
    ...alarmOf(cast[0], ms),
    id: `flood-${String(i).padStart(4, "0")}`,
    machine: machineId(cast[(i * 2) % 2] ?? cast[0]),
    priority: PRIORITIES[1 + (i % 3)] ?? "low",
    reason: REASONS[i % REASONS.length] ?? "anomaly",
    raisedTime: iso(ms - 60_000 + i * Math.min(3_000, 60_000 / count)),
  }));

/** One alarm of each state that operators know. */
export function alarmsOfEachState(ms: number): readonly AlarmDto[] {
  const inhibit = (kind: InhibitDto["kind"], by: string, reason: string): InhibitDto => ({
    kind,
    by,
    reason,
    source: "x",
    fromTime: iso(ms - 600_000),
    ...(kind === "shelved" ? { untilTime: iso(ms + 3_000_000) } : {}),
  });
  const of = (i: number, id: string, more: Partial<AlarmDto>): AlarmDto => ({
    ...alarmOf(cast[i] ?? cast[0], ms),
    id,
    raisedTime: iso(ms - i * 3_600_000 - 60_000),
    ...more,
  });
  return [
    of(0, "each-active", { priority: "critical" }),
    of(1, "each-seen", { priority: "high", state: "acknowledged-active", acknowledgedBy: "Li Wei" }),
    of(2, "each-gone", { priority: "medium", state: "unacknowledged-cleared", severity: "warning" }),
    of(3, "each-shelved", {
      priority: "low",
      inhibit: inhibit("shelved", "Wang Fang", "bearing is on order"),
    }),
    of(4, "each-sensor", { state: "suppressed", suppressedReason: "flat" }),
    of(4, "each-design", { inhibit: inhibit("suppressed-by-design", "agent", "the mixer stands still") }),
    of(5, "each-out", { inhibit: inhibit("out-of-service", "Zhao Min", "sensor is being replaced") }),
    of(5, "each-over", { state: "normal", acknowledgedBy: "Li Wei" }),
  ];
}

const journal = (ms: number): readonly object[] => [
  { time: iso(ms - 240_000), state: "unacknowledged-active", what: "raised" },
  { time: iso(ms - 200_000), state: "unacknowledged-active", what: "worsened" },
  { time: iso(ms - 60_000), state: "acknowledged-active", what: "acknowledged", by: "Li Wei" },
];

function searched(url: URL, ms: number): readonly AlarmDto[] {
  const { searchParams: asked } = url;
  const from = Date.parse(asked.get("from") ?? iso(0));
  const all = pastAlarms(ms).filter(
    ({ raisedTime, priority, machine }) =>
      Date.parse(raisedTime) >= from &&
      (asked.get("priority") ?? priority) === priority &&
      machine.toLowerCase().includes((asked.get("q") ?? "").toLowerCase()) &&
      machine.split("/")[1] === (asked.get("area") ?? machine.split("/")[1]),
  );
  const after = all.findIndex(({ id }) => id === asked.get("before")) + 1;
  return all.slice(after, after + Number(asked.get("most") ?? 100));
}

/** What the agent says of alarms of the past and of their sources. */
export const answerAlarms: Responder = ({ method, path: [kind, id = "", what], url, body, ms }) => {
  if (kind === "alarms" && id === "" && method === "GET") return found(searched(url, ms));
  if (kind === "alarms" && what === "journal") return found(journal(ms));
  if (kind !== "alarm-sources" || method !== "POST") return undefined;
  if (what === "unshelve" || what === "return-to-service") return found({});
  const { by, reason, minutes } = JSON.parse(body) as { by: string; reason: string; minutes?: number };
  return found({
    kind: what === "shelve" ? "shelved" : "out-of-service",
    source: id,
    by,
    reason,
    fromTime: iso(ms),
    ...(minutes === undefined ? {} : { untilTime: iso(ms + minutes * 60_000) }),
  } satisfies InhibitDto);
};
