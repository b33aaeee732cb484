import { z } from "zod";
import { stages } from "../../core/rollout/rollout-report.ts";
import { count, machineId, sensorId, share, time } from "./schema-parts.ts";

// Schemas of what is told of models: champion and challenger, their trial, drift, labels.

const points = z.number().describe("Per cent points");
const percent = z.number().describe("Per cent");
const stage = z.enum(stages).describe("From verify to commit, or rollback");
const verdict = z
  .enum(["real", "false", "not-sure"])
  .describe("real: the machine was not well; false: a false alarm; not-sure: nobody can tell");

const identity = {
  name: z.string(),
  version: z.string(),
  digest: z.string().describe("sha256 of its manifest, hex"),
};

const modelSummary = z.object({
  ...identity,
  sequence: count.describe("Grows with each version"),
  sinceTime: time("Since when it has this role"),
  role: z.enum(["champion", "challenger", "previous"]),
});

const evidenceFigure = z.number().min(0).describe("E-value; at most 1e15 is written");

const reason = z
  .discriminatedUnion("code", [
    z.object({
      code: z.literal("accuracy-fell"),
      evidence: evidenceFigure,
      better: count,
      worse: count,
    }),
    z.object({ code: z.literal("accuracy-rose"), evidence: evidenceFigure, gainPoints: points }),
    z.object({ code: z.literal("alarms-rose"), champion: count, challenger: count }),
    z.object({ code: z.literal("by-hand"), by: z.string() }),
    z.object({ code: z.literal("disagreement-too-small"), points, neededPoints: points }),
    z.object({ code: z.literal("errors"), failed: count, frames: count }),
    z.object({ code: z.literal("golden-worse"), champion: count, challenger: count, frames: count }),
    z.object({ code: z.literal("incompatible"), what: z.string() }),
    z.object({ code: z.literal("latency-rose"), quantile: z.enum(["p50", "p99"]), percent }),
    z.object({ code: z.literal("memory-rose"), mib: z.number().describe("MiB") }),
    z.object({ code: z.literal("recalled") }),
    z.object({ code: z.literal("refused"), error: z.string(), message: z.string() }),
    z.object({ code: z.literal("restarted") }),
    z.object({ code: z.literal("slo-broken"), percent, failed: count, frames: count }),
    z.object({ code: z.literal("trial-too-long"), frames: count, hours: z.number() }),
  ])
  .describe("Match on code; its figures stand beside it");

const amount = { have: z.number(), need: z.number() };

const wait = z
  .discriminatedUnion("code", [
    z.object({ code: z.enum(["frames", "labels", "soak-minutes"]), ...amount }),
    z.object({ code: z.literal("evidence"), ...amount }),
    z.object({ code: z.literal("gain-points"), ...amount }),
    z.object({
      code: z.literal("latency-sure"),
      highPercent: percent.nullable(),
      mostPercent: percent,
    }),
    z.object({ code: z.literal("decision-by-hand") }),
    z.object({ code: z.literal("working"), stage, progress: share.optional() }),
  ])
  .describe("What the trial waits for, and how far it is");

const latency = z
  .object({ percent: percent.nullable(), low: percent.nullable(), high: percent.nullable() })
  .describe("Challenger over champion, same frames, with 95 % bounds; null where not known yet");

const both = (what: string) => z.object({ champion: count, challenger: count }).describe(what);

const evidence = z.object({
  frames: count.describe("Heard by both models"),
  blocks: count.describe("Frames of one machine close together in time count once"),
  disagreements: count,
  disagreementPoints: points,
  better: count.describe("Labelled disagreements in which the challenger was right"),
  worse: count.describe("In which the champion was right"),
  notSure: count.describe("In which nobody can tell"),
  unlabelled: count,
  evidenceBetter: evidenceFigure,
  evidenceWorse: evidenceFigure,
  evidenceNeeded: z.number().describe("At this E-value either is decided"),
  gainPoints: points,
  gainNeededPoints: points,
  latency: z.object({ p50: latency, p99: latency }),
  latencyMostPercent: percent,
  errors: both("Failed runs"),
  abnormal: both("Windows found abnormal"),
  golden: z
    .object({ frames: count, championRight: count, challengerRight: count })
    .optional()
    .describe("On the labelled set of the package"),
});

