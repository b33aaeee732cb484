import { StatusCode } from "../core/quality.ts";
import { type ReadingBatch, rawColumns } from "../core/reading.ts";
import { OFF } from "../core/rules/hold.ts";
import type { RuleInput, RuleInstance, RuleSet } from "../core/rules/rule.ts";
import type { TimeUs } from "../core/time.ts";
import { type Blur, createBlurs } from "./rules-blurs.ts";
import { createRulesEngine } from "./rules-engine.ts";
import { MOST_BUCKETS, type ReplaySource, readSamples, type Sample, type Track } from "./rules-samples.ts";

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
  /** False where what it looked at was approximate at any time that decided about it (Rehearsal.approximate). */
  readonly isExact: boolean;
}

export interface Rehearsal {
  readonly fired: readonly WouldHave[];
  readonly evaluated: number;
  readonly readings: number;
  /** Instances that look at what a history does not keep, and were left out. */
  readonly leftOut: readonly { readonly rule: string; readonly machine: string; readonly what: string }[];
  /** Within the range, where values could not be told apart; outside of these every reading was judged by itself. */
  readonly approximate: readonly Blur[];
}

export interface RehearsalRange {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
}

const TICK_US = 1e6;
/** Readings of a tag that comes by change may be this old and stand still. */
const BY_CHANGE_LEAD_US = 3.6e9;
/** Scores and health come with blocks of samples, a few seconds apart at the least. */
const SCORE_PERIOD_US = 1e6;
const MOST_FIRED = 100_000;

/** Runs rules over what a history kept: the rules see the readings that they would have seen, their times to half a scan
 *  period, but where several came so fast that the history does not tell them apart (rules-samples.ts). It does not tell bad
 *  readings either; they look like holes. The health of a machine stands until the next: its scores are not asked for. */
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
  const blurs = createBlurs();
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
    const samples = await readSamples(tracks, { fromUs, toUs }, source, signal);
    for (const sample of samples) {
      blurs.note(sample);
      for (; tickedUs + TICK_US < sample.timeUs; tickedUs += TICK_US) engine.tick(tickedUs + TICK_US);
      if (sample.track.of === "tag") engine.onReadings(batchOf(tagIndex.get(sample.track.id) ?? 0, sample));
      else if (sample.track.of === "score") engine.onScore(scoreOf(sample), sample.timeUs);
      else engine.onHealth(healthOf(sample), sample.timeUs);
    }
    for (; tickedUs + TICK_US <= toUs; tickedUs += TICK_US) engine.tick(tickedUs + TICK_US);
    readings += samples.length;
    evaluated += engine.counts().evaluated;
  }
  const approximate = blurs.upTo(range.toUs);
  return {
    fired: book.close(approximate),
    evaluated,
    readings,
    leftOut,
    approximate: approximate
      .filter(({ toUs }) => toUs > range.fromUs)
      .map((blur) => ({ ...blur, fromUs: Math.max(range.fromUs, blur.fromUs) })),
  };
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

function trackOf(input: RuleInput): string {
  if ("tag" in input) return `tag ${input.tag}`;
  return input.kind === "score" ? `score ${input.sensor}` : `health ${input.machine}`;
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
  const fired: { readonly instance: RuleInstance; readonly one: WouldHave }[] = [];
  /** What ended before the range is none of its business. */
  const note = (instance: RuleInstance, one: WouldHave): void => {
    if ((one.toUs === undefined || one.toUs > fromUs) && fired.length < MOST_FIRED)
      fired.push({ instance, one });
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
        if (begun !== undefined) note(instance, { ...begun, toUs: timeUs });
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
        isExact: true,
      });
    },
    close(approximate: readonly Blur[]): WouldHave[] {
      for (const [instance, one] of open) note(instance, one);
      return fired
        .map(({ instance, one }) => ({ ...one, isExact: !isBlurred(instance, one, approximate) }))
        .sort((a, b) => a.fromUs - b.fromUs);
    },
  };
}

/** Windows and holds look back. */
function isBlurred(instance: RuleInstance, one: WouldHave, approximate: readonly Blur[]): boolean {
  const { rule, inputs } = instance;
  const widths = inputs.map((input) => (input.kind === "window" ? input.widthUs : 0));
  const fromUs = one.fromUs - rule.holdUs - Math.max(0, ...widths);
  const tracks = new Set(inputs.map(trackOf));
  return approximate.some(
    (blur) =>
      blur.toUs >= fromUs &&
      blur.fromUs <= (one.toUs ?? Number.POSITIVE_INFINITY) &&
      tracks.has(`${blur.of} ${blur.id}`),
  );
}
