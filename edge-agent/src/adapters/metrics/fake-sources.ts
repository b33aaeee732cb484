import type { Alarm } from "../../core/alarm-types.ts";
import type { EvidenceReport, RolloutReport } from "../../core/rollout/rollout-report.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import type { MetricSources } from "./sources.ts";

// An agent in memory for the tests of metrics: two devices, two machines, a trial, an outbox with two sinks.

const START_US = 1_700_000_000_000_000;

const ALARM: Alarm = {
  id: "a1",
  machine: "site/pump",
  sensor: "site/pump/vibration",
  state: "unacknowledged-active",
  severity: "alarm",
  priority: "high",
  raisedUs: START_US,
  peakAnomaly: 0.8,
  reason: "anomaly",
  evidence: {},
};

const EVIDENCE: EvidenceReport = {
  abnormal: { challenger: 52, champion: 40 },
  better: 6,
  blocks: 310,
  disagreementPoints: 1,
  disagreements: 24,
  errors: { challenger: 1, champion: 0 },
  evidenceBetter: 2.28,
  evidenceNeeded: 20,
  evidenceWorse: 0.1,
  frames: 2400,
  gainNeededPoints: 0.5,
  gainPoints: 0.21,
  latency: {
    p50: { percent: 1.5, low: -0.5, high: 3.5 },
    p99: { percent: 2, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  },
  latencyMostPercent: 5,
  notSure: 2,
  unlabelled: 15,
  worse: 1,
};

export const FAKE_REPORT: RolloutReport = {
  champion: {
    name: "listener",
    version: "1.0.0",
    digest: "11",
    sequence: 1,
    sinceUs: START_US,
    role: "champion",
  },
  trial: {
    id: "trial-1",
    challenger: {
      name: "listener",
      version: "1.1.0",
      digest: "22",
      sequence: 2,
      sinceUs: START_US,
      role: "challenger",
    },
    stage: "canary",
    startedUs: START_US,
    stageSinceUs: START_US + 60e6,
    because: "drift",
    share: 0.05,
    hears: 1,
    evidence: EVIDENCE,
    waitsFor: [],
  },
  outcomes: [
    {
      kind: "rolled-back",
      trial: "trial-0",
      model: { name: "listener", version: "1.0.5", digest: "55" },
      reason: { code: "latency-rose", quantile: "p99", percent: 9.5 },
      timeUs: START_US - 60e6,
    },
  ],
  drift: {
    needed: 3,
    sensors: [
      {
        machine: "site/pump",
        sensor: "site/pump/vibration",
        kind: "warning",
        warnings: 2,
        progress: 1,
        ratio: 1.8,
        sinceUs: START_US,
      },
    ],
  },
  objective: { state: "kept", errorPercent: 0.01, frames: 30_000 },
  registry: { name: "folder models", reachable: true, reason: "" },
};

export const createFakeSources = (): Required<MetricSources> => ({
  status: () => ({
    version: "0.1.0",
    startedUs: START_US,
    devices: [
      {
        name: "plc1",
        protocol: "s7",
        up: true,
        reason: "connected",
        since: START_US,
        tags: { total: 3, good: 2 },
      },
      {
        name: 'press "2"\n',
        protocol: "opcua",
        up: false,
        reason: "no answer",
        since: START_US,
        tags: { total: 1, good: 0 },
        diagnosis: { code: "LINK_LOST", observed: "the cable" },
      },
    ],
    counters: {},
    alarms: { inTenMinutes: 12, dropped: 4 },
  }),
  alarms: () => [ALARM, { ...ALARM, id: "a2", state: "normal" }],
  health: () => [
    { machine: "site/pump", timeUs: START_US, state: "alarm", index: 42, baselineProgress: 1 },
    { machine: "site/fan", timeUs: START_US, state: "unknown", baselineProgress: 0 },
  ],
  models: () => FAKE_REPORT,
  feedClients: () => 2,
  process: () => ({
    residentBytes: 2e8,
    heapUsedBytes: 5e7,
    cpuSeconds: 12.5,
    loopDelay: { p50: 0.0005, p99: 0.004, max: 0.02 },
  }),
  history: async () => ({ bytes: 4096, readings: 1000, oldestUs: START_US, uncommitted: 3, lost: 0 }),
  outbox: async () => ({
    file: "outbox.db",
    bytes: 9e8,
    limitBytes: 1e9,
    epoch: "0123456789abcdef",
    batches: 7,
    rows: 7000,
    oldestUs: START_US,
    uncommitted: 12,
    dropped: [{ stream: "readings", cause: "full-bytes", rows: 5 }],
    sinks: [{ sink: "plant-db", waitingBatches: 7, waitingRows: 7000, oldestUs: START_US }],
    trouble: undefined,
  }),
  sinks: () => [
    { sink: "plant-db", state: "trouble", attempts: 3 },
    { sink: "broker", state: "idle", attempts: 0, lastDeliveredUs: START_US },
  ],
  queues: () => [{ queue: "frames", items: 1 }],
  logs: () => [{ log: "loki", lines: 900, dropped: 2, failures: 1 }],
  objectives: () => [
    {
      slo: "inference",
      isBurning: true,
      windows: [
        { window: "5m", good: 290, bad: 10, burn: 33.3 },
        { window: "1h", good: 0, bad: 0 },
      ],
    },
  ],
  diskFreeBytes: async () => 1e10,
});

/** One of each kind. */
export const EVENTS: readonly TelemetryEvent[] = [
  { kind: "readings", device: "plc1", count: 100, bad: 3 },
  { kind: "suppressed", device: "plc1", count: 40 },
  { kind: "link", device: "plc1", up: true },
  { kind: "link", device: "plc1", up: false },
  { kind: "overrun", device: "plc1", group: "fast", missed: 2 },
  { kind: "waveform", device: "plc1", missed: 1 },
  { kind: "torn-block", device: "plc1", given: "reread" },
  { kind: "scored", frames: 2, latencyMs: 20 },
  { kind: "model-run", model: "listener 1.0.0", role: "champion", frames: 2, ms: 8 },
  { kind: "model-failed", model: "listener 1.1.0", role: "challenger", frames: 1 },
  { kind: "dropped", queue: "frames", count: 1 },
  { kind: "worker-restart", worker: "scorer" },
  { kind: "history-lost", count: 9 },
  { kind: "outbox-committed", rows: 1000, bytes: 12_000, ms: 4 },
  { kind: "outbox-dropped", stream: "readings", cause: "full-bytes", rows: 5 },
  { kind: "outbox-quarantined" },
  { kind: "sink-delivered", sink: "plant-db", stream: "readings", rows: 1000, ms: 30, delayMs: 400 },
  { kind: "sink-failed", sink: "plant-db", fault: "denied" },
  { kind: "sink-refused", sink: "plant-db", stream: "readings", rows: 1 },
  { kind: "rules-evaluated", count: 500, fired: 2, ms: 3 },
  { kind: "rule-failed", rule: "too-hot" },
  { kind: "rules-read", isTaken: true },
  { kind: "rules-read", isTaken: false },
  { kind: "fleet-report", isSent: true },
  { kind: "fleet-report", isSent: false },
];
