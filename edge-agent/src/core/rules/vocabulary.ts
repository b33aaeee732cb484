import type { ReadingType, RuleTag, ScoreField, Statistic } from "./rule.ts";

/** How an expression names a tag: one of the machine's own, or any by its id. */
export type TagRef =
  | { readonly of: "machine"; readonly name: string }
  | { readonly of: "plant"; readonly id: string };

/** One thing that an expression looks at, of whichever machine. */
export type InputTemplate =
  | { readonly kind: "reading"; readonly tag: TagRef; readonly type: ReadingType }
  | {
      readonly kind: "window";
      readonly tag: TagRef;
      readonly statistic: Statistic;
      readonly widthUs: number;
      readonly perUs: number;
    }
  | { readonly kind: "score"; readonly sensor: string; readonly field: ScoreField }
  | { readonly kind: "health" }
  | { readonly kind: "state" };

export interface TagFacts extends RuleTag {
  readonly unit: string;
}

/** What the expressions of one rule may name. */
export interface RuleVocabulary {
  tag(ref: TagRef): TagFacts | undefined;
  readonly tagNames: readonly string[];
  readonly tagIds: readonly string[];
  readonly sensors: readonly string[];
  /** As the rule declares it; numbers otherwise. @param text "machine.temp" */
  typeOf(text: string): ReadingType;
}

/** As it stands in a rule. */
export function tagText(tag: TagRef): string {
  if (tag.of === "plant") return `tag(${quoted(tag.id)})`;
  return `machine${/^[A-Za-z_]\w*$/.test(tag.name) ? `.${tag.name}` : `[${quoted(tag.name)}]`}`;
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** Something wrong with an expression, `at` characters into it. */
export interface ExpressionProblem {
  readonly at: number;
  readonly message: string;
}
