import { acknowledged, cleared, isActive, raised } from "./alarm-life.ts";
import type { Evidence, Reason } from "./alarm-reason.ts";
import type { Alarm, Severity } from "./alarm-types.ts";
import { type AlarmPolicy, defaultAlarmPolicy, judge, type Verdict } from "./alarm-verdict.ts";
import type { Score } from "./score.ts";
import type { TimeUs } from "./time.ts";

/** What is remembered of one sensor between windows. */
export interface AlarmMemory {
  readonly machine: string;
  readonly sensor: string;
  /** Verdicts that can still raise an alarm, oldest first. */
  readonly recent: readonly Verdict[];
  /** Normal windows in a row. */
  readonly normal: number;
  /** Valid windows in a row since a suppression began. */
  readonly valid: number;
  /** The open occurrence: any state but "normal". */
  readonly alarm?: Alarm;
}

export type AlarmEvent =
  /** @property alarmId the id of an alarm, should this window raise one */
  | { readonly kind: "score"; readonly score: Score; readonly alarmId: string }
  | { readonly kind: "acknowledge"; readonly timeUs: TimeUs; readonly by: string }
  /** The baseline was forgotten, or the sensor taken out: what it said no longer counts. */
  | { readonly kind: "reset"; readonly timeUs: TimeUs };

export interface AlarmStep {
  readonly memory: AlarmMemory;
  /** The alarm's new state, where it changed: "normal" when the occurrence is over. */
  readonly change?: Alarm;
}

/** @param open the occurrence that was open when the agent stopped */
export const alarmMemory = (machine: string, sensor: string, open?: Alarm): AlarmMemory => ({
  machine,
  sensor,
  recent: [],
  normal: 0,
  valid: 0,
  ...(open !== undefined && open.state !== "normal" ? { alarm: open } : {}),
});

/** The alarm of one sensor; its life cycle is that of alarm-life.ts. An alarm of a sensor that cannot be believed is
 *  suppressed, with the reason, and comes back as it was. */
export function stepAlarm(
  memory: AlarmMemory,
  event: AlarmEvent,
  policy: AlarmPolicy = defaultAlarmPolicy,
): AlarmStep {
  switch (event.kind) {
    case "acknowledge":
      return keepIf(memory, acknowledged(memory.alarm, event.timeUs, event.by));
    case "reset":
      return keepIf({ ...memory, recent: [], normal: 0, valid: 0 }, cleared(memory.alarm, event.timeUs));
    case "score":
      return event.score.sensorState === "valid"
        ? hear(memory, event.score, event.alarmId, policy)
        : suppress(memory, event.score);
  }
}

/** Keeps the occurrence while it is open. */
function keep(memory: AlarmMemory, alarm: Alarm): AlarmStep {
  const { alarm: _, ...rest } = memory;
  return { memory: alarm.state === "normal" ? rest : { ...rest, alarm }, change: alarm };
}

/** The occurrence goes on as it is where there is nothing to change. */
const keepIf = (memory: AlarmMemory, alarm: Alarm | undefined): AlarmStep =>
  alarm === undefined ? { memory } : keep(memory, alarm);

/** Evidence from before a fault of the sensor is not added to evidence from after it. */
function suppress(memory: AlarmMemory, score: Score): AlarmStep {
  const silenced = { ...memory, recent: [], normal: 0, valid: 0 };
  const { alarm } = memory;
  if (alarm === undefined || alarm.state === "unacknowledged-cleared") return { memory: silenced };
  if (alarm.state === "suppressed" && alarm.suppressedReason === score.sensorState)
    return { memory: silenced };
  return keep(silenced, { ...alarm, state: "suppressed", suppressedReason: score.sensorState });
}

function hear(memory: AlarmMemory, score: Score, alarmId: string, policy: AlarmPolicy): AlarmStep {
  if (memory.alarm?.state === "suppressed") return release(memory, memory.alarm, policy);
  const verdict = judge(score, policy);
  if (verdict === undefined || !countsFor(memory, score, verdict)) return { memory };
  const heard: AlarmMemory = {
    ...memory,
    recent: [...memory.recent, verdict].slice(-policy.raiseOf),
    normal: verdict.kind === "normal" ? memory.normal + 1 : 0,
  };
  const { alarm } = heard;
  if (alarm === undefined || !isActive(alarm.state)) return raise(heard, score, alarmId, policy);
  if (heard.normal >= policy.clearNormal) {
    return keepIf({ ...heard, recent: [] }, cleared(alarm, score.timeUs));
  }
  return worsen(heard, alarm, verdict, policy);
}

