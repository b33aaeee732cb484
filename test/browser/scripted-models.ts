import type { FrameDto } from "../../edge-agent/src/core/feed.ts";
import type {
  AuditEntryDto,
  DisagreementDto,
  EvidenceDto,
  ModelsDto,
  TrialDto,
} from "../../edge-agent/src/core/rollout/models-dto.ts";
import { cast, machineId, sensorId, spectrogram } from "./scripted-plant.ts";

// What a scripted agent says of its models: a champion alone, or with a challenger in its canary.

const iso = (ms: number): string => new Date(ms).toISOString();

const model = (
  version: string,
  role: ModelsDto["champion"]["role"],
  sequence: number,
  ms: number,
): ModelsDto["champion"] => ({
  name: "listener",
  version,
  digest: String(sequence).repeat(64),
  sequence,
  sinceTime: iso(ms),
  role,
});

/** No trial; one was rolled back this morning. */
export function models(ms: number): ModelsDto {
  const [pump, spare, fan] = cast;
  const stable = { warnings: 0, progress: 1, sinceTime: iso(ms - 86_400_000) };
  return {
    champion: model("1.0.0", "champion", 1, ms - 30 * 86_400_000),
    outcomes: [
      {
        kind: "rolled-back",
        trial: "trial-0",
        model: { name: "listener", version: "1.0.5", digest: "5".repeat(64) },
        reason: { code: "latency-rose", quantile: "p99", percent: 9.53 },
        time: iso(ms - 7_200_000),
      },
    ],
    drift: {
      needed: 3,
      counts: { blind: 1, confirmed: 0, learning: 0, stable: 4, warning: 1 },
      worst: [
        {
          machine: machineId(fan),
          sensor: sensorId(fan),
          kind: "warning",
          warnings: 2,
          progress: 1,
          layer: "embedding",
          ratio: 1.43,
          sinceTime: iso(ms - 600_000),
        },
        { ...stable, machine: machineId(pump), sensor: sensorId(pump), kind: "blind" },
        {
          ...stable,
          machine: machineId(spare),
          sensor: sensorId(spare),
          kind: "stable",
          layer: "input",
          ratio: 0.41,
        },
      ],
    },
    objective: { state: "kept", errorPercent: 0.004, frames: 48_210 },
    registry: { name: "s3 models", reachable: true, reason: "", checkedTime: iso(ms - 42_000) },
  };
}

export const evidence: EvidenceDto = {
  frames: 2412,
  blocks: 318,
  disagreements: 27,
  disagreementPoints: 1.12,
  better: 6,
  worse: 1,
  notSure: 2,
  unlabelled: 18,
  evidenceBetter: 2.286,
  evidenceWorse: 0.286,
  evidenceNeeded: 20,
  gainPoints: 0.207,
  gainNeededPoints: 0.5,
  latency: {
    p50: { percent: 1.48, low: -0.62, high: 3.55 },
    p99: { percent: 2.9, low: -1.9, high: 7.8 },
  },
  latencyMostPercent: 5,
  errors: { champion: 0, challenger: 1 },
  abnormal: { champion: 41, challenger: 55 },
  golden: { frames: 200, championRight: 191, challengerRight: 196 },
};

/** A challenger in its canary, because drift was confirmed. */
export function trial(ms: number, more: Partial<TrialDto> = {}): TrialDto {
  return {
    id: "trial-1",
    challenger: model("1.1.0", "challenger", 2, ms - 1_500_000),
    stage: "canary",
    startedTime: iso(ms - 1_500_000),
    stageSinceTime: iso(ms - 420_000),
    because: "drift",
    share: 0.05,
    hears: 1,
    evidence,
    waitsFor: [
      { code: "labels", have: 7, need: 25 },
      { code: "evidence", have: 2.286, need: 20 },
      { code: "gain-points", have: 0.207, need: 0.5 },
      { code: "latency-sure", highPercent: 7.8, mostPercent: 5 },
    ],
    ...more,
  };
}

export const withTrial = (ms: number, more: Partial<TrialDto> = {}): ModelsDto => ({
  ...models(ms),
  trial: trial(ms, more),
});

/** Three frames without a label, one with. */
export function disagreements(ms: number): DisagreementDto[] {
  const [pump, spare, fan] = cast;
  return [pump, spare, fan, pump].map((member, i) => ({
    frame: `frame-${i + 1}`,
    machine: machineId(member),
    sensor: sensorId(member),
    time: iso(ms - i * 65_000),
    championSays: i === 1 ? "anomalous" : "healthy",
    challengerSays: i === 1 ? "healthy" : "anomalous",
    ...(i === 3 && { label: "real" }),
  }));
}

export function frame(id: string, ms: number): FrameDto | undefined {
  const found = disagreements(ms).find((one) => one.frame === id);
  if (found === undefined) return undefined;
  return {
    id,
    kind: "disagreement",
    machine: found.machine,
    sensor: found.sensor,
    unit: "[g]",
    time: found.time,
    sampleRateHz: 12_800,
    shaftHz: 24.75,
    model: "listener 1.0.0",
    probability: found.championSays === "anomalous" ? 0.71 : 0.22,
    challengerProbability: found.challengerSays === "anomalous" ? 0.83 : 0.18,
    spectrogram: spectrogram(found.sensor, ms, 0.8),
  };
}

export const history = (ms: number): AuditEntryDto[] => [
  {
    sequence: 3,
    time: iso(ms - 420_000),
    by: "agent",
    what: "stage",
    detail: { from: "shadow", to: "canary" },
  },
  {
    sequence: 2,
    time: iso(ms - 1_500_000),
    by: "agent",
    what: "trial-started",
    detail: { because: "drift" },
  },
];
