import { driftCounts } from "../../core/rollout/models-dto.ts";
import {
  type EvidenceReport,
  type ModelSummary,
  type OutcomeKind,
  type RolloutReport,
  stages,
  type TrialReport,
} from "../../core/rollout/rollout-report.ts";
import { gauge, type Labels, metric } from "./metric-text.ts";

/** Champion, challenger and their trial. Sensors are no labels, there may be ten thousand: how many are in each state of
 *  drift, and the worst ratio. Ratios are of 1, as Prometheus wants them, where the report says per cent. */
export function modelMetrics(report: RolloutReport): string[] {
  const { champion, previous, trial, objective, registry } = report;
  const models = [champion, trial?.challenger, previous].filter((model) => model !== undefined);
  return [
    gauges("model_info", "Which model has which role", models.map(modelSample)),
    gauges(
      "model_since_time_seconds",
      "Since when a model has its role, since 1970",
      models.map(({ role, sinceUs }) => [{ role }, sinceUs / 1e6]),
    ),
    ...trialMetrics(trial),
    ...outcomeMetrics(report.outcomes),
    ...driftMetrics(report.drift),
    stateSet(
      "model_objective",
      "1 at the state of the champion's error objective",
      OBJECTIVES,
      objective.state,
    ),
    gauge(
      "model_objective_error_ratio",
      "Failed inferences of the champion over all, of 1",
      objective.errorPercent / 100,
    ),
    gauge("model_objective_frames", "Frames over which the error ratio is reckoned", objective.frames),
    ...(registry.name === "" ? [] : registryMetrics(registry)),
  ];
}

function registryMetrics({ name, reachable, reason }: RolloutReport["registry"]): string[] {
  const labels = { registry: name };
  return [
    gauge("model_registry_up", "1 while the model registry answers", reachable ? 1 : 0, labels),
    gauge(
      "model_registry_trusted",
      "1 while what the registry offers may be loaded",
      reachable && reason === "" ? 1 : 0,
      labels,
    ),
  ];
}

const OBJECTIVES = ["broken", "degraded", "kept"] as const;
const DRIFTS = ["blind", "confirmed", "learning", "stable", "warning"] as const;
const ROLES = ["champion", "challenger"] as const;
const QUANTILES = ["p50", "p99"] as const;

type Samples = readonly (readonly [Labels, number])[];

const gauges = (name: string, help: string, samples: Samples): string =>
  metric(`stethos_${name}`, "gauge", help, samples);

/** Each state is there, so that a query sees a state end; all 0 is "in none". */
const stateSet = (name: string, help: string, states: readonly string[], state: string | undefined): string =>
  gauges(
    name,
    help,
    states.map((one) => [{ state: one }, one === state ? 1 : 0]),
  );

const modelSample = ({ role, name, version, digest }: ModelSummary): readonly [Labels, number] => [
  { role, name, version, digest },
  1,
];

function trialMetrics(trial: TrialReport | undefined): string[] {
  const always = [
    stateSet("model_trial_stage", "1 at the stage of the trial that runs", stages, trial?.stage),
    gauge("model_trial_paused", "1 while somebody has paused the trial", trial?.paused ? 1 : 0),
    gauge("model_trial_share_ratio", "Frames on which the challenger acts, of 1", trial?.share ?? 0),
    gauge("model_trial_hears_ratio", "Frames that the challenger hears, of 1", trial?.hears ?? 0),
  ];
  if (trial === undefined) return always;
  return [
    ...always,
    gauge("model_trial_start_time_seconds", "When the trial began, since 1970", trial.startedUs / 1e6),
    gauge(
      "model_trial_stage_start_time_seconds",
      "When its stage began, since 1970",
      trial.stageSinceUs / 1e6,
    ),
    ...evidenceMetrics(trial.evidence),
  ];
}

function evidenceMetrics(evidence: EvidenceReport): string[] {
  const { better, worse, notSure, unlabelled, latency, errors, abnormal } = evidence;
  return [
    gauge("model_trial_frames", "Frames that both models heard", evidence.frames),
    gauge("model_trial_blocks", "Blocks of frames that count once each", evidence.blocks),
    gauge("model_trial_disagreements", "Frames on which the models disagree", evidence.disagreements),
    gauge(
      "model_trial_disagreement_ratio",
      "Frames on which the models disagree over all, of 1",
      evidence.disagreementPoints / 100,
    ),
    gauges("model_trial_labels", "Disagreements by what their label says of the challenger", [
      [{ label: "better" }, better],
      [{ label: "worse" }, worse],
      [{ label: "not-sure" }, notSure],
      [{ label: "none" }, unlabelled],
    ]),
    gauges("model_trial_evidence", "E-value for each finding; either decides at the needed one", [
      [{ finding: "better" }, evidence.evidenceBetter],
      [{ finding: "worse" }, evidence.evidenceWorse],
    ]),
    gauge("model_trial_evidence_needed", "E-value that decides", evidence.evidenceNeeded),
    gauge("model_trial_gain_ratio", "Gain in accuracy of the challenger, of 1", evidence.gainPoints / 100),
    gauge(
      "model_trial_gain_needed_ratio",
      "Gain that promotion wants, of 1",
      evidence.gainNeededPoints / 100,
    ),
    gauges(
      "model_trial_latency_ratio",
      "Inference time of the challenger over that of the champion, same frames, with 95 % bounds",
      QUANTILES.flatMap((quantile) => [
        [{ quantile, bound: "estimate" }, 1 + latency[quantile].percent / 100] as const,
        [{ quantile, bound: "low" }, 1 + latency[quantile].low / 100] as const,
        [{ quantile, bound: "high" }, 1 + latency[quantile].high / 100] as const,
      ]),
    ),
    gauge(
      "model_trial_latency_most_ratio",
      "Inference time over the champion's that promotion allows",
      1 + evidence.latencyMostPercent / 100,
    ),
    gauges(
      "model_trial_errors",
      "Failed inferences",
      ROLES.map((role) => [{ role }, errors[role]]),
    ),
    gauges(
      "model_trial_abnormal",
      "Windows found abnormal",
      ROLES.map((role) => [{ role }, abnormal[role]]),
    ),
  ];
}

/** When a trial last ended in each way. */
function outcomeMetrics(outcomes: RolloutReport["outcomes"]): string[] {
  const newest = new Map<OutcomeKind, number>();
  for (const { kind, timeUs } of outcomes) newest.set(kind, Math.max(timeUs, newest.get(kind) ?? 0));
  if (newest.size === 0) return [];
  return [
    gauges(
      "model_outcome_time_seconds",
      "When a trial last ended so, since 1970",
      [...newest].map(([outcome, us]) => [{ outcome }, us / 1e6]),
    ),
  ];
}

function driftMetrics({ sensors, wanting }: RolloutReport["drift"]): string[] {
  const counts = driftCounts(sensors);
  const worst = sensors.reduce((most, { ratio = 0 }) => Math.max(most, ratio), 0);
  return [
    gauges(
      "model_drift_sensors",
      "Sensors in each state of drift",
      DRIFTS.map((state) => [{ state }, counts[state]]),
    ),
    gauge("model_drift_worst_ratio", "Drift statistic over its threshold, worst sensor", worst),
    gauge("model_candidate_wanted", "1 while drift is confirmed and no candidate is there", wanting ? 1 : 0),
  ];
}
