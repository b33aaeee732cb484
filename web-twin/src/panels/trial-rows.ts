import type { EvidenceDto, LatencyDto, ModelsDto, Stage, TrialDto } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import { short } from "../i18n/model-words.ts";
import type { Translate } from "../i18n/translate.ts";
import type { Fact } from "./why-rows.ts";

/** The way of a trial that goes well. */
const WAY: readonly Stage[] = [
  "verify",
  "load",
  "warm",
  "golden",
  "shadow",
  "canary",
  "full",
  "soak",
  "commit",
];

export interface Step {
  readonly stage: Stage;
  readonly text: string;
  readonly state: "done" | "next" | "now";
}

/** The stages as a line; a roll-back stands at its end. */
export function steps(stage: Stage, t: Translate): readonly Step[] {
  const way = stage === "rollback" ? [stage] : WAY;
  const now = way.indexOf(stage);
  return way.map((one, i) => ({
    stage: one,
    text: t(`stage.${one}`),
    state: i < now ? "done" : i === now ? "now" : "next",
  }));
}

export function stepText(stage: Stage, t: Translate): string {
  if (stage === "rollback") return t("stage.rollback");
  return t("models.step", { stage: t(`stage.${stage}`), n: WAY.indexOf(stage) + 1, total: WAY.length });
}

/** On how many frames the challenger acts, and how many more it hears. */
export function shareText({ share, hears }: TrialDto, t: Translate, format: Format): string {
  const figures = { percent: format.percent(share), hears: format.percent(hears) };
  if (hears <= 0) return t("models.hearsNone");
  if (share <= 0) return t(hears < 1 ? "models.hears" : "models.listens", figures);
  if (hears <= share) return t("models.share", figures);
  return t(hears < 1 ? "models.shareHears" : "models.shareHearsAll", figures);
}

/** A figure on its way to the line that decides. */
export interface ProofBar {
  readonly key: string;
  readonly label: string;
  readonly value: string;
  /** 0..1 of the bar. */
  readonly share: number;
  /** 0..1: where the deciding line stands. */
  readonly limit: number;
  /** What it means when the line is reached. */
  readonly tone: "bad" | "good" | "plain";
  readonly reached: boolean;
}

const clamped = (share: number): number => Math.min(1, Math.max(0, share));

/** Decades below 1 that the scale of evidence shows, and what it shows beyond the line. */
const LOW_DECADES = 1;
const BEYOND_DECADES = 0.6;

/** Evidence multiplies, so its scale is logarithmic: equal steps are equal factors. */
function evidenceBar(key: "better" | "worse", evidence: EvidenceDto, t: Translate, format: Format): ProofBar {
  const have = key === "better" ? evidence.evidenceBetter : evidence.evidenceWorse;
  const need = evidence.evidenceNeeded;
  const span = LOW_DECADES + Math.log10(need) + BEYOND_DECADES;
  const at = (value: number): number => clamped((Math.log10(Math.max(value, 1e-9)) + LOW_DECADES) / span);
  return {
    key,
    label: t(`proof.${key}`),
    value: t("proof.of", { have: short(have, format), need: format.number(need) }),
    share: at(have),
    limit: at(need),
    tone: key === "better" ? "good" : "bad",
    reached: have >= need,
  };
}

function pointsBar(
  key: "disagreement" | "gain",
  have: number,
  need: number,
  { t, format }: { readonly t: Translate; readonly format: Format },
): ProofBar {
  const end = Math.max(need * 2, have * 1.1, 1e-9);
  return {
    key,
    label: t(`proof.${key}`),
    value: t(`proof.${key}Value`, { have: short(have, format), need: format.number(need) }),
    share: clamped(have / end),
    limit: clamped(need / end),
    tone: key === "gain" ? "good" : "plain",
    reached: have >= need,
  };
}

export function proofBars(evidence: EvidenceDto, t: Translate, format: Format): readonly ProofBar[] {
  const { disagreementPoints, gainPoints, gainNeededPoints } = evidence;
  return [
    evidenceBar("better", evidence, t, format),
    evidenceBar("worse", evidence, t, format),
    pointsBar("gain", gainPoints, gainNeededPoints, { t, format }),
    pointsBar("disagreement", disagreementPoints, gainNeededPoints, { t, format }),
  ];
}

