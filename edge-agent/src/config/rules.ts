import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type CompiledRule, compileRule } from "../adapters/cel/compile.ts";
import { didYouMean } from "../core/rules/nearest.ts";
import type { MessageText, Rule, RuleInput, RuleInstance, RuleSet } from "../core/rules/rule.ts";
import type { InputTemplate, RuleVocabulary, TagRef } from "../core/rules/vocabulary.ts";
import { describeIssues, pathOf } from "./issues.ts";
import { ConfigError, type ConfigProblem, type Report } from "./problem.ts";
import { cutMessages, type MessageCut } from "./rules-message.ts";
import { createPlaceIn } from "./rules-place.ts";
import { assetsOf, type RulesAsset, type RulesPlant } from "./rules-plant.ts";
import { type RuleFile, rulesFile } from "./rules-schema.ts";
import { createUnits } from "./units.ts";
import { parseYaml } from "./yaml-source.ts";

/** Reads and checks a file of rules against the plant that they are for.
 *  @throws ConfigError with every problem, each with its line and its mend */
export function readRules(file: string, plant: RulesPlant): RuleSet {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const message = `cannot be read (${String((cause as NodeJS.ErrnoException).code)}); check rules.file and its permissions`;
    throw new ConfigError(file, [{ file, line: 1, column: 1, path: "", message }]);
  }
  return checkRulesText(file, text, plant);
}

/** @param file names the text in messages
 *  @throws ConfigError */
export function checkRulesText(file: string, text: string, plant: RulesPlant): RuleSet {
  const source = parseYaml(file, text);
  const parsed = rulesFile.safeParse(source.value, { reportInput: true });
  if (!parsed.success) throw new ConfigError(file, describeIssues(parsed.error, source));
  const problems: ConfigProblem[] = [];
  const placeIn = createPlaceIn(text, source);
  const note = (path: readonly PropertyKey[], message: string, place: { line: number; column: number }) =>
    void problems.push({ file, ...place, path: pathOf(path), message });
  const report: Report = (path, message, at) => {
    const value = path.reduce<unknown>(
      (node, key) => (node as Record<PropertyKey, unknown>)?.[key],
      source.value,
    );
    if (at !== undefined && typeof value === "string") note(path, message, placeIn(path, value, at));
    else note(path, message, source.position(path, 0));
  };
  const reportKey: Report = (path, message) => note(path, message, source.keyPosition(path));
  const built = parsed.data.rules.flatMap(
    (rule, i) => buildRule(rule, ["rules", i], { plant, report, reportKey }) ?? [],
  );
  if (problems.length > 0) throw new ConfigError(file, problems);
  const rules = built.map(({ rule }) => rule);
  const instances = built.flatMap((one) => one.instances);
  const used = instances.flatMap(({ inputs }) =>
    inputs.flatMap((input) => ("tag" in input ? [input.tag] : [])),
  );
  return {
    version: hashOf(rules.map(({ name, version }) => [name, version])),
    rules,
    instances,
    tags: new Map(
      [...new Set(used)].map((id) => [id, plant.reading.get(id) ?? { periodUs: 1e6, isByChange: true }]),
    ),
  };
}

interface Build {
  readonly plant: RulesPlant;
  readonly report: Report;
  /** The same at the name of a setting. */
  readonly reportKey: Report;
}

function buildRule(
  file: RuleFile,
  path: readonly PropertyKey[],
  build: Build,
): { readonly rule: Rule; readonly instances: readonly RuleInstance[] } | undefined {
  const assets = findAssets(file, path, build);
  const [first] = assets;
  if (first === undefined) return undefined;
  const messages = cutMessages(file.message);
  const shown = messages.flatMap(({ placeholders }) => placeholders);
  const compiled = compileRule(
    { when: file.when, placeholders: shown.map(({ text }) => text) },
    vocabularyOf(first, file, build.plant),
  );
  if (!("predicate" in compiled)) {
    for (const { at, message, placeholder } of compiled) {
      const found = placeholder === undefined ? undefined : shown[placeholder];
      if (found === undefined) build.report([...path, "when"], message, at);
      else build.report([...path, ...found.path], message, found.at + at);
    }
    return undefined;
  }
  checkDeclared(file, path, compiled, build);
  const { name, when, severity } = file;
  const rule: Rule = {
    name,
    version: hashOf(file),
    when,
    severity,
    holdUs: file.hold,
    clearUs: file.clear,
    predicate: compiled.predicate,
    engine: compiled.engine,
    inputs: compiled.inputs.map(({ text, unit }) => ({ text, ...(unit !== undefined && { unit }) })),
    messages: messagesOf(messages, compiled.placeholders),
  };
  const instances = assets.flatMap((asset) => instanceOf(rule, asset, first, compiled, path, build) ?? []);
  return { rule, instances };
}

