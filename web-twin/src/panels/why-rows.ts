import type { Features, ScoreDto, Votes } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";

/** Where the detector calls a score an alarm (core/score). */
export const ANOMALY_LIMIT = 0.5;

export interface Vote {
  readonly name: string;
  readonly unusual: boolean;
  readonly verdict: string;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** Why a sensor was judged as it was, in words. */
export interface Why {
  /** Says why there is no judgement, where there is none. */
  readonly note?: string;
  readonly anomaly?: { readonly share: number; readonly text: string };
  readonly votes: readonly Vote[];
  readonly hint?: string;
  readonly facts: readonly Fact[];
}

function noteOf(score: ScoreDto, t: Translate): string | undefined {
  if (score.sensorState !== "valid") return t(`sensorState.${score.sensorState}`);
  return score.state === "scored" ? undefined : t(`score.${score.state}`);
}

function votesOf(score: ScoreDto, t: Translate, format: Format): readonly Vote[] {
  const { votes } = score;
  if (votes === undefined) return [];
  const voteOf = (name: keyof Votes, of: "why.ofLimit" | "why.ofHealthy", ratio?: number): Vote => {
    const unusual = votes[name];
    const word = t(unusual === undefined ? "why.votesNone" : unusual ? "why.votesYes" : "why.votesNo");
    const verdict = ratio === undefined ? word : `${word}, ${t(of, { percent: format.percent(ratio) })}`;
    return { name: t(`why.${name}`), unusual: unusual === true, verdict };
  };
  return [
    voteOf("network", "why.ofLimit"),
    voteOf("spectrum", "why.ofLimit", score.spectrumRatio),
    voteOf("rms", "why.ofHealthy", score.rmsRatio),
  ];
}

function featureFacts(features: Features, unit: string, t: Translate, format: Format): readonly Fact[] {
  const velocity = features.velocityRms;
  return [
    { label: t("why.rmsValue"), value: format.quantity(features.rms, unit) },
    ...(velocity === undefined
      ? []
      : [{ label: t("why.velocity"), value: format.quantity(velocity, "mm/s") }]),
    { label: t("why.peak"), value: format.quantity(features.peak, unit) },
    { label: t("why.crest"), value: format.number(features.crest) },
    { label: t("why.kurtosis"), value: format.number(features.kurtosis) },
    ...features.lines.map((line) => ({
      label: `${t(`why.${line.name}`)} (${line.name})`,
      value: `${t("why.line", {
        found: format.number(line.foundHz),
        expected: format.number(line.expectedHz),
      })}; ${t("why.prominence", { db: format.number(line.prominenceDb) })}`,
    })),
  ];
}

/** @param unit of the sensor's samples; "1" where the configuration does not say */
export function whyOf(score: ScoreDto, unit: string, t: Translate, format: Format): Why {
  const note = noteOf(score, t);
  const isJudged = score.state === "scored" || score.state === "degraded";
  const speed =
    score.shaftHz > 0 ? [{ label: t("why.speed"), value: format.quantity(score.shaftHz, "Hz") }] : [];
  const hint = score.faultHint;
  return {
    ...(note === undefined ? {} : { note }),
    ...(isJudged
      ? { anomaly: { share: Math.min(1, Math.max(0, score.anomaly)), text: format.number(score.anomaly) } }
      : {}),
    votes: votesOf(score, t, format),
    ...(isJudged && hint !== undefined && hint !== "healthy" && score.anomaly >= ANOMALY_LIMIT
      ? { hint: t("why.hint", { fault: t(`fault.${hint}`) }) }
      : {}),
    facts: [...speed, ...(score.features === undefined ? [] : featureFacts(score.features, unit, t, format))],
  };
}
