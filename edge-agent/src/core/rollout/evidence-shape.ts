import type { Accuracy } from "../gate/accuracy.ts";
import type { Alarms, Evidence, OpenDisagreement } from "../gate/evidence.ts";
import type { GoldenTally } from "../gate/golden.ts";
import type { Latency, Spread } from "../gate/latency.ts";
import { fields, finite, flag, listOf, mapOf, maybe, oneOf, text } from "./shape.ts";

const spread = fields<Spread>({ mean: finite, squares: finite });

export const disagreementShape = fields<OpenDisagreement>({
  frame: text,
  machine: text,
  sensor: text,
  timeUs: finite,
  saysAnomalous: flag,
  alarm: maybe(oneOf("challenger", "champion")),
  label: maybe(oneOf("false", "not-sure", "real")),
});

export const evidenceShape = fields<Evidence>({
  frames: finite,
  failed: finite,
  acted: finite,
  abnormalChampion: finite,
  abnormalChallenger: finite,
  blocks: mapOf(finite),
  alarmBlocks: mapOf(finite),
  accuracy: fields<Accuracy>({
    frames: finite,
    disagreements: finite,
    better: finite,
    worse: finite,
    notSure: finite,
    logEvidence: finite,
  }),
  alarms: fields<Alarms>({ frames: finite, both: finite, onlyChampion: finite, onlyChallenger: finite }),
  latency: fields<Latency>({
    warmedUp: finite,
    championFirst: listOf(finite),
    challengerFirst: listOf(finite),
    batches: finite,
    p50: spread,
    p99: spread,
  }),
  memoryMib: finite,
  disagreements: listOf(disagreementShape),
  golden: maybe(
    fields<GoldenTally>({
      frames: finite,
      championRight: finite,
      challengerRight: finite,
      onlyChampion: finite,
      onlyChallenger: finite,
    }),
  ),
});