const trial = z.object({
  id: z.string(),
  challenger: modelSummary,
  stage,
  startedTime: time("When the trial began"),
  stageSinceTime: time("When this stage began"),
  because: z.enum(["by-hand", "drift", "published", "recall"]),
  paused: z.object({ by: z.string(), sinceTime: time("Since when") }).optional(),
  share: share.describe("Of the frames on which the challenger acts"),
  hears: share.describe("Of the frames that it hears, at least those on which it acts"),
  evidence,
  waitsFor: z.array(wait),
});

const driftKind = z
  .enum(["blind", "confirmed", "learning", "stable", "warning"])
  .describe("learning: the reference is not complete; blind: the sensor is at fault, which is no drift");

const driftState = z.object({
  machine: machineId,
  sensor: sensorId,
  kind: driftKind,
  warnings: count.describe("In a row"),
  progress: share.describe("While learning"),
  layer: z.enum(["embedding", "input", "output"]).optional().describe("Farthest from its reference"),
  ratio: z.number().optional().describe("Its statistic over its threshold; above 1 is drift"),
  sinceTime: time("Since when it is so"),
});

export const models = z
  .object({
    champion: modelSummary,
    previous: modelSummary.optional(),
    trial: trial.optional(),
    outcomes: z
      .array(
        z.object({
          kind: z.enum(["inconclusive", "promoted", "rolled-back"]),
          trial: z.string(),
          model: z.object(identity),
          reason,
          time: time("When the trial ended"),
        }),
      )
      .describe("Newest first, at most 20"),
    drift: z.object({
      needed: count.describe("Warnings in a row that confirm drift"),
      counts: z
        .object({ blind: count, confirmed: count, learning: count, stable: count, warning: count })
        .describe("Sensors in each state"),
      worst: z.array(driftState).describe("Worst first, at most 50"),
      wanting: z
        .object({
          sinceTime: time("Since when"),
          requested: z.boolean().describe("Retraining was asked for"),
        })
        .optional()
        .describe("Drift was confirmed and there is no candidate"),
    }),
    objective: z
      .object({
        state: z.enum(["broken", "degraded", "kept"]).describe("degraded: threshold alarms only"),
        errorPercent: percent,
        frames: count,
      })
      .describe("Inference errors of the champion against its objective"),
    registry: z.object({
      name: z.string().describe("Empty where none is configured"),
      reachable: z.boolean(),
      reason: z.string().describe("What is wrong with it, or with what it offers; empty where all is well"),
      code: z.string().optional().describe("The code of that"),
      checkedTime: time("When it was last asked").optional(),
    }),
  })
  .meta({
    id: "Models",
    description: "Champion, challenger and their trial, drift, and where models come from",
  });

export const label = z
  .object({
    frame: z.string(),
    verdict,
    by: z.string(),
    time: time("When it was given"),
    source: z.enum(["operator", "work-order"]),
    note: z.string().optional().describe("Words of the operator, or the number of the work order"),
  })
  .meta({ id: "Label", description: "What somebody who knows says of a frame" });

const says = z.enum(["anomalous", "healthy"]);

export const disagreement = z
  .object({
    frame: z.string().describe("Id of the kept frame"),
    machine: machineId,
    sensor: sensorId,
    time: time("End of the window"),
    championSays: says,
    challengerSays: says,
    label: verdict.optional(),
  })
  .meta({ id: "Disagreement", description: "A frame on which champion and challenger disagree" });

export const auditEntry = z
  .object({
    sequence: count,
    time: time("When"),
    by: z.string().describe('A name, or "agent"'),
    what: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "AuditEntry", description: "One line of the audit log" });

/** What an operator sends with a label. */
export const labelVerdict = verdict;
