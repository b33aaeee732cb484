import type { Clock } from "@stethos/protocol-finger/clock";
import type { Alarm } from "../core/alarm-types.ts";
import type { DriftVerdict } from "../core/drift/drift-types.ts";
import { modelTitle } from "../core/model.ts";
import { drawFrame } from "../core/rollout/route.ts";
import type { FieldFrame, FieldKind, FieldStore } from "../ports/field-store.ts";
import type { RawScore } from "../ports/scorer.ts";
import type { Heard } from "./infer.ts";

export interface KeepPolicy {
  /** Of all windows, kept whatever is said of them: without such a sample nobody sees what the models miss. */
  readonly randomShare: number;
  /** Windows before and after an alarm was raised. */
  readonly alarmBefore: number;
  readonly alarmAfter: number;
  /** The newest windows of a block that drifted. */
  readonly driftWindows: number;
  /** Of one sensor and one kind: a stuck alarm must not push out what other machines said. */
  readonly mostPerHour: number;
}

export const defaultKeepPolicy: KeepPolicy = {
  randomShare: 0.001,
  alarmBefore: 4,
  alarmAfter: 4,
  driftWindows: 8,
  mostPerHour: 64,
};

/** Chooses which windows are worth a place on disk. Disagreements of a trial are kept by the trial itself. */
export interface KeepFrames {
  /** Of each block, before alarms and drift that it causes are told. */
  heard(heard: Heard): void;
  alarm(alarm: Alarm): void;
  drift(verdict: DriftVerdict): void;
  /** Windows that would have been kept, but for the limit of the hour. */
  readonly overLimit: number;
}

const HOUR_MS = 3_600_000;
// A trial's name in the draw; no trial has this one.
const SAMPLE = "random sample";

type Candidate = Omit<FieldFrame, "alarm" | "kind">;

interface Window {
  readonly candidate: Candidate;
  /** With the challenger's answer, where it was asked. */
  readonly completed: Promise<Candidate> | undefined;
}

interface Ear {
  /** Newest last. */
  recent: Window[];
  alarm: string | undefined;
  /** Windows still wanted for that alarm. */
  owed: number;
  hourStartMs: number;
  readonly kept: Record<FieldKind, number>;
}

export function createKeepFrames(
  deps: { readonly store: Pick<FieldStore, "keep">; readonly clock: Clock },
  policy: KeepPolicy = defaultKeepPolicy,
): KeepFrames {
  const ears = new Map<string, Ear>();
  const mostRecent = Math.max(policy.alarmBefore, policy.driftWindows);
  let overLimit = 0;

  function earOf(sensor: string): Ear {
    let ear = ears.get(sensor);
    if (ear === undefined) {
      ear = { recent: [], alarm: undefined, owed: 0, hourStartMs: deps.clock.monotonicMs(), kept: none() };
      ears.set(sensor, ear);
    }
    return ear;
  }

  function mayKeep(ear: Ear, kind: FieldKind): boolean {
    const nowMs = deps.clock.monotonicMs();
    if (nowMs - ear.hourStartMs >= HOUR_MS) {
      ear.hourStartMs = nowMs;
      Object.assign(ear.kept, none());
    }
    if (ear.kept[kind] >= policy.mostPerHour) {
      overLimit += 1;
      return false;
    }
    ear.kept[kind] += 1;
    return true;
  }

  function keep(ear: Ear, window: Window, kind: FieldKind, alarm?: string): void {
    if (!mayKeep(ear, kind)) return;
    const hand = (candidate: Candidate) =>
      deps.store.keep({ ...candidate, kind, ...(alarm !== undefined && { alarm }) });
    if (window.completed === undefined) hand(window.candidate);
    else void window.completed.then(hand);
  }

  return {
    heard(heard) {
      const ear = earOf(heard.block.sensor.id);
      for (const window of windowsOf(heard)) {
        if (ear.owed > 0) {
          ear.owed -= 1;
          keep(ear, window, "alarm", ear.alarm);
        } else if (isSampled(window.candidate, policy.randomShare)) {
          keep(ear, window, "random");
        }
        ear.recent.push(window);
      }
      if (ear.recent.length > mostRecent) ear.recent = ear.recent.slice(-mostRecent);
    },
    alarm(alarm) {
      const ear = earOf(alarm.sensor);
      if (alarm.state !== "unacknowledged-active" || ear.alarm === alarm.id) return;
      ear.alarm = alarm.id;
      ear.owed = policy.alarmAfter;
      for (const window of newest(ear.recent, policy.alarmBefore)) keep(ear, window, "alarm", alarm.id);
    },
    drift(verdict) {
      if (!verdict.isDrift) return;
      const ear = earOf(verdict.sensor);
      for (const window of newest(ear.recent, policy.driftWindows)) keep(ear, window, "drift");
    },
    get overLimit() {
      return overLimit;
    },
  };
}

const none = (): Record<FieldKind, number> => ({ alarm: 0, disagreement: 0, drift: 0, random: 0 });

// slice(-0) would be all of them.
const newest = (recent: readonly Window[], count: number): readonly Window[] =>
  count === 0 ? [] : recent.slice(-count);

/** A window heard before the machine was known teaches nothing: there is nothing to compare it with. */
const isSampled = (candidate: Candidate, share: number): boolean =>
  candidate.healthyFrame !== undefined && drawFrame(SAMPLE, candidate.id).position < share;

function windowsOf(heard: Heard): readonly Window[] {
  const { sensor, shaftHz } = heard.block;
  return heard.windows.map(({ frame, samples, score }, i) => {
    const { by } = score;
    const healthy = by.classes.indexOf("healthy");
    const after = heard.windows.length - 1 - i;
    const candidate: Candidate = {
      id: frame,
      machine: sensor.machine,
      sensor: sensor.id,
      unit: sensor.unit,
      timeUs: heard.endUs - (after * by.hopSamples * 1e6) / by.sampleRateHz,
      sampleRateHz: by.sampleRateHz,
      shaftHz,
      model: modelTitle(by),
      probability: anomaly(score, healthy),
      samples,
      ...(heard.healthyFrame && { healthyFrame: heard.healthyFrame }),
    };
    const completed = score.pair?.then((pair) => {
      if (pair === undefined) return candidate;
      const { champion, challenger } = pair;
      return {
        ...candidate,
        model: modelTitle(champion.by),
        probability: anomaly(champion.raw, healthy),
        ...("raw" in challenger && { challengerProbability: anomaly(challenger.raw, healthy) }),
      };
    });
    return { candidate, completed };
  });
}

const anomaly = (score: RawScore, healthy: number): number => 1 - (score.probabilities[healthy] ?? 0);
