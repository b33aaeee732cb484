import { createEnvironment } from "../../edge-agent/src/adapters/cel/environment.ts";
import { planWithLibrary } from "../../edge-agent/src/adapters/cel/library.ts";
import { parseExpression } from "../../edge-agent/src/adapters/cel/syntax.ts";
import type { InputValues, Predicate, RuleSet } from "../../edge-agent/src/core/rules/rule.ts";
import { createRulesEngine } from "../../edge-agent/src/flow/rules-engine.ts";
import { type Bench, median } from "./harness.ts";
import { benchPlant, type RulesBench, randomBatches } from "./rules/plant.ts";

const MACHINES = 1000;
const BATCH_ROWS = 100;
/** Until the windows of five minutes are whole. */
const WARM_BATCHES = (310 * MACHINES) / BATCH_ROWS;
const BATCHES = 2000;
const ROUNDS = 3;
const ALONE = 1_000_000;

export const rules: Bench = {
  name: "rules",
  explains:
    "The rule machine.temp > 80 && rate(machine.temp, '5m') > 0.5 on 1000 machines, readings of machines at random in batches " +
    "of 100, on one core. evalPerS: evaluations per second of a core's time, of the whole engine, readings taken into their windows included, " +
    "with the closures that rules run as; library...: the same engine with @bufbuild/cel's own evaluator; hand...: with a " +
    "predicate written in JavaScript. vsLibrary, vsHand: ratios of the medians. alone...: the condition alone, over " +
    "values that lie ready",
  async run(report) {
    const plant = benchPlant(MACHINES);
    const closures = plant.rules.rules[0]?.predicate;
    if (closures === undefined) throw new Error("the rule was not compiled");
    const ways: readonly (readonly [string, Predicate])[] = [
      ["closures", closures],
      ["library", libraryPredicate()],
      ["hand", handWritten],
    ];
    const rates = new Map<string, number[]>(ways.map(([name]) => [name, []]));
    // In turn: a machine that slows down slows all of them.
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, predicate] of ways) {
        const perS = runEngine(plant, predicate, round + 1);
        rates.get(name)?.push(perS);
        report(`round ${round + 1} of ${ROUNDS}: ${name} ${Math.round(perS)} evaluations/s\n`);
      }
    const [own, library, hand] = ways.map(([name]) => median(rates.get(name) ?? []));
    const alone = ways.map(([, predicate]) =>
      median(Array.from({ length: ROUNDS }, () => runAlone(predicate))),
    );
    return {
      evalPerS: own ?? 0,
      libraryEvalPerS: library ?? 0,
      handEvalPerS: hand ?? 0,
      vsLibrary: (own ?? 0) / (library ?? 0),
      vsHand: (own ?? 0) / (hand ?? 0),
      alonePerS: alone[0] ?? 0,
      aloneLibraryPerS: alone[1] ?? 0,
      aloneHandPerS: alone[2] ?? 0,
    };
  },
};

/** Evaluations per second, from the readings on. */
function runEngine({ tags, rules: set }: RulesBench, predicate: Predicate, seed: number): number {
  const engine = createRulesEngine({ onTurn: () => undefined, onFailed: () => undefined });
  engine.setTags(tags);
  engine.setRules(withPredicate(set, predicate), () => ({ isOn: false, againstSinceUs: undefined }));
  const batches = randomBatches(tags.length, BATCH_ROWS, seed);
  const feed = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      const { value } = batches.next();
      if (value !== undefined) engine.onReadings(value);
    }
  };
  feed(WARM_BATCHES);
  engine.counts();
  const began = process.cpuUsage();
  feed(BATCHES);
  return engine.counts().evaluated / coreSeconds(began);
}

/** What one core worked, the collector of garbage included: other programs on the machine do not count. */
function coreSeconds(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

function withPredicate(set: RuleSet, predicate: Predicate): RuleSet {
  const changed = set.rules.map((rule) => ({ ...rule, predicate }));
  const instances = set.instances.map((one) => ({ ...one, rule: changed[0] ?? one.rule }));
  return { ...set, rules: changed, instances };
}

/** The condition alone, per second. */
function runAlone(predicate: Predicate): number {
  const found = [85, 0.2];
  const values: InputValues = { number: (i) => found[i] ?? Number.NaN, value: (i) => found[i] };
  let held = 0;
  const began = process.cpuUsage();
  for (let i = 0; i < ALONE; i += 1) {
    found[0] = 60 + (i % 40);
    if (predicate(values) === true) held += 1;
  }
  const perS = ALONE / coreSeconds(began);
  if (held > 0) throw new Error("0.2 is not above 0.5");
  return perS;
}

/** What a programmer would write for this one rule. */
const handWritten: Predicate = (values) => {
  const temp = values.number(0);
  if (!(temp > 80)) return Number.isNaN(temp) ? { kind: "absent", input: 0 } : false;
  const rate = values.number(1);
  return Number.isNaN(rate) ? { kind: "absent", input: 1 } : rate > 0.5;
};

/** The same condition as the library evaluates it, with its inputs as variables. */
function libraryPredicate(): Predicate {
  const syntax = parseExpression("in0 > 80 && in1 > 0.5");
  if ("message" in syntax) throw new Error(syntax.message);
  const evaluate = planWithLibrary(createEnvironment(), syntax.expr, 2);
  return (values) => {
    const result = evaluate(values);
    return typeof result === "boolean" ? result : { kind: "failed", message: "" };
  };
}
