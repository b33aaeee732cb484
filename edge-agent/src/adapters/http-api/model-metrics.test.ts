import { describe, expect, it } from "vitest";
import { START_US } from "./fake-plant.ts";
import { REPORT } from "./fake-rollouts.ts";
import { modelMetrics } from "./model-metrics.ts";

/** The samples of one metric. */
const samples = (text: string, name: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`stethos_${name}{`) || line.startsWith(`stethos_${name} `));

describe("the metrics of models", () => {
  const text = modelMetrics(REPORT).join("");

  it("name champion and challenger", () => {
    expect(samples(text, "model_info")).toEqual([
      `stethos_model_info{role="champion",name="listener",version="1.0.0",digest="${"1".repeat(64)}"} 1`,
      `stethos_model_info{role="challenger",name="listener",version="1.1.0",digest="${"2".repeat(64)}"} 1`,
    ]);
  });

  it("tell the stage as a state set, with all stages", () => {
    const stages = samples(text, "model_trial_stage");
    expect(stages).toHaveLength(10);
    expect(stages.filter((line) => line.endsWith(" 1"))).toEqual([
      'stethos_model_trial_stage{state="canary"} 1',
    ]);
  });

  it("tell the evidence in ratios of 1, and what is not known as infinity", () => {
    expect(samples(text, "model_trial_share_ratio")).toEqual(["stethos_model_trial_share_ratio 0.05"]);
    expect(samples(text, "model_trial_hears_ratio")).toEqual(["stethos_model_trial_hears_ratio 1"]);
    expect(samples(text, "model_trial_disagreement_ratio")).toEqual([
      "stethos_model_trial_disagreement_ratio 0.01",
    ]);
    expect(samples(text, "model_trial_labels")).toEqual([
      'stethos_model_trial_labels{label="better"} 6',
      'stethos_model_trial_labels{label="worse"} 1',
      'stethos_model_trial_labels{label="not-sure"} 2',
      'stethos_model_trial_labels{label="none"} 15',
    ]);
    expect(samples(text, "model_trial_latency_ratio").slice(0, 5)).toEqual([
      'stethos_model_trial_latency_ratio{quantile="p50",bound="estimate"} 1.015',
      'stethos_model_trial_latency_ratio{quantile="p50",bound="low"} 0.995',
      'stethos_model_trial_latency_ratio{quantile="p50",bound="high"} 1.035',
      'stethos_model_trial_latency_ratio{quantile="p99",bound="estimate"} 1.02',
      'stethos_model_trial_latency_ratio{quantile="p99",bound="low"} -Inf',
    ]);
  });

  it("count sensors by state instead of naming them", () => {
    expect(samples(text, "model_drift_sensors")).toEqual([
      'stethos_model_drift_sensors{state="blind"} 0',
      'stethos_model_drift_sensors{state="confirmed"} 0',
      'stethos_model_drift_sensors{state="learning"} 0',
      'stethos_model_drift_sensors{state="stable"} 1',
      'stethos_model_drift_sensors{state="warning"} 1',
    ]);
    expect(samples(text, "model_drift_worst_ratio")).toEqual(["stethos_model_drift_worst_ratio 1.8"]);
  });

  it("tell outcomes, objective and registry", () => {
    expect(samples(text, "model_outcome_time_seconds")).toEqual([
      'stethos_model_outcome_time_seconds{outcome="rolled-back"} 1699999940',
    ]);
    expect(samples(text, "model_objective").filter((line) => line.endsWith(" 1"))).toEqual([
      'stethos_model_objective{state="kept"} 1',
    ]);
    expect(samples(text, "model_objective_error_ratio")).toEqual([
      "stethos_model_objective_error_ratio 0.0001",
    ]);
    expect(samples(text, "model_registry_up")).toEqual([
      'stethos_model_registry_up{registry="folder models"} 1',
    ]);
  });

  it("have the same stages, and no evidence, while there is no trial", () => {
    const { trial: _, ...rest } = REPORT;
    const quiet = modelMetrics({
      ...rest,
      outcomes: [],
      previous: rest.champion,
      drift: { needed: 3, sensors: [], wanting: { sinceUs: START_US, requested: false } },
      registry: { ...rest.registry, reachable: false },
    }).join("");
    expect(samples(quiet, "model_trial_stage").every((line) => line.endsWith(" 0"))).toBe(true);
    expect(samples(quiet, "model_trial_stage")).toHaveLength(10);
    expect(quiet).not.toContain("model_trial_evidence");
    expect(quiet).not.toContain("model_outcome");
    expect(samples(quiet, "model_candidate_wanted")).toEqual(["stethos_model_candidate_wanted 1"]);
    expect(samples(quiet, "model_registry_up")[0]).toMatch(/ 0$/);
  });

  it("say of each what it is", () => {
    const names = new Set([...text.matchAll(/^(stethos_\w+)[ {]/gm)].map(([, name]) => name));
    for (const name of names) {
      expect(text).toMatch(new RegExp(`# HELP ${name} \\w.+\\n# TYPE ${name} gauge\\n`));
      expect(text.split(`# TYPE ${name} `)).toHaveLength(2);
    }
  });
});
