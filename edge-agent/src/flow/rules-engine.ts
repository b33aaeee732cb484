import { unreachable } from "../core/errors.ts";
import type { Health } from "../core/health.ts";
import type { ReadingBatch } from "../core/reading.ts";
import { type Hold, stepHold } from "../core/rules/hold.ts";
import type { InputValues, RuleInput, RuleInstance, RuleSet, Unknown } from "../core/rules/rule.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";
import { createRuleInputs, type Reader, type TagState } from "./rules-inputs.ts";
import { createNewestValues } from "./rules-newest.ts";

/** A rule on a machine began to count, or ceased to.
 *  @param values of its inputs, undefined where there is none; the caller's to keep */
export type OnTurn = (
  instance: RuleInstance,
  isOn: boolean,
  values: readonly (boolean | number | string | undefined)[],
  timeUs: TimeUs,
) => void;

/** Evaluates rules whose inputs changed, batch by batch. Time is what the batches and ticks say. */
export interface RulesEngine {
  /** All at once. Windows and the newest values of what is still looked at stay.
   *  @param holdOf where an instance goes on from */
  setRules(rules: RuleSet, holdOf: (instance: RuleInstance, before: Hold | undefined) => Hold): void;
  /** After each reload. @param tags the agent's table */
  setTags(tags: readonly Pick<Tag, "id">[]): void;
  onReadings(batch: ReadingBatch): void;
  onScore(score: Score, nowUs: TimeUs): void;
  onHealth(health: Health, nowUs: TimeUs): void;
  /** Moves windows on without readings, ends holds, and judges again what looks at scores that went stale. */
  tick(nowUs: TimeUs): void;
  /** Since the last call. */
  counts(): { readonly evaluated: number; readonly fired: number };
  /** Readings that no window could take. */
  readonly dropped: number;
}

export interface RulesEngineDeps {
  readonly onTurn: OnTurn;
  /** An expression failed on a machine where it had not failed before. */
  onFailed(instance: RuleInstance, message: string): void;
}

const CLOCK_SET_US = 60e6;

/** Where the readings of a tag go, and who looks at them. */
interface TagLookers {
  readonly place: TagState;
  readonly list: readonly Running[];
}

interface Running {
  readonly instance: RuleInstance;
  readonly readers: readonly Reader[];
  readonly hasWindow: boolean;
  hold: Hold;
  isDirty: boolean;
  hasFailed: boolean;
  judgedUs: TimeUs;
}

