import type { Severity } from "../alarm-types.ts";

/** What a window of readings can be asked for. */
export const STATISTICS = ["avg", "min", "max", "rate", "count", "stddev"] as const;
export type Statistic = (typeof STATISTICS)[number];

/** What a score says that rules can look at; the last four are features of the window. */
export const SCORE_NUMBERS = [
  "anomaly",
  "spectrumRatio",
  "rmsRatio",
  "shaftHz",
  "rms",
  "crest",
  "kurtosis",
  "velocityRms",
] as const;
export const SCORE_TEXTS = ["state", "sensorState", "faultHint"] as const;
export type ScoreField = (typeof SCORE_NUMBERS)[number] | (typeof SCORE_TEXTS)[number];

/** How the value of a tag is taken: numbers unless the rule declares another type. */
export type ReadingType = "bool" | "double" | "string";

/** One thing that an expression looks at, of one machine. */
export type RuleInput =
  | { readonly kind: "reading"; readonly tag: string; readonly type: ReadingType }
  | {
      readonly kind: "window";
      readonly tag: string;
      readonly statistic: Statistic;
      readonly widthUs: number;
      /** Only "rate" uses it: the change in so much time. */
      readonly perUs: number;
    }
  | { readonly kind: "score"; readonly sensor: string; readonly field: ScoreField }
  | { readonly kind: "health"; readonly machine: string }
  | { readonly kind: "state"; readonly machine: string };

/** Why an expression has no value: one of its inputs has none, or it failed (division by zero, overflow). */
export type Unknown =
  | { readonly kind: "absent"; readonly input: number }
  | { readonly kind: "failed"; readonly message: string };

/** The values of one instance's inputs, by their place in its list. */
export interface InputValues {
  /** NaN where there is none. */
  number(input: number): number;
  /** Undefined where there is none. */
  value(input: number): boolean | number | string | undefined;
}

/** A compiled condition: of an instance's inputs, to true, false or neither. Keeps nothing and throws nothing. */
export type Predicate = (values: InputValues) => boolean | Unknown;

/** A message in several languages, cut at its placeholders. */
export interface MessageText {
  readonly language: "en" | "zh";
  /** Text, the place of an input, or the machine's name. */
  readonly parts: readonly (
    | { readonly text: string }
    | { readonly input: number }
    | { readonly machine: true }
  )[];
}

/** A rule as it runs, checked. */
export interface Rule {
  readonly name: string;
  /** Hash of everything that decides what it does. */
  readonly version: string;
  readonly when: string;
  /** So long the condition must be true before it counts, and false before it ends. */
  readonly holdUs: number;
  readonly clearUs: number;
  readonly severity: Severity;
  readonly messages: readonly MessageText[];
  readonly predicate: Predicate;
  /** As they stand in the rule: "machine.temp", "rate(machine.temp, '5m')"; and their units where they have one. */
  readonly inputs: readonly { readonly text: string; readonly unit?: string }[];
  /** Whether closures evaluate it, or the library. */
  readonly engine: "closures" | "library";
}

/** A rule on one machine. */
export interface RuleInstance {
  readonly rule: Rule;
  /** Id of the asset. */
  readonly machine: string;
  /** As many as the rule names. */
  readonly inputs: readonly RuleInput[];
}

/** All rules of a file. */
export interface RuleSet {
  /** Hash of all of them. */
  readonly version: string;
  readonly rules: readonly Rule[];
  readonly instances: readonly RuleInstance[];
  /** How the tags are read that they look at, by id. */
  readonly tags: ReadonlyMap<string, RuleTag>;
}

export const NO_RULES: RuleSet = { version: "none", rules: [], instances: [], tags: new Map() };

/** The source under which a rule's alarms run. */
export const ruleSource = (rule: string, machine: string): string => `rule:${rule}@${machine}`;

/** Where a tag's readings come from, for whoever must know when one is missing. */
export interface RuleTag {
  /** Time between scans; readings of a tag with a deadband come only when the value changes. */
  readonly periodUs: number;
  readonly isByChange: boolean;
}
