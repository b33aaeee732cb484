import type { Health } from "../core/health.ts";
import { isUsable } from "../core/quality.ts";
import { type ReadingBatch, valueAt } from "../core/reading.ts";
import type { RuleInput, RuleInstance, RuleTag } from "../core/rules/rule.ts";
import { createSeries, type Series } from "../core/rules/series.ts";
import type { Score } from "../core/score.ts";
import type { TimeUs } from "../core/time.ts";
import { createFreshness, type Freshness } from "./rules-freshness.ts";
import type { NewestValue } from "./rules-newest.ts";

/** One input of one instance, at the time that was set. */
export interface Reader {
  /** NaN where there is none. */
  number(): number;
  value(): boolean | number | string | undefined;
}

/** The newest of everything that rules look at. */
export interface RuleInputs {
  /** Makes readers for these, and keeps what is known of what they go on looking at.
   *  @returns a reader for each input of each instance */
  setInstances(
    instances: readonly RuleInstance[],
    tags: ReadonlyMap<string, RuleTag>,
  ): readonly (readonly Reader[])[];
  /** Where the readings of a tag go; undefined where nobody looks at it. Another one after each setInstances. */
  placeOf(tag: string): TagState | undefined;
  /** Takes in row `row` of a batch as a reading of this place's tag. */
  take(place: TagState, batch: ReadingBatch, row: number): void;
  /** Of a tag that comes by change and was not looked at before: the value that stands. */
  seed(tag: string, newest: NewestValue | undefined): void;
  /** Of any sensor: scores tell also whether the health of their machine still rests on something. */
  onScore(score: Score, nowUs: TimeUs): void;
  onHealth(health: Health): void;
  /** The time that windows end at, and that tells what is stale. */
  setTime(nowUs: TimeUs): void;
  /** Sensors and machines whose scores went stale, or came back, since the last call. */
  turned: Freshness["turned"];
  /** Readings that no window could take. */
  readonly dropped: number;
}

/** @property other what is no number */
export interface TagState {
  value: number;
  other: boolean | string | undefined;
  series: Series | undefined;
  readonly reading: RuleTag;
}

const UNREAD: RuleTag = { periodUs: 1e6, isByChange: true };

