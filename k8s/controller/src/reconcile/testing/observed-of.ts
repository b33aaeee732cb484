import type { FleetReport, FleetVersion } from "@stethos/edge-agent/core";
import type { SignedReport } from "../../ports/fleet.ts";
import type { DeviceStep, EdgeDevice, ModelRollout, ModelRolloutStatus } from "../../ports/resources.ts";
import { FINALIZER, type Observed } from "../observed.ts";

/** Small fleets for tests, as they are observed. */
export const NOW_MS = Date.parse("2026-11-23T12:00:00Z");
export const OLD: FleetVersion = { version: "1.0.0", digest: "a".repeat(64) };
export const WANTED: FleetVersion = { version: "2.0.0", digest: "b".repeat(64) };

const metadata = (name: string) => ({
  name,
  namespace: "plant",
  uid: `uid-${name}`,
  resourceVersion: "1",
  generation: 1,
  creationTimestamp: "2026-11-23T11:00:00Z",
});

export function rolloutOf(
  change: {
    readonly name?: string;
    readonly spec?: Partial<ModelRollout["spec"]>;
    readonly status?: Partial<ModelRolloutStatus>;
    readonly metadata?: Partial<ModelRollout["metadata"]>;
  } = {},
): ModelRollout {
  const wave = { successPercent: 100, errorPercent: 0, leastErrors: 1, soakMinutes: 0 };
  return {
    metadata: { ...metadata(change.name ?? "better"), finalizers: [FINALIZER], ...change.metadata },
    spec: {
      model: "listener",
      version: WANTED.version,
      manifestSha256: WANTED.digest,
      waves: [
        { ...wave, devices: 1 },
        { ...wave, percent: 50 },
        { ...wave, percent: 100 },
      ],
      paused: false,
      onFailure: "RollBackAll",
      deviceTimeoutMinutes: 60,
      pointerDays: 30,
      ...change.spec,
    },
    ...(change.status && { status: { ...NO_STATUS, ...change.status } }),
  };
}

const NO_STATUS: ModelRolloutStatus = {
  observedGeneration: 1,
  phase: "Progressing",
  wave: 0,
  waves: [{ devices: 0, succeeded: 0, failed: 0, startedTime: "2026-11-23T11:00:00.000Z" }],
  devices: 0,
  updated: 0,
  failed: 0,
  rolledBack: 0,
  failedDevices: [],
  message: "",
  conditions: [],
};

export function deviceOf(name: string, step?: Partial<DeviceStep>, isHeld = false): EdgeDevice {
  const rollout: DeviceStep = {
    name: "better",
    uid: "uid-better",
    wave: 0,
    step: "Offered",
    previous: OLD,
    sinceTime: "2026-11-23T11:50:00.000Z",
    reportSequence: 10,
    ...step,
  };
  const status = { reportSequence: 10, reportedTime: "2026-11-23T11:58:00.000Z" };
  return { metadata: metadata(name), spec: { isHeld }, status: { ...status, ...(step && { rollout }) } };
}

export const reportOf = (node: string, change: Partial<FleetReport> = {}): SignedReport => ({
  keyId: `key-${node}`,
  report: {
    schemaVersion: 1,
    node,
    site: "hall-1",
    agentVersion: "0.1.0",
    sequence: 10,
    time: "2026-11-23T11:58:00.000Z",
    model: "listener",
    champion: { ...OLD, sinceTime: "2026-11-01T00:00:00.000Z" },
    outcomes: [],
    rejected: [],
    isDegraded: false,
    driftConfirmed: 0,
    ...change,
  },
});

export function observedOf(
  rollout: ModelRollout,
  devices: readonly EdgeDevice[],
  change: Partial<Omit<Observed, "reports">> & { readonly reports?: readonly SignedReport[] } = {},
): Observed {
  const { reports = devices.map(({ metadata: { name } }) => reportOf(name)), ...rest } = change;
  return {
    rollout,
    devices,
    reports: new Map(reports.map((one) => [one.report.node, one])),
    namesakes: new Map(),
    others: [],
    published: new Map([
      [OLD.version, OLD.digest],
      [WANTED.version, WANTED.digest],
    ]),
    renewals: new Map(),
    readableSinceMs: NOW_MS - 86_400_000,
    nowMs: NOW_MS,
    ...rest,
  };
}