function findAssets(file: RuleFile, path: readonly PropertyKey[], { plant, report }: Build): RulesAsset[] {
  const { asset } = file.for;
  const globs = typeof asset === "string" ? [asset] : asset;
  const found = new Map<string, RulesAsset>();
  globs.forEach((glob, i) => {
    const assets = assetsOf(glob, plant);
    for (const one of assets) found.set(one.id, one);
    if (assets.length > 0) return;
    const known = [...plant.assets.keys()].map((id) => id.slice(id.indexOf("/") + 1));
    const at = typeof asset === "string" ? ["for", "asset"] : ["for", "asset", i];
    report([...path, ...at], `there is no asset "${glob}"${didYouMean(glob, known)}`);
  });
  return [...found.values()];
}

const tagOf = (ref: TagRef, asset: RulesAsset, { tags, site }: RulesPlant) => {
  if (ref.of === "machine") return asset.tags.get(ref.name);
  return tags.get(ref.id) ?? tags.get(`${site}/${ref.id}`);
};

function vocabularyOf(asset: RulesAsset, { types }: RuleFile, plant: RulesPlant): RuleVocabulary {
  return {
    tag(ref) {
      const tag = tagOf(ref, asset, plant);
      const reading = tag && plant.reading.get(tag.id);
      return tag && reading && { ...reading, unit: tag.unit };
    },
    tagNames: [...asset.tags.keys()],
    // Asked for only where an id is wrong: a plant has 100,000 of them.
    get tagIds() {
      return [...plant.tags.keys()].map((id) => id.slice(plant.site.length + 1));
    },
    sensors: [...asset.sensors.keys()],
    typeOf: (text) => types[text] ?? "double",
  };
}

/** Units that the rule was written for must be those of the tags. */
function checkDeclared(
  { units, types }: RuleFile,
  path: readonly PropertyKey[],
  { inputs }: CompiledRule,
  { report, reportKey }: Build,
): void {
  const texts = new Map(inputs.map((input) => [input.text, input]));
  const known = createUnits();
  for (const key of [...Object.keys(units), ...Object.keys(types)]) {
    const at = [...path, key in units ? "units" : "types", key];
    if (!texts.has(key)) reportKey(at, `the rule does not look at "${key}"${didYouMean(key, texts.keys())}`);
  }
  for (const [key, unit] of Object.entries(units)) {
    const has = texts.get(key)?.unit;
    const problem = known.problem(unit);
    if (problem !== undefined) report([...path, "units", key], problem);
    else if (has !== undefined && has !== unit) {
      const mend =
        known.factor(has, unit) === undefined ? "" : "; change the numbers of the rule, or scale the tag";
      report([...path, "units", key], `is declared in ${unit}, and ${key} is in ${has}${mend}`);
    }
  }
}

/** The rule on one machine: what the first machine has, the others must have too, in the same unit. */
function instanceOf(
  rule: Rule,
  asset: RulesAsset,
  first: RulesAsset,
  { inputs }: CompiledRule,
  path: readonly PropertyKey[],
  { plant, report }: Build,
): RuleInstance | undefined {
  const at = [...path, "for"];
  const bound = inputs.flatMap(({ template, text }): RuleInput[] => {
    const input = inputOn(template, asset, plant);
    if (input === undefined) report(at, `${asset.id} has no ${text}; name the machines that have it`);
    else if ("tag" in template) {
      const [unit, wanted] = [asset, first].map((one) => tagOf(template.tag, one, plant)?.unit);
      if (unit !== wanted)
        report(
          at,
          `${text} is in ${unit} on ${asset.id} and in ${wanted} on ${first.id}; write a rule for each`,
        );
    }
    return input === undefined ? [] : [input];
  });
  return bound.length === inputs.length ? { rule, machine: asset.id, inputs: bound } : undefined;
}

function inputOn(template: InputTemplate, asset: RulesAsset, plant: RulesPlant): RuleInput | undefined {
  switch (template.kind) {
    case "reading":
    case "window": {
      const tag = tagOf(template.tag, asset, plant);
      return tag && { ...template, tag: tag.id };
    }
    case "score": {
      const sensor = asset.sensors.get(template.sensor);
      return sensor === undefined ? undefined : { ...template, sensor };
    }
    case "health":
    case "state":
      return { kind: template.kind, machine: asset.id };
  }
}

function messagesOf(cuts: readonly MessageCut[], placeholders: readonly number[]): MessageText[] {
  let next = 0;
  return cuts.map(({ language, parts }) => ({
    language,
    parts: parts.map((part) => (part === "placeholder" ? { input: placeholders[next++] ?? 0 } : part)),
  }));
}

const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
