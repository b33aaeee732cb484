import type { AuditEntryDto, RolloutReason, TrialDto, WaitDto } from "@stethos/edge-agent/core";
import { reason as reasonShape, stage as stageShape } from "../stream/model-shapes.ts";
import { Mismatch, type Shape } from "../stream/shape.ts";
import type { Format } from "./format.ts";
import type { Translate } from "./translate.ts";

// What is said of a trial, in plain words: why it waits, what would decide it, why it ended.

export const waitTexts = ({ stage, waitsFor }: TrialDto, t: Translate, format: Format): readonly string[] =>
  waitsFor.map((wait) => waitText(wait, stage, { t, format }));

interface Words {
  readonly t: Translate;
  readonly format: Format;
}

function waitText(wait: WaitDto, stage: TrialDto["stage"], { t, format }: Words): string {
  switch (wait.code) {
    case "working": {
      const name = t(`stage.${wait.stage}`);
      return wait.progress === undefined
        ? t("wait.working", { stage: name })
        : t("wait.workingProgress", { stage: name, percent: format.percent(wait.progress) });
    }
    case "latency-sure": {
      const most = format.number(wait.mostPercent);
      return wait.highPercent === null
        ? t("wait.latency-unknown", { most })
        : t("wait.latency-sure", { high: short(wait.highPercent, format), most });
    }
    case "decision-by-hand":
      return t("wait.decision-by-hand");
    default: {
      const key = wait.code === "frames" && stage === "canary" ? "framesActed" : wait.code;
      return t(`wait.${key}`, { have: short(wait.have, format), need: format.number(wait.need) });
    }
  }
}

/** Why a trial ended. */
export function endedText(reason: RolloutReason, t: Translate, format: Format): string {
  const { code, ...figures } = reason;
  const values = Object.entries(figures).map(([name, value]) => {
    if (typeof value === "number") return [name, short(value, format)];
    return [name, name === "quantile" ? t(`quantile.${value as "p50" | "p99"}`) : value];
  });
  return t(`ended.${code}`, Object.fromEntries(values));
}

const CHECKS = ["verify", "load", "warm", "golden"];
const WATCHED = ["full", "soak", "commit"];

/** What would end the trial, this way or that, from where it stands. */
export function decidesTexts(trial: TrialDto, t: Translate, format: Format): readonly string[] {
  const { stage, evidence } = trial;
  if (CHECKS.includes(stage)) return [t("decides.checks")];
  if (WATCHED.includes(stage)) return [t("decides.watch")];
  if (stage === "rollback") return [];
  const need = format.number(evidence.evidenceNeeded);
  const gain = format.number(evidence.gainNeededPoints);
  return [
    ...(evidence.unlabelled > 0 ? [t("decides.labels", { n: format.whole(evidence.unlabelled) })] : []),
    t("decides.promote", { need, gain, latency: format.number(evidence.latencyMostPercent) }),
    t("decides.rollback", { need }),
    ...(stage === "shadow" ? [t("decides.disagreement", { gain })] : []),
  ];
}

/** Who did what; a word that this page does not know stays as the agent says it. */
export function auditText({ what }: AuditEntryDto, t: Translate): string {
  const key = t.known(`audit.${what}`);
  return key === undefined ? what : t(key);
}

/** Names for programs, which tell a person nothing. */
const FOR_PROGRAMS = ["digest", "number", "trial"];

/** What was written down with it: reasons and stages in words, the rest as it stands. */
export function auditDetail({ detail }: AuditEntryDto, t: Translate, format: Format): string {
  return Object.entries(detail)
    .filter(([name, value]) => !FOR_PROGRAMS.includes(name) && value !== null && value !== "")
    .map(([name, value]) => {
      const reason = fitting(reasonShape, value);
      if (reason !== undefined) return endedText(reason, t, format);
      const stage = fitting(stageShape, value);
      if (stage !== undefined) return `${name === "to" ? "→ " : ""}${t(`stage.${stage}`)}`;
      return `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`;
    })
    .join(", ");
}

function fitting<T>(shape: Shape<T>, value: unknown): T | undefined {
  try {
    return shape(value, "detail", []);
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

/** A figure that grows while one looks: three significant digits, whole from a hundred on. */
export function short(value: number, format: Format): string {
  if (Math.abs(value) >= 1e6) return value.toExponential(0).replace("e+", "e");
  return format.number(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
