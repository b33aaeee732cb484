import { parseDuration } from "../../core/rules/duration.ts";
import { didYouMean } from "../../core/rules/nearest.ts";
import {
  SCORE_NUMBERS,
  SCORE_TEXTS,
  type ScoreField,
  STATISTICS,
  type Statistic,
} from "../../core/rules/rule.ts";
import {
  type InputTemplate,
  type RuleVocabulary,
  type TagRef,
  tagText,
} from "../../core/rules/vocabulary.ts";
import { scoreUnit, windowProblem, windowUnit } from "./input-units.ts";
import {
  type CallExpr,
  childrenOf,
  type Expr,
  ident,
  literalText,
  nameOf,
  type Syntax,
  withChildren,
} from "./syntax.ts";

/** An input with what the checker must know of it. */
export interface BoundInput {
  readonly text: string;
  readonly template: InputTemplate;
  readonly unit?: string;
}

/** Finds what an expression looks at and puts a variable in the place of each: what is left is plain CEL over the
 *  variables "in0", "in1" ..., and "has0" ... for whether there is a value. */
export interface Binder {
  bind(syntax: Syntax): Expr;
  readonly inputs: readonly BoundInput[];
}

export type ReportAt = (at: number, message: string) => void;

/** Stands for what was refused: it fits everywhere, so that one mistake is told once. */
export const REFUSED = "refused";

/** A day of readings at 1 Hz is more than is kept; rules that look back further belong into reports. */
const LONGEST_US = 7 * 8.64e10;
const SECOND_US = 1e6;
const STATISTIC_NAMES: readonly string[] = STATISTICS;
const SCORE_FIELDS: readonly string[] = [...SCORE_NUMBERS, ...SCORE_TEXTS];

const isStatistic = (name: string): name is Statistic => STATISTIC_NAMES.includes(name);

