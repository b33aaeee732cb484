import type { Label, LabelVerdict } from "../../core/label.ts";
import type {
  AuditEntry,
  Disagreement,
  ModelSummary,
  RolloutReport,
  TrialReport,
} from "../../core/rollout/rollout-report.ts";
import type { FieldFrame, FieldFrameHead, FieldStore } from "../../ports/field-store.ts";
import type { CommandResult, Rollouts } from "../../ports/rollout.ts";
import { ALARM, aWaveform, PUMP, SENSOR, START_US } from "./fake-plant.ts";

// A trial in memory for the tests of this folder: a challenger in its canary, one disagreement, two kept frames.

const model = (version: string, role: ModelSummary["role"], sequence: number): ModelSummary => ({
  name: "listener",
  version,
  digest: String(sequence).repeat(64),
  sequence,
  sinceUs: START_US,
  role,
});

export const TRIAL: TrialReport = {
  id: "trial-1",
  challenger: model("1.1.0", "challenger", 2),
  stage: "canary",
  startedUs: START_US,
  stageSinceUs: START_US + 60e6,
  because: "drift",
  share: 0.05,
  hears: 1,
  evidence: {
    frames: 2400,
    blocks: 310,
    disagreements: 24,
    disagreementPoints: 1,
    better: 6,
    worse: 1,
    notSure: 2,
    unlabelled: 15,
    evidenceBetter: 2.28,
    evidenceWorse: 0.1,
    evidenceNeeded: 20,
    gainPoints: 0.21,
    gainNeededPoints: 0.5,
    latency: {
      p50: { percent: 1.5, low: -0.5, high: 3.5 },
      p99: { percent: 2, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
    },
    latencyMostPercent: 5,
    errors: { champion: 0, challenger: 1 },
    abnormal: { champion: 40, challenger: 52 },
    golden: { frames: 200, championRight: 190, challengerRight: 196 },
  },
  waitsFor: [
    { code: "labels", have: 7, need: 25 },
    { code: "evidence", have: 2.28, need: 20 },
    { code: "latency-sure", highPercent: Number.POSITIVE_INFINITY, mostPercent: 5 },
  ],
};

export const REPORT: RolloutReport = {
  champion: model("1.0.0", "champion", 1),
  trial: TRIAL,
  outcomes: [
    {
      kind: "rolled-back",
      trial: "trial-0",
      model: { name: "listener", version: "1.0.5", digest: "5".repeat(64) },
      reason: { code: "latency-rose", quantile: "p99", percent: 9.5 },
      timeUs: START_US - 60e6,
    },
  ],
  drift: {
    needed: 3,
    sensors: [
      {
        machine: PUMP,
        sensor: "calm",
        kind: "stable",
        warnings: 0,
        progress: 1,
        ratio: 0.4,
        sinceUs: START_US,
      },
      {
        machine: PUMP,
        sensor: SENSOR,
        kind: "warning",
        warnings: 2,
        progress: 1,
        layer: "embedding",
        ratio: 1.8,
        sinceUs: START_US,
      },
    ],
  },
  objective: { state: "kept", errorPercent: 0.01, frames: 30_000 },
  registry: { name: "folder models", reachable: true, reason: "", checkedUs: START_US },
};

export const FRAME_ID = "frame/1";
export const ALARM_FRAME_ID = "frame/2";

const DISAGREEMENT: Disagreement = {
  frame: FRAME_ID,
  machine: PUMP,
  sensor: SENSOR,
  timeUs: START_US,
  championSays: "healthy",
  challengerSays: "anomalous",
};

const ENTRY: AuditEntry = {
  sequence: 1,
  timeUs: START_US,
  by: "agent",
  what: "trial-started",
  detail: { because: "drift", version: "1.1.0" },
};

function aFrame(id: string, more: Partial<FieldFrame>): FieldFrame {
  return {
    id,
    kind: "disagreement",
    machine: PUMP,
    sensor: SENSOR,
    unit: "[g]",
    timeUs: START_US + 1e6,
    sampleRateHz: 8192,
    shaftHz: 25,
    model: "listener 1.0.0",
    probability: 0.2,
    samples: aWaveform().samples,
    healthyFrame: new Float32Array(4),
    ...more,
  };
}

export interface FakeRollouts extends Rollouts {
  state: RolloutReport;
  /** What a command comes to; the first one is done and pauses or resumes. */
  result: CommandResult;
  /** Thrown by every command and label while it is set. */
  failure: Error | undefined;
  readonly commands: string[];
  readonly labels: Map<string, Label>;
  readonly listeners: number;
  tell(): void;
}

export function createFakeRollouts(known: readonly string[] = [FRAME_ID, ALARM_FRAME_ID]): FakeRollouts {
  const listeners = new Set<() => void>();
  const check = (): void => {
    if (fake.failure !== undefined) throw fake.failure;
  };
  const fake: FakeRollouts = {
    state: REPORT,
    result: "done",
    failure: undefined,
    commands: [],
    labels: new Map(),
    get listeners() {
      return listeners.size;
    },
    tell() {
      for (const listener of listeners) listener();
    },
    report: () => fake.state,
    async command(command, by, reason) {
      check();
      fake.commands.push([command, by, ...(reason === undefined ? [] : [reason])].join(" "));
      if (fake.result === "done" && command === "pause") {
        fake.state = { ...REPORT, trial: { ...TRIAL, paused: { by, sinceUs: START_US } } };
      }
      return fake.result;
    },
    disagreements(most) {
      const label = fake.labels.get(FRAME_ID)?.verdict;
      return [{ ...DISAGREEMENT, ...(label !== undefined && { label }) }].slice(0, most);
    },
    async label(frame: string, verdict: LabelVerdict, by, note) {
      check();
      if (!known.includes(frame)) return undefined;
      const label: Label = {
        frame,
        verdict,
        by,
        timeUs: START_US,
        source: "operator",
        ...(note !== undefined && { note }),
      };
      fake.labels.set(frame, label);
      return label;
    },
    async workOrder({ number, machine, fromUs, toUs, finding, by }) {
      check();
      fake.commands.push(`work-order ${number} ${machine} ${fromUs} ${toUs} ${finding} ${by}`);
      return 1;
    },
    history: async (most) => [ENTRY].slice(0, most),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return fake;
}

/** @param labels as the rollouts keep them */
export function createFakeField(labels: ReadonlyMap<string, Label>): FieldStore {
  const frames = [
    aFrame(FRAME_ID, { challengerProbability: 0.9 }),
    aFrame(ALARM_FRAME_ID, { kind: "alarm", alarm: ALARM, timeUs: START_US }),
  ];
  const labelled = <T extends { readonly id: string }>(frame: T): T & { readonly label?: Label } => {
    const label = labels.get(frame.id);
    return { ...frame, ...(label && { label }) };
  };
  return {
    keep() {},
    async find(id) {
      const found = frames.find((frame) => frame.id === id);
      return found && labelled(found);
    },
    list: async ({ most }) =>
      frames.slice(0, most).map((frame): FieldFrameHead => {
        const { samples: _, healthyFrame: __, ...head } = labelled(frame);
        return head;
      }),
    label: async () => true,
    close: async () => {},
  };
}