export function createRuleInputs(): RuleInputs {
  let tags = new Map<string, TagState>();
  const scores = new Map<string, Score>();
  const healths = new Map<string, Health>();
  const freshness = createFreshness();
  let nowUs = 0;

  function stateOf(tag: string, reading: RuleTag): TagState {
    const before = tags.get(tag);
    const { periodUs, isByChange } = reading;
    if (before?.reading.periodUs === periodUs && before.reading.isByChange === isByChange) return before;
    return { value: before?.value ?? Number.NaN, other: before?.other, series: undefined, reading };
  }

  function statesOf(
    inputs: readonly RuleInput[],
    readings: ReadonlyMap<string, RuleTag>,
  ): Map<string, TagState> {
    const states = new Map<string, TagState>();
    for (const input of inputs)
      if ("tag" in input && !states.has(input.tag))
        states.set(input.tag, stateOf(input.tag, readings.get(input.tag) ?? UNREAD));
    return states;
  }

  function readerOf(input: RuleInput): Reader {
    switch (input.kind) {
      case "reading":
        return reading(input.tag, input.type);
      case "window": {
        const { tag, statistic, widthUs, perUs } = input;
        const state = tags.get(tag);
        if (state === undefined) return NOTHING;
        state.series ??= createSeries(state.reading);
        const { series } = state;
        const window = series.window(widthUs);
        return ofNumber(() => series.read(window, statistic, perUs, nowUs));
      }
      case "score": {
        const { sensor, field } = input;
        return ofAny(() => {
          const score = freshness.hasScores(sensor, nowUs) ? scores.get(sensor) : undefined;
          // What was not judged says nothing of the machine.
          if (field === "anomaly" && score?.state !== "scored" && score?.state !== "degraded")
            return undefined;
          return fieldOf(score, field);
        });
      }
      case "health":
        return ofAny(() => health(input.machine)?.index);
      case "state":
        return ofAny(() => health(input.machine)?.state);
    }
  }

  /** Told only when it changes, so it is its machine's scores that age. What says that there are none stands. */
  function health(machine: string): Health | undefined {
    const told = healths.get(machine);
    const needsScores = told?.state !== "offline" && told?.state !== "unknown";
    return needsScores && !freshness.hasMachine(machine, nowUs) ? undefined : told;
  }

  function reading(tag: string, type: "bool" | "double" | "string"): Reader {
    const state = tags.get(tag);
    if (state === undefined) return NOTHING;
    if (type === "double") return ofNumber(() => state.value);
    if (type === "string") return ofAny(() => (typeof state.other === "string" ? state.other : undefined));
    return ofAny(() => {
      if (typeof state.other === "boolean") return state.other;
      return Number.isNaN(state.value) ? undefined : state.value !== 0;
    });
  }

  return {
    setInstances(instances, readings) {
      const inputs = instances.flatMap((one) => one.inputs);
      tags = statesOf(inputs, readings);
      const widths = widthsOf(inputs);
      for (const [tag, state] of tags) {
        const kept = widths.get(tag);
        if (kept === undefined) state.series = undefined;
        else state.series?.keepWindows(kept);
      }
      return instances.map((one) => one.inputs.map(readerOf));
    },
    placeOf: (tag) => tags.get(tag),
    take(state, batch, row) {
      if (!isUsable(batch.status[row] ?? 0)) {
        state.value = Number.NaN;
        state.other = undefined;
        state.series?.lose();
        return;
      }
      const value = batch.value[row] ?? Number.NaN;
      const other = batch.other.size === 0 ? undefined : valueAt(batch, row);
      state.value = value;
      state.other = typeof other === "boolean" || typeof other === "string" ? other : undefined;
      if (Number.isFinite(value))
        state.series?.add(batch.sourceTimeUs[row] ?? batch.agentTimeUs, value, batch.agentTimeUs);
    },
    seed(tag, newest) {
      const state = tags.get(tag);
      if (newest === undefined || state?.reading.isByChange !== true) return;
      const { value, sourceUs, agentUs } = newest;
      if (Number.isNaN(state.value) && state.other === undefined) state.value = value;
      if (state.series?.isEmpty === true) state.series.add(sourceUs, value, agentUs);
    },
    onScore(score, timeUs) {
      scores.set(score.sensor, score);
      freshness.note(score, timeUs);
    },
    onHealth: (health) => void healths.set(health.machine, health),
    setTime(next) {
      nowUs = next;
    },
    turned: freshness.turned,
    get dropped() {
      let sum = 0;
      for (const { series } of tags.values()) sum += series?.dropped ?? 0;
      return sum;
    },
  };
}

/** How wide the windows of each tag are. */
function widthsOf(inputs: readonly RuleInput[]): Map<string, Set<number>> {
  const widths = new Map<string, Set<number>>();
  for (const input of inputs)
    if (input.kind === "window")
      widths.set(input.tag, (widths.get(input.tag) ?? new Set()).add(input.widthUs));
  return widths;
}

const NOTHING: Reader = { number: () => Number.NaN, value: () => undefined };

const ofNumber = (number: () => number): Reader => ({
  number,
  value() {
    const value = number();
    return Number.isNaN(value) ? undefined : value;
  },
});

const ofAny = (value: Reader["value"]): Reader => ({
  value,
  number() {
    const found = value();
    return typeof found === "number" ? found : Number.NaN;
  },
});

function fieldOf(
  score: Score | undefined,
  field: Extract<RuleInput, { kind: "score" }>["field"],
): number | string | undefined {
  if (score === undefined) return undefined;
  switch (field) {
    case "rms":
    case "crest":
    case "kurtosis":
    case "velocityRms":
      return score.features?.[field];
    default:
      return score[field];
  }
}
