import type { z } from "zod";
import type { auditEntry, disagreement, models } from "../../adapters/http-api/model-schemas.ts";
import { columns } from "../columns.ts";

type Models = z.output<typeof models>;
type Trial = NonNullable<Models["trial"]>;
type Evidence = Trial["evidence"];
type Disagreement = z.output<typeof disagreement>;
type AuditEntry = z.output<typeof auditEntry>;

/** Which models there are, where the trial stands and what it waits for. */
export function renderModels(models: Models): string {
  const { champion, previous, trial, outcomes, drift, objective, registry } = models;
  const known = [champion, ...(trial ? [trial.challenger] : []), ...(previous ? [previous] : [])];
  const { counts } = drift;
  return [
    columns([
      ["ROLE", "MODEL", "SEQUENCE", "SINCE", "DIGEST"],
      ...known.map(({ role, name, version, sequence, sinceTime, digest }) => [
        role,
        `${name} ${version}`,
        String(sequence),
        sinceTime,
        digest.slice(0, 12),
      ]),
    ]),
    ...(trial ? [renderTrial(trial)] : ["\nNo trial runs.\n"]),
    `\ndrift: ${counts.stable} stable, ${counts.warning} warned, ${counts.confirmed} confirmed, ` +
      `${counts.learning} learning, ${counts.blind} blind\n`,
    ...(drift.wanting
      ? [`drift was confirmed and no candidate is there, since ${drift.wanting.sinceTime}\n`]
      : []),
    `objective: ${objective.state}, ${figure(objective.errorPercent)} % errors in ${objective.frames} frames\n`,
    registry.name === ""
      ? "registry: none is configured\n"
      : `registry: ${registry.name} ${registryText(registry)}\n`,
    ...(outcomes.length === 0 ? [] : ["\n", renderOutcomes(outcomes)]),
  ].join("");
}

function registryText({ reachable, reason, code }: Models["registry"]): string {
  const why = code === undefined ? reason : `${reason} (${code})`;
  if (!reachable) return `does not answer: ${why}`;
  return reason === "" ? "answers" : `answers, but: ${why}`;
}

function renderTrial(trial: Trial): string {
  const { id, stage, because, startedTime, share, hears, paused, evidence, waitsFor } = trial;
  const rows = [
    ["trial", `${id}, because: ${because}, since ${startedTime}`],
    ["stage", `${stage}, acts on ${figure(share * 100)} % of the frames, hears ${figure(hears * 100)} %`],
    ...(paused ? [["paused", `by ${paused.by} since ${paused.sinceTime}`]] : []),
    ...evidenceRows(evidence),
    ...waitsFor.map((wait) => ["waits for", waitText(wait)]),
  ];
  return `\n${columns(rows)}`;
}

function evidenceRows(evidence: Evidence): string[][] {
  const { better, worse, notSure, unlabelled, errors, abnormal, golden, latency } = evidence;
  return [
    ["frames", `${evidence.frames} in ${evidence.blocks} blocks`],
    ["disagreement", `${figure(evidence.disagreementPoints)} % (${evidence.disagreements} frames)`],
    ["labels", `${better} better, ${worse} worse, ${notSure} not sure, ${unlabelled} open`],
    [
      "evidence",
      `better ${figure(evidence.evidenceBetter)}, worse ${figure(evidence.evidenceWorse)}; ` +
        `${figure(evidence.evidenceNeeded)} decides`,
    ],
    ["gain", `${figure(evidence.gainPoints)} of ${figure(evidence.gainNeededPoints)} points`],
    ["latency p50", latencyText(latency.p50, evidence.latencyMostPercent)],
    ["latency p99", latencyText(latency.p99, evidence.latencyMostPercent)],
    ["errors", `champion ${errors.champion}, challenger ${errors.challenger}`],
    ["abnormal", `champion ${abnormal.champion}, challenger ${abnormal.challenger}`],
    ...(golden
      ? [
          [
            "golden set",
            `champion ${golden.championRight}, challenger ${golden.challengerRight} of ${golden.frames}`,
          ],
        ]
      : []),
  ];
}

function latencyText({ percent, low, high }: Evidence["latency"]["p50"], most: number): string {
  if (percent === null || low === null || high === null)
    return `not known yet; below ${figure(most)} % is allowed`;
  return `${figure(percent)} % (${figure(low)} to ${figure(high)}); below ${figure(most)} % is allowed`;
}

function waitText(wait: Trial["waitsFor"][number]): string {
  switch (wait.code) {
    case "working":
      return `${wait.stage}${wait.progress === undefined ? "" : `, ${Math.round(wait.progress * 100)} %`}`;
    case "latency-sure":
      return `latency surely below ${figure(wait.mostPercent)} %, now ${
        wait.highPercent === null ? "not known" : `up to ${figure(wait.highPercent)} %`
      }`;
    case "decision-by-hand":
      return "a decision by hand: promote or abort";
    default:
      return `${wait.code.replace("-", " ")}: ${figure(wait.have)} of ${figure(wait.need)}`;
  }
}

function renderOutcomes(outcomes: Models["outcomes"]): string {
  return columns([
    ["ENDED", "OUTCOME", "MODEL", "REASON"],
    ...outcomes.map(({ time, kind, model, reason }) => [
      time,
      kind,
      `${model.name} ${model.version}`,
      reasonText(reason),
    ]),
  ]);
}

/** The code with its figures: what a script matches on, and a person can read. */
function reasonText({ code, ...figures }: Models["outcomes"][number]["reason"]): string {
  const parts = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === "number" ? figure(value) : String(value)}`,
  );
  return parts.length === 0 ? code : `${code}: ${parts.join(", ")}`;
}

export function renderHistory(entries: readonly AuditEntry[]): string {
  return columns([
    ["NUMBER", "TIME", "BY", "WHAT", "DETAIL"],
    ...entries.map(({ sequence, time, by, what, detail }) => [
      String(sequence),
      time,
      by,
      what,
      Object.keys(detail).length === 0 ? "" : JSON.stringify(detail),
    ]),
  ]);
}

export function renderDisagreements(items: readonly Disagreement[]): string {
  if (items.length === 0) return "The models have not disagreed.\n";
  return columns([
    ["FRAME", "TIME", "SENSOR", "CHAMPION", "CHALLENGER", "LABEL"],
    ...items.map(({ frame, time, sensor, championSays, challengerSays, label }) => [
      frame,
      time,
      sensor,
      championSays,
      challengerSays,
      label ?? "-",
    ]),
  ]);
}

/** Three significant digits tell all that such a figure knows. */
const figure = (value: number): string => String(Number(value.toPrecision(3)));
