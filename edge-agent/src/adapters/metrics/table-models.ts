import { gauge, type MetricTable } from "./table-row.ts";

/** Looked up when somebody asks: models, their trial, drift. Ratios are of 1. */
export const modelTable = {
  model_info: gauge({ labels: ["role", "name", "version", "digest"], help: "Which model has which role" }),
  model_since_time_seconds: gauge({
    unit: "seconds",
    labels: ["role"],
    help: "Since when a model has its role, since 1970",
  }),
  model_trial_stage: gauge({ labels: ["state"], help: "1 at the stage of the trial that runs" }),
  model_trial_paused: gauge({ help: "1 while somebody has paused the trial" }),
  model_trial_share_ratio: gauge({ unit: "ratio", help: "Frames on which the challenger acts" }),
  model_trial_hears_ratio: gauge({ unit: "ratio", help: "Frames that the challenger hears" }),
  model_trial_start_time_seconds: gauge({ unit: "seconds", help: "When the trial began, since 1970" }),
  model_trial_stage_start_time_seconds: gauge({
    unit: "seconds",
    help: "When its stage began, since 1970",
  }),
  model_trial_frames: gauge({ help: "Frames that both models heard" }),
  model_trial_blocks: gauge({ help: "Blocks of frames that count once each" }),
  model_trial_disagreements: gauge({ help: "Frames on which the models disagree" }),
  model_trial_disagreement_ratio: gauge({
    unit: "ratio",
    help: "Frames on which the models disagree over all",
  }),
  model_trial_labels: gauge({
    labels: ["label"],
    help: "Disagreements by what their label says of the challenger",
  }),
  model_trial_evidence: gauge({
    labels: ["finding"],
    help: "E-value for each finding; either decides at the needed one",
  }),
  model_trial_evidence_needed: gauge({ help: "E-value that decides" }),
  model_trial_gain_ratio: gauge({ unit: "ratio", help: "Gain in accuracy of the challenger" }),
  model_trial_gain_needed_ratio: gauge({ unit: "ratio", help: "Gain that promotion wants" }),
  model_trial_latency_ratio: gauge({
    unit: "ratio",
    labels: ["rank", "bound"],
    help: "Inference time of the challenger over that of the champion, same frames, with 95 % bounds",
  }),
  model_trial_latency_most_ratio: gauge({
    unit: "ratio",
    help: "Inference time over the champion's that promotion allows",
  }),
  model_trial_errors: gauge({ labels: ["role"], help: "Failed inferences in the trial" }),
  model_trial_abnormal: gauge({ labels: ["role"], help: "Windows found abnormal in the trial" }),
  model_outcome_time_seconds: gauge({
    unit: "seconds",
    labels: ["outcome"],
    help: "When a trial last ended so, since 1970",
  }),
  model_drift_sensors: gauge({ labels: ["state"], help: "Sensors in each state of drift" }),
  model_drift_worst_ratio: gauge({
    unit: "ratio",
    help: "Drift statistic over its threshold, worst sensor",
  }),
  model_candidate_wanted: gauge({ help: "1 while drift is confirmed and no candidate is there" }),
  model_objective: gauge({ labels: ["state"], help: "1 at the state of the champion's error objective" }),
  model_objective_error_ratio: gauge({ unit: "ratio", help: "Failed inferences of the champion over all" }),
  model_objective_frames: gauge({ help: "Frames over which the error ratio is reckoned" }),
  model_registry_up: gauge({ labels: ["registry"], help: "1 while the model registry answers" }),
  model_registry_trusted: gauge({
    labels: ["registry"],
    help: "1 while what the registry offers may be loaded",
  }),
} as const satisfies MetricTable;
