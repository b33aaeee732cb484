import { StatusCode } from "../core/quality.ts";
import { type ReadingBatch, rawColumns } from "../core/reading.ts";
import { OFF } from "../core/rules/hold.ts";
import type { RuleInstance, RuleSet } from "../core/rules/rule.ts";
import type { TimeUs } from "../core/time.ts";
import type { Trend, TrendQuery } from "../ports/history.ts";
import { createRulesEngine } from "./rules-engine.ts";

/** Where what was comes from. */
export interface ReplaySource {
  trend(of: "health" | "score" | "tag", id: string, query: TrendQuery, signal: AbortSignal): Promise<Trend>;
}

/** One time that a rule would have been an alarm. */
export interface WouldHave {
  readonly rule: string;
  readonly machine: string;
  readonly severity: string;
  readonly fromUs: TimeUs;
  /** Undefined where it would have been active still. */
  readonly toUs: TimeUs | undefined;
  /** What the rule saw as it began. */
  readonly values: Readonly<Record<string, boolean | number | string>>;
}

export interface Rehearsal {
  readonly fired: readonly WouldHave[];
  readonly evaluated: number;
  readonly readings: number;
  /** Instances that look at what a history does not keep, and were left out. */
  readonly leftOut: readonly { readonly rule: string; readonly machine: string; readonly what: string }[];
}

export interface RehearsalRange {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
}

/** Buckets that one question may ask for (ports/history.ts). */
const MOST_BUCKETS = 5000;
const TICK_US = 1e6;
/** Readings of a tag that comes by change may be this old and stand still. */
const BY_CHANGE_LEAD_US = 3.6e9;
/** Scores and health come with blocks of samples, a few seconds apart at the least. */
const SCORE_PERIOD_US = 1e6;
const MOST_FIRED = 100_000;

interface Track {
  readonly of: "health" | "score" | "tag";
  readonly id: string;
  readonly stepUs: number;
}

/** Runs rules over what a history kept: buckets as wide as a tag's scan period hold one reading each, so the rules see
 *  nearly what they would have seen. A history does not tell bad readings; they look like holes. */
export async function rehearse(
  rules: RuleSet,
  range: RehearsalRange,
  source: ReplaySource,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const leftOut = rules.instances.flatMap((one) => missingIn(one) ?? []);
  const instances = rules.instances.filter((one) => missingIn(one) === undefined);
  const tracks = tracksOf(instances, rules);
  const tags = tracks.filter(({ of }) => of === "tag");
  const book = createBook(range);
  const engine = createRulesEngine({ onTurn: book.turn, onFailed: () => undefined });
  engine.setTags(tags);
  engine.setRules({ ...rules, instances }, () => OFF);
  const tagIndex = new Map(tags.map(({ id }, i) => [id, i]));
  const stepUs = Math.min(...tracks.map((track) => track.stepUs), 60e6);
  const chunkUs = stepUs * MOST_BUCKETS;
  let readings = 0;
  let evaluated = 0;
  let tickedUs = range.fromUs - leadOf(instances, rules);
  for (let fromUs = tickedUs; fromUs < range.toUs; fromUs += chunkUs) {
    const toUs = Math.min(range.toUs, fromUs + chunkUs);
    const samples = await samplesOf(tracks, fromUs, toUs, source, signal);
    for (const sample of samples) {
      for (; tickedUs + TICK_US < sample.timeUs; tickedUs += TICK_US) engine.tick(tickedUs + TICK_US);
      if (sample.track.of === "tag") engine.onReadings(batchOf(tagIndex.get(sample.track.id) ?? 0, sample));
      else if (sample.track.of === "score") engine.onScore(scoreOf(sample), sample.timeUs);
      else engine.onHealth(healthOf(sample), sample.timeUs);
    }
    for (; tickedUs + TICK_US <= toUs; tickedUs += TICK_US) engine.tick(tickedUs + TICK_US);
    readings += samples.length;
    evaluated += engine.counts().evaluated;
  }
  return { fired: book.close(), evaluated, readings, leftOut };
}

/** What an instance looks at that no history keeps. */
function missingIn({ rule, machine, inputs }: RuleInstance): Rehearsal["leftOut"][number] | undefined {
  const place = inputs.findIndex((input) => {
    if (input.kind === "reading") return input.type !== "double";
    return input.kind === "state" || (input.kind === "score" && input.field !== "anomaly");
  });
  const what = rule.inputs[place]?.text;
  return what === undefined ? undefined : { rule: rule.name, machine, what };
}