/** An interval on a scale with zero in its middle. */
export interface IntervalBar {
  readonly key: "p50" | "p99";
  readonly label: string;
  readonly value: string;
  /** 0..1; absent where it is not known yet. */
  readonly interval?: { readonly from: number; readonly to: number; readonly at: number };
  readonly limit: number;
  /** All of the interval lies below the limit. */
  readonly sure: boolean;
}

const known = ({
  percent,
  low,
  high,
}: LatencyDto): { percent: number; low: number; high: number } | undefined =>
  percent === null || low === null || high === null ? undefined : { percent, low, high };

export function latencyBars(evidence: EvidenceDto, t: Translate, format: Format): readonly IntervalBar[] {
  const most = evidence.latencyMostPercent;
  return (["p50", "p99"] as const).map((key) => {
    const found = known(evidence.latency[key]);
    const label = t(`proof.latency.${key}`);
    const reach = Math.max(most * 2, Math.abs(found?.low ?? 0), Math.abs(found?.high ?? 0));
    const at = (percent: number): number => clamped((percent + reach) / (2 * reach));
    if (found === undefined) {
      const value = t("proof.latencyOpen", { most: format.number(most) });
      return { key, label, value, limit: at(most), sure: false };
    }
    const { percent, low, high } = found;
    const figures = {
      percent: signed(percent, format),
      low: signed(low, format),
      high: signed(high, format),
    };
    return {
      key,
      label,
      value: t("proof.latencyValue", { ...figures, most: format.number(most) }),
      interval: { from: at(low), to: at(high), at: at(percent) },
      limit: at(most),
      sure: high < most,
    };
  });
}

const signed = (value: number, format: Format): string => (value > 0 ? "+" : "") + short(value, format);

/** Labelled disagreements as parts of one bar. */
interface LabelParts {
  readonly text: string;
  /** 0..1, together 1; empty where there is no disagreement yet. */
  readonly parts: readonly {
    readonly key: "better" | "notSure" | "open" | "worse";
    readonly share: number;
  }[];
}

export function labelParts(evidence: EvidenceDto, t: Translate, format: Format): LabelParts {
  const { better, worse, notSure, unlabelled: open } = evidence;
  const total = better + worse + notSure + open;
  const figures = { better, worse, notSure, open };
  const texts = Object.entries(figures).map(([key, n]) => [key, format.whole(n)]);
  return {
    text: t("proof.labelsValue", Object.fromEntries(texts)),
    parts:
      total === 0
        ? []
        : (["better", "worse", "notSure", "open"] as const).map((key) => ({
            key,
            share: figures[key] / total,
          })),
  };
}

/** One line of the table that sets both models side by side. */
export interface ComparedRow {
  readonly label: string;
  readonly champion: string;
  readonly challenger: string;
}

export function comparedRows(evidence: EvidenceDto, t: Translate, format: Format): readonly ComparedRow[] {
  const { golden, errors, abnormal } = evidence;
  const right = (n: number, frames: number): string =>
    t("proof.goldenValue", { right: format.whole(n), frames: format.whole(frames) });
  return [
    ...(golden === undefined
      ? []
      : [
          {
            label: t("proof.golden"),
            champion: right(golden.championRight, golden.frames),
            challenger: right(golden.challengerRight, golden.frames),
          },
        ]),
    {
      label: t("proof.errors"),
      champion: format.whole(errors.champion),
      challenger: format.whole(errors.challenger),
    },
    {
      label: t("proof.abnormal"),
      champion: format.whole(abnormal.champion),
      challenger: format.whole(abnormal.challenger),
    },
  ];
}

function registryText({ reachable, reason }: ModelsDto["registry"], t: Translate): string {
  if (!reachable) return t("models.unreachable", { why: reason });
  return reason === "" ? t("models.reachable") : t("models.refused", { why: reason });
}

/** Where models come from, and whether the champion keeps its objective. */
export function supplyFacts(models: ModelsDto, t: Translate, format: Format, nowMs: number): readonly Fact[] {
  const { registry, objective } = models;
  const checked =
    registry.checkedTime === undefined
      ? ""
      : `, ${t("models.checked", { age: format.ago(nowMs - Date.parse(registry.checkedTime)) })}`;
  const state = registryText(registry, t);
  return [
    ...(registry.name === ""
      ? []
      : [{ label: t("models.registry", { name: registry.name }), value: `${state}${checked}` }]),
    {
      label: t("models.objective"),
      value: t(`models.objective.${objective.state}`, {
        percent: short(objective.errorPercent, format),
        frames: format.whole(objective.frames),
      }),
    },
  ];
}