export function createRulesEngine({ onTurn, onFailed }: RulesEngineDeps): RulesEngine {
  const inputs = createRuleInputs();
  const newest = createNewestValues();
  let all: Running[] = [];
  /** Those that look at a tag, a sensor, a machine. */
  let lookers = new Map<string, Running[]>();
  let tags: readonly Pick<Tag, "id">[] = [];
  /** By index of the tag. */
  let ofTag: (TagLookers | undefined)[] = [];
  const changed: Running[] = [];
  let nowUs = 0;
  let evaluated = 0;
  let fired = 0;
  let tickedUs = Number.NEGATIVE_INFINITY;

  let readers: readonly Reader[] = [];
  const values: InputValues = {
    number: (input) => readers[input]?.number() ?? Number.NaN,
    value: (input) => readers[input]?.value(),
  };

  function mark(list: readonly Running[] | undefined): void {
    for (const one of list ?? []) {
      if (one.isDirty) continue;
      one.isDirty = true;
      changed.push(one);
    }
  }

  /** Time does not go back by the little that parts of the agent differ; by more, the clock was set. */
  function judgeChanged(timeUs: TimeUs): void {
    nowUs = timeUs < nowUs - CLOCK_SET_US ? timeUs : Math.max(nowUs, timeUs);
    inputs.setTime(nowUs);
    for (const one of changed) judge(one);
    changed.length = 0;
  }

  function judge(one: Running): void {
    one.isDirty = false;
    one.judgedUs = nowUs;
    readers = one.readers;
    evaluated += 1;
    const found = one.instance.rule.predicate(values);
    if (typeof found !== "boolean") noteUnknown(one, found);
    else one.hasFailed = false;
    const next = stepHold(one.hold, typeof found === "boolean" ? found : undefined, nowUs, one.instance.rule);
    const isTurn = next.isOn !== one.hold.isOn;
    one.hold = next;
    if (!isTurn) return;
    if (next.isOn) fired += 1;
    onTurn(
      one.instance,
      next.isOn,
      one.readers.map((reader) => reader.value()),
      nowUs,
    );
  }

  function noteUnknown(one: Running, unknown: Unknown): void {
    if (unknown.kind === "absent") return;
    if (!one.hasFailed) onFailed(one.instance, unknown.message);
    one.hasFailed = true;
  }

  function placeTags(): void {
    newest.setTags(tags.length);
    ofTag = tags.map(({ id }) => {
      const list = lookers.get(`tag ${id}`);
      const place = inputs.placeOf(id);
      return list && place && { place, list };
    });
  }

  return {
    setRules(rules, holdOf) {
      const before = new Map(all.map((one) => [keyOf(one.instance), one.hold]));
      const readersOf = inputs.setInstances(rules.instances, rules.tags);
      changed.length = 0;
      all = rules.instances.map((instance, i) => ({
        instance,
        readers: readersOf[i] ?? [],
        hasWindow: instance.inputs.some(({ kind }) => kind === "window"),
        hold: holdOf(instance, before.get(keyOf(instance))),
        isDirty: false,
        hasFailed: false,
        judgedUs: Number.NEGATIVE_INFINITY,
      }));
      lookers = new Map();
      for (const one of all)
        for (const target of targetsOf(one.instance))
          lookers.set(target, [...(lookers.get(target) ?? []), one]);
      placeTags();
      for (const [index, found] of ofTag.entries())
        if (found !== undefined) inputs.seed(tags[index]?.id ?? "", newest.of(index));
    },
    setTags(next) {
      tags = next;
      placeTags();
    },
    onReadings(batch) {
      const { count, tag, agentTimeUs } = batch;
      newest.take(batch);
      for (let row = 0; row < count; row += 1) {
        const found = ofTag[tag[row] ?? 0];
        if (found === undefined) continue;
        inputs.take(found.place, batch, row);
        mark(found.list);
      }
      if (changed.length > 0) judgeChanged(agentTimeUs);
    },
    onScore(score, timeUs) {
      inputs.onScore(score, timeUs);
      const list = lookers.get(`sensor ${score.sensor}`);
      if (list === undefined) return;
      mark(list);
      judgeChanged(timeUs);
    },
    onHealth(health, timeUs) {
      inputs.onHealth(health);
      const list = lookers.get(`machine ${health.machine}`);
      if (list === undefined) return;
      mark(list);
      judgeChanged(timeUs);
    },
    tick(timeUs) {
      for (const one of all) {
        const isWaiting = one.hold.againstSinceUs !== undefined;
        // One that is new looks at what stands already, which may not change soon.
        const isNew = one.judgedUs === Number.NEGATIVE_INFINITY;
        if (isNew || isWaiting || (one.hasWindow && one.judgedUs <= tickedUs)) mark([one]);
      }
      const { sensors, machines } = inputs.turned(timeUs);
      for (const sensor of sensors) mark(lookers.get(`sensor ${sensor}`));
      for (const machine of machines) mark(lookers.get(`machine ${machine}`));
      tickedUs = timeUs;
      judgeChanged(timeUs);
    },
    counts() {
      const told = { evaluated, fired };
      [evaluated, fired] = [0, 0];
      return told;
    },
    get dropped() {
      return inputs.dropped;
    },
  };
}

/** The same rule, looking at the same things, on the same machine. */
const keyOf = ({ rule, machine, inputs }: RuleInstance): string =>
  `${rule.name} ${rule.version} ${machine} ${JSON.stringify(inputs)}`;

function targetsOf({ inputs }: RuleInstance): Set<string> {
  return new Set(inputs.map(targetOf));
}

function targetOf(input: RuleInput): string {
  switch (input.kind) {
    case "reading":
    case "window":
      return `tag ${input.tag}`;
    case "score":
      return `sensor ${input.sensor}`;
    case "health":
    case "state":
      return `machine ${input.machine}`;
    default:
      return unreachable(input);
  }
}