/** A calm window is calm only for those who heard it: where the network could not be asked, or the baseline does not know
 *  the speed, it neither clears what an unheard voice spoke up for nor breaks off what such a voice has begun. */
function countsFor(memory: AlarmMemory, score: Score, verdict: Verdict): boolean {
  if (verdict.kind === "abnormal" || score.state === "scored") return true;
  const { alarm, recent } = memory;
  const accusers = alarm !== undefined && isActive(alarm.state) ? [alarm] : abnormalOf(recent);
  return accusers.flatMap(({ evidence }) => votersOf(evidence)).every((voter) => hasSay(score, voter));
}

const votersOf = ({ votes }: Evidence): readonly string[] =>
  typeof votes === "string" ? votes.split("+") : [];

const hasSay = ({ votes }: Score, voter: string): boolean =>
  Object.entries(votes ?? {}).some(([name, vote]) => name === voter && vote !== undefined);

function release(memory: AlarmMemory, alarm: Alarm, policy: AlarmPolicy): AlarmStep {
  const valid = memory.valid + 1;
  if (valid < policy.releaseValid) return { memory: { ...memory, valid } };
  const { suppressedReason: _, ...rest } = alarm;
  const state = alarm.acknowledgedUs === undefined ? "unacknowledged-active" : "acknowledged-active";
  return keep({ ...memory, valid: 0 }, { ...rest, state });
}

const abnormalOf = (recent: readonly Verdict[]): readonly Verdict[] =>
  recent.filter((verdict) => verdict.kind === "abnormal");

function raise(memory: AlarmMemory, score: Score, alarmId: string, policy: AlarmPolicy): AlarmStep {
  const abnormal = abnormalOf(memory.recent);
  if (abnormal.length < policy.raiseAbnormal) return { memory };
  const { reason, evidence } = mainReason(abnormal);
  return keep(
    memory,
    raised(memory.alarm, {
      id: alarmId,
      machine: memory.machine,
      sensor: memory.sensor,
      severity: severityOf(abnormal, policy),
      raisedUs: score.timeUs,
      peakAnomaly: Math.max(...abnormal.map((verdict) => verdict.anomaly)),
      reason,
      evidence,
    }),
  );
}

/** Severity asks for the same persistence as the alarm itself. */
function severityOf(abnormal: readonly Verdict[], policy: AlarmPolicy): Severity {
  const severe = abnormal.filter((verdict) => verdict.severity === "alarm").length;
  return severe >= policy.raiseAbnormal ? "alarm" : "warning";
}

/** An active alarm grows more severe, or finds its reason; it never takes either back. */
function worsen(memory: AlarmMemory, alarm: Alarm, verdict: Verdict, policy: AlarmPolicy): AlarmStep {
  const peakAnomaly = Math.max(alarm.peakAnomaly, verdict.anomaly);
  const grown = { ...alarm, peakAnomaly };
  const abnormal = abnormalOf(memory.recent);
  const main = abnormal.length < policy.raiseAbnormal ? undefined : mainReason(abnormal);
  const isWorse = alarm.severity === "warning" && severityOf(abnormal, policy) === "alarm";
  const isNamed = alarm.reason === "anomaly" && main !== undefined && main.reason !== "anomaly";
  if (!isWorse && !isNamed)
    return { memory: peakAnomaly === alarm.peakAnomaly ? memory : { ...memory, alarm: grown } };
  return keep(memory, {
    ...grown,
    ...(isWorse ? { severity: "alarm" as const } : {}),
    ...(isNamed ? { reason: main.reason, evidence: main.evidence } : {}),
  });
}

/** What more than half of the abnormal windows name, with the evidence of the worst of them: a single line in a single
 *  window may be chance. */
function mainReason(abnormal: readonly Verdict[]): Pick<Verdict, "reason" | "evidence"> {
  const worst = (verdicts: readonly Verdict[]): Verdict | undefined =>
    [...verdicts].sort((a, b) => b.anomaly - a.anomaly)[0];
  for (const { reason } of abnormal) {
    const same = abnormal.filter((verdict) => verdict.reason === reason);
    const spokesman = worst(same);
    if (same.length * 2 > abnormal.length && spokesman !== undefined) return spokesman;
  }
  const undecided: Reason = "anomaly";
  return { reason: undecided, evidence: worst(abnormal)?.evidence ?? {} };
}