/** @param mostSamples that are kept of one tag */
export function createBinder(vocabulary: RuleVocabulary, report: ReportAt, mostSamples: number): Binder {
  const inputs: BoundInput[] = [];
  const places = new Map<string, number>();

  function place(text: string, template: InputTemplate, unit: string | undefined): number {
    const known = places.get(text);
    if (known !== undefined) return known;
    places.set(text, inputs.length);
    return inputs.push({ text, template, ...(unit !== undefined && { unit }) }) - 1;
  }

  /** "machine.temp", "machine['motor temp']", "tag('hall/line/cell/press/temp')". */
  function refOf(expr: Expr | undefined, syntax: Syntax): TagRef | undefined {
    if (expr === undefined) return undefined;
    const { exprKind } = expr;
    if (exprKind.case === "selectExpr" && nameOf(exprKind.value.operand) === "machine")
      return { of: "machine", name: exprKind.value.field };
    if (exprKind.case !== "callExpr") return undefined;
    const { function: name, args, target } = exprKind.value;
    if (name === "_[_]" && nameOf(args[0]) === "machine") {
      const text = literalText(args[1]);
      return text === undefined ? undefined : { of: "machine", name: text };
    }
    if (name !== "tag" || target !== undefined) return undefined;
    const id = literalText(args[0]);
    if (id !== undefined && args.length === 1) return { of: "plant", id };
    report(syntax.at(expr), `tag() takes the id of a tag in quotes: tag('area/line/cell/asset/name')`);
    return undefined;
  }

  function factsOf(ref: TagRef, at: number) {
    const facts = vocabulary.tag(ref);
    if (facts !== undefined) return facts;
    if (ref.of === "plant") report(at, `there is no tag "${ref.id}"${didYouMean(ref.id, vocabulary.tagIds)}`);
    else {
      const names = [...vocabulary.tagNames, "health", "state"];
      report(at, `the machine has no tag "${ref.name}"${didYouMean(ref.name, names)}`);
    }
    return undefined;
  }

  function reading(ref: TagRef, at: number): number | undefined {
    if (ref.of === "machine" && (ref.name === "health" || ref.name === "state"))
      return place(`machine.${ref.name}`, { kind: ref.name }, ref.name === "health" ? "%" : undefined);
    const facts = factsOf(ref, at);
    if (facts === undefined) return undefined;
    const text = tagText(ref);
    const type = vocabulary.typeOf(text);
    return place(text, { kind: "reading", tag: ref, type }, type === "double" ? facts.unit : undefined);
  }

  /** A duration that is written out; undefined where it was refused. */
  function durationOf(expr: Expr, what: string, syntax: Syntax): number | undefined {
    const text = literalText(expr);
    const us = text === undefined ? undefined : parseDuration(text);
    if (us !== undefined && us >= SECOND_US / 10 && us <= LONGEST_US) return us;
    const got = text === undefined ? "" : `, not '${text}'`;
    report(syntax.at(expr), `${what} must be a duration in quotes from '100ms' to '7d', such as '5m'${got}`);
    return undefined;
  }

  function window(statistic: Statistic, expr: Expr, { args }: CallExpr, syntax: Syntax): number | undefined {
    const most = statistic === "rate" ? 3 : 2;
    const [what = expr, width = expr, per] = args;
    if (args.length < 2 || args.length > most) {
      const more = most === 3 ? ", and maybe the time that the change is given per" : "";
      report(
        syntax.at(expr),
        `${statistic}() takes a tag and a duration${more}: ${statistic}(machine.temp, '5m')`,
      );
      return undefined;
    }
    const ref = refOf(what, syntax);
    const widthUs = durationOf(width, "the window", syntax);
    const perUs = per === undefined ? SECOND_US : durationOf(per, "the time of a rate", syntax);
    if (ref === undefined) {
      report(
        syntax.at(what),
        `${statistic}() looks at the readings of a tag, such as machine.temp, not at a value`,
      );
      return undefined;
    }
    const facts = factsOf(ref, syntax.at(what));
    if (facts === undefined || widthUs === undefined || perUs === undefined) return undefined;
    const problem = windowProblem(statistic, widthUs, facts, mostSamples);
    if (problem !== undefined) {
      report(syntax.at(width), problem);
      return undefined;
    }
    const tail = per === undefined ? "" : `, '${literalText(per)}'`;
    const text = `${statistic}(${tagText(ref)}, '${literalText(width)}'${tail})`;
    const template = { kind: "window", tag: ref, statistic, widthUs, perUs } as const;
    return place(text, template, windowUnit(statistic, facts.unit, perUs));
  }

  /** "score(machine.drive_end).anomaly" */
  function score(expr: Expr, call: CallExpr, field: string, syntax: Syntax): number | undefined {
    const ref = refOf(call.args[0], syntax);
    if (ref?.of !== "machine" || call.args.length !== 1) {
      report(syntax.at(expr), "score() takes a sensor of the machine: score(machine.drive_end).anomaly");
      return undefined;
    }
    if (!vocabulary.sensors.includes(ref.name)) {
      report(
        syntax.at(call.args[0] ?? expr),
        `the machine has no sensor "${ref.name}"${didYouMean(ref.name, vocabulary.sensors)}`,
      );
      return undefined;
    }
    if (!isScoreField(field)) {
      report(
        syntax.at(expr),
        `a score has no "${field}"${didYouMean(field, SCORE_FIELDS)}; it has ${SCORE_FIELDS.join(", ")}`,
      );
      return undefined;
    }
    const unit = scoreUnit(field);
    return place(`score(${tagText(ref)}).${field}`, { kind: "score", sensor: ref.name, field }, unit);
  }

  /** The input that a call is; "none" where it is none of them, undefined where it was refused. */
  function callOf(expr: Expr, call: CallExpr, syntax: Syntax): number | "none" | undefined {
    const { function: name, target } = call;
    if (target !== undefined) return "none";
    if (isStatistic(name)) return window(name, expr, call, syntax);
    if (name === "score") {
      report(
        syntax.at(expr),
        "a score is no value by itself; name a part of it: score(machine.drive_end).anomaly",
      );
      return undefined;
    }
    if (name !== "tag") return "none";
    const ref = refOf(expr, syntax);
    return ref && reading(ref, syntax.at(expr));
  }

  /** The same of any expression. */
  function inputOf(expr: Expr, syntax: Syntax): number | "none" | undefined {
    const { exprKind } = expr;
    if (exprKind.case === "selectExpr") {
      const { operand, field } = exprKind.value;
      const call = callIn(operand);
      if (call?.function === "score" && call.target === undefined) return score(expr, call, field, syntax);
    }
    const call = callIn(expr);
    const found = call === undefined ? "none" : callOf(expr, call, syntax);
    if (found !== "none") return found;
    if (nameOf(expr) === "machine") {
      report(syntax.at(expr), "a machine is no value by itself; name a tag of it: machine.temp");
      return undefined;
    }
    const ref = refOf(expr, syntax);
    return ref === undefined ? "none" : reading(ref, syntax.at(expr));
  }

  function bind(expr: Expr, syntax: Syntax): Expr {
    const found = inputOf(expr, syntax);
    if (found === "none") return withChildren(expr, (part) => bind(part, syntax));
    if (found === undefined) return ident(expr, REFUSED);
    const isTest = expr.exprKind.case === "selectExpr" && expr.exprKind.value.testOnly;
    return ident(expr, `${isTest ? "has" : "in"}${found}`);
  }

  return {
    bind(syntax) {
      const shadow = shadowing(syntax.expr);
      if (shadow !== undefined) report(syntax.at(shadow), 'a loop variable cannot be called "machine"');
      return shadow === undefined ? bind(syntax.expr, syntax) : ident(syntax.expr, REFUSED);
    },
    get inputs() {
      return inputs;
    },
  };
}

/** A loop that would hide the machine, or a variable that was put in. */
function shadowing(expr: Expr): Expr | undefined {
  const { exprKind } = expr;
  if (
    exprKind.case === "comprehensionExpr" &&
    /^(machine|in\d+|has\d+|refused)$/.test(exprKind.value.iterVar)
  )
    return expr;
  for (const part of childrenOf(expr)) {
    const found = shadowing(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isScoreField = (field: string): field is ScoreField => SCORE_FIELDS.includes(field);

const callIn = (expr: Expr | undefined): CallExpr | undefined =>
  expr?.exprKind.case === "callExpr" ? expr.exprKind.value : undefined;
