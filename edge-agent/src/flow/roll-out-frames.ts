import { type DetectorPolicy, detect, type HeardWindow } from "../core/detect.ts";
import { modelTitle } from "../core/model.ts";
import type { Judged, PairedFrame } from "../core/rollout/paired-frame.ts";
import type { Features } from "../core/score.ts";
import type { FieldStore } from "../ports/field-store.ts";
import type { ModelContract, ScorePair, TimedScore } from "../ports/scorer.ts";
import type { Heard } from "./infer.ts";
import type { WindowHeard } from "./infer-frames.ts";
import { probabilityOf } from "./roll-out-effects.ts";
import type { Keeper } from "./roll-out-keeper.ts";

export interface FrameDeps {
  readonly keeper: Keeper;
  readonly field: FieldStore;
  readonly detector: DetectorPolicy;
  champion(): ModelContract;
}

/** Takes what both models said of a block, as soon as both have. */
export interface Frames {
  onHeard(heard: Heard, features: Features | undefined): void;
}

export function createFrames({ keeper, field, detector, champion }: FrameDeps): Frames {
  async function take(heard: Heard, features: Features | undefined, window: WindowHeard): Promise<void> {
    const pair = await window.score.pair;
    if (pair === undefined || keeper.state.trial === undefined) return;
    const frame = pairedFrame(heard, features, window.frame, pair, detector);
    if (frame === undefined || !keeper.apply({ kind: "paired", frame })) return;
    // Only what a label can count for is kept for one.
    const counted = keeper.state.trial?.evidence.disagreements.at(-1);
    if (counted?.frame === frame.id) keepFrame(heard, window, frame);
  }

  function keepFrame(heard: Heard, window: WindowHeard, frame: PairedFrame): void {
    const { sensor } = heard.block;
    const contract = champion();
    field.keep({
      id: frame.id,
      kind: "disagreement",
      machine: frame.machine,
      sensor: frame.sensor,
      unit: sensor.unit,
      timeUs: frame.timeUs,
      sampleRateHz: contract.sampleRateHz,
      shaftHz: frame.shaftHz,
      model: modelTitle(contract),
      probability: frame.champion.probability,
      ...("probability" in frame.challenger && { challengerProbability: frame.challenger.probability }),
      samples: window.samples,
      ...(heard.healthyFrame && { healthyFrame: heard.healthyFrame }),
    });
  }

  return {
    onHeard(heard, features) {
      for (const window of heard.windows) {
        // Pairs never reject, and the server bounds how many there are.
        if (window.score.pair !== undefined) void take(heard, features, window);
      }
    },
  };
}

/** Undefined where a baseline is still learnt, or the machine stands still: there the network has no say. */
export function pairedFrame(
  heard: Heard,
  features: Features | undefined,
  id: string,
  pair: ScorePair,
  detector: DetectorPolicy,
): PairedFrame | undefined {
  const { sensor, waveform, shaftHz } = heard.block;
  const said = {
    machine: sensor.machine,
    sensor: sensor.id,
    timeUs: heard.endUs,
    sequence: waveform.sequence,
    shaftHz,
    sensorState: heard.sensorState,
    latencyMs: heard.latencyMs,
    ...(features && { features }),
  };
  const judge = (score: TimedScore) => judgeScore(said, heard, score, detector);
  const champion = judge(pair.champion);
  const challenger = "failure" in pair.challenger ? pair.challenger : judge(pair.challenger);
  if (champion === undefined || challenger === undefined) return;
  const { machine, timeUs } = said;
  return {
    id,
    machine,
    sensor: sensor.id,
    timeUs,
    shaftHz,
    champion,
    challenger,
    first: pair.first,
    acted: pair.acted,
  };
}

function judgeScore(
  said: Omit<HeardWindow, "raw">,
  { knowledge }: Heard,
  { raw, by, ms }: TimedScore,
  detector: DetectorPolicy,
): Judged | undefined {
  const judge = { model: modelTitle(by), classes: by.classes, anomalyThreshold: by.anomalyThreshold };
  const score = detect({ ...said, raw }, knowledge, judge, detector);
  if (score.state !== "scored") return;
  const probability = probabilityOf(raw, by);
  return { probability, isAnomalous: probability > by.anomalyThreshold, isAbnormal: score.anomaly > 0.5, ms };
}