function tracksOf(instances: readonly RuleInstance[], { tags }: RuleSet): Track[] {
  const tracks = new Map<string, Track>();
  const add = (of: Track["of"], id: string, stepUs: number) => tracks.set(`${of} ${id}`, { of, id, stepUs });
  for (const { inputs } of instances)
    for (const input of inputs) {
      if ("tag" in input) add("tag", input.tag, tags.get(input.tag)?.periodUs ?? TICK_US);
      else if (input.kind === "score") add("score", input.sensor, SCORE_PERIOD_US);
      else add("health", input.machine, SCORE_PERIOD_US);
    }
  return [...tracks.values()];
}

/** So much earlier the replay begins, for windows to fill. */
function leadOf(instances: readonly RuleInstance[], { tags }: RuleSet): number {
  let leadUs = 0;
  for (const { rule, inputs } of instances)
    for (const input of inputs) {
      if (input.kind === "window") leadUs = Math.max(leadUs, input.widthUs + rule.holdUs);
      if ("tag" in input && tags.get(input.tag)?.isByChange === true)
        leadUs = Math.max(leadUs, BY_CHANGE_LEAD_US);
    }
  return Math.max(leadUs, 60e6);
}

interface Sample {
  readonly track: Track;
  readonly timeUs: TimeUs;
  readonly value: number;
}

async function samplesOf(
  tracks: readonly Track[],
  fromUs: TimeUs,
  toUs: TimeUs,
  source: ReplaySource,
  signal: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const track of tracks) {
    const buckets = Math.max(1, Math.min(MOST_BUCKETS, Math.ceil((toUs - fromUs) / track.stepUs)));
    const { timeUs, mean } = await source.trend(track.of, track.id, { fromUs, toUs, buckets }, signal);
    mean.forEach((value, i) => {
      if (Number.isFinite(value)) samples.push({ track, timeUs: timeUs[i] ?? fromUs, value });
    });
  }
  return samples.sort((a, b) => a.timeUs - b.timeUs);
}

function batchOf(tag: number, { timeUs, value }: Sample): ReadingBatch {
  const columns = rawColumns(1, timeUs);
  columns.tag[0] = tag;
  columns.value[0] = value;
  columns.status[0] = StatusCode.Good;
  return { ...columns, agentTimeUs: timeUs, sequence: new Float64Array(1) };
}

const scoreOf = ({ track, timeUs, value }: Sample) => ({
  machine: "",
  sensor: track.id,
  timeUs,
  sequence: 0,
  model: "",
  shaftHz: 0,
  sensorState: "valid" as const,
  state: "scored" as const,
  anomaly: value,
  latencyMs: 0,
});

const healthOf = ({ track, timeUs, value }: Sample) => ({
  machine: track.id,
  timeUs,
  state: "unknown" as const,
  index: value,
  baselineProgress: 1,
});

/** What fired, from when to when. */
function createBook({ fromUs }: RehearsalRange) {
  const open = new Map<RuleInstance, WouldHave>();
  const fired: WouldHave[] = [];
  /** What ended before the range is none of its business. */
  const note = (one: WouldHave): void => {
    if ((one.toUs === undefined || one.toUs > fromUs) && fired.length < MOST_FIRED) fired.push(one);
  };
  return {
    turn(
      instance: RuleInstance,
      isOn: boolean,
      values: readonly (boolean | number | string | undefined)[],
      timeUs: TimeUs,
    ): void {
      const { rule, machine } = instance;
      const begun = open.get(instance);
      if (!isOn) {
        if (begun !== undefined) note({ ...begun, toUs: timeUs });
        open.delete(instance);
        return;
      }
      const seen = rule.inputs.flatMap(({ text }, i) => {
        const value = values[i];
        return value === undefined ? [] : [[text, value] as const];
      });
      open.set(instance, {
        rule: rule.name,
        machine,
        severity: rule.severity,
        fromUs: timeUs,
        toUs: undefined,
        values: Object.fromEntries(seen),
      });
    },
    close(): WouldHave[] {
      for (const one of open.values()) note(one);
      return fired.sort((a, b) => a.fromUs - b.fromUs);
    },
  };
}
