import { driftCounts } from "../../core/rollout/models-dto.ts";
import {
  type EvidenceReport,
  type OutcomeKind,
  type RolloutReport,
  stages,
  type TrialReport,
} from "../../core/rollout/rollout-report.ts";
import { flag, type Sample, sample, stateSet } from "./samples.ts";

const OBJECTIVES = ["broken", "degraded", "kept"] as const;
const DRIFTS = ["blind", "confirmed", "learning", "stable", "warning"] as const;
const ROLES = ["champion", "challenger"] as const;
const RANKS = ["p50", "p99"] as const;

/** Champion, challenger and their trial. Sensors are no labels, there may be ten thousand: how many are in each state of
 *  drift, and the worst ratio. Ratios are of 1, as Prometheus wants them, where the report says per cent. */
export function modelSamples(report: RolloutReport): readonly Sample[] {
  const { champion, previous, trial, objective, registry } = report;
  const models = [champion, trial?.challenger, previous].filter((model) => model !== undefined);
  return [
    ...models.flatMap(({ role, name, version, digest, sinceUs }) => [
      sample("model_info", 1, { role, name, version, digest }),
      sample("model_since_time_seconds", sinceUs / 1e6, { role }),
    ]),
    ...trialSamples(trial),
    ...outcomeSamples(report.outcomes),
    ...driftSamples(report.drift),
    ...stateSet("model_objective", OBJECTIVES, objective.state),
    sample("model_objective_error_ratio", objective.errorPercent / 100),
    sample("model_objective_frames", objective.frames),
    ...(registry.name === "" ? [] : registrySamples(registry)),
  ];
}

function registrySamples({ name, reachable, reason }: RolloutReport["registry"]): readonly Sample[] {
  const labels = { registry: name };
  return [
    sample("model_registry_up", flag(reachable), labels),
    sample("model_registry_trusted", flag(reachable && reason === ""), labels),
  ];
}

function trialSamples(trial: TrialReport | undefined): readonly Sample[] {
  return [
    ...stateSet("model_trial_stage", stages, trial?.stage),
    sample("model_trial_paused", flag(trial?.paused !== undefined)),
    sample("model_trial_share_ratio", trial?.share ?? 0),
    sample("model_trial_hears_ratio", trial?.hears ?? 0),
    ...(trial === undefined
      ? []
      : [
          sample("model_trial_start_time_seconds", trial.startedUs / 1e6),
          sample("model_trial_stage_start_time_seconds", trial.stageSinceUs / 1e6),
          ...evidenceSamples(trial.evidence),
        ]),
  ];
}

function evidenceSamples(evidence: EvidenceReport): readonly Sample[] {
  const { better, worse, notSure, unlabelled, errors, abnormal } = evidence;
  return [
    sample("model_trial_frames", evidence.frames),
    sample("model_trial_blocks", evidence.blocks),
    sample("model_trial_disagreements", evidence.disagreements),
    sample("model_trial_disagreement_ratio", evidence.disagreementPoints / 100),
    sample("model_trial_labels", better, { label: "better" }),
    sample("model_trial_labels", worse, { label: "worse" }),
    sample("model_trial_labels", notSure, { label: "not-sure" }),
    sample("model_trial_labels", unlabelled, { label: "none" }),
    sample("model_trial_evidence", evidence.evidenceBetter, { finding: "better" }),
    sample("model_trial_evidence", evidence.evidenceWorse, { finding: "worse" }),
    sample("model_trial_evidence_needed", evidence.evidenceNeeded),
    sample("model_trial_gain_ratio", evidence.gainPoints / 100),
    sample("model_trial_gain_needed_ratio", evidence.gainNeededPoints / 100),
    ...latencySamples(evidence),
    ...ROLES.flatMap((role) => [
      sample("model_trial_errors", errors[role], { role }),
      sample("model_trial_abnormal", abnormal[role], { role }),
    ]),
  ];
}

const latencySamples = ({ latency, latencyMostPercent }: EvidenceReport): readonly Sample[] => [
  ...RANKS.flatMap((rank) => {
    const { percent, low, high } = latency[rank];
    return [
      sample("model_trial_latency_ratio", 1 + percent / 100, { rank, bound: "estimate" }),
      sample("model_trial_latency_ratio", 1 + low / 100, { rank, bound: "low" }),
      sample("model_trial_latency_ratio", 1 + high / 100, { rank, bound: "high" }),
    ];
  }),
  sample("model_trial_latency_most_ratio", 1 + latencyMostPercent / 100),
];

/** When a trial last ended in each way. */
function outcomeSamples(outcomes: RolloutReport["outcomes"]): readonly Sample[] {
  const newest = new Map<OutcomeKind, number>();
  for (const { kind, timeUs } of outcomes) newest.set(kind, Math.max(timeUs, newest.get(kind) ?? 0));
  return [...newest].map(([outcome, us]) => sample("model_outcome_time_seconds", us / 1e6, { outcome }));
}

function driftSamples({ sensors, wanting }: RolloutReport["drift"]): readonly Sample[] {
  const counts = driftCounts(sensors);
  return [
    ...DRIFTS.map((state) => sample("model_drift_sensors", counts[state], { state })),
    sample(
      "model_drift_worst_ratio",
      sensors.reduce((most, { ratio = 0 }) => Math.max(most, ratio), 0),
    ),
    sample("model_candidate_wanted", flag(wanting !== undefined)),
  ];
}
