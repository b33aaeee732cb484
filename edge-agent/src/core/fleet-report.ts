import type { OutcomeKind, RolloutReason, Stage } from "./rollout/rollout-report.ts";

/** What a device tells of its models: one signed object in the registry's store (`fleetReportKey`), replaced when something
 *  changed. The device writes it, the rollout controller reads it: no port is open at the plant. */
export interface FleetReport {
  readonly schemaVersion: 1;
  /** Name of the device: what its channels and its report are called by. */
  readonly node: string;
  readonly site: string;
  readonly agentVersion: string;
  /** Grows with each report of this device, also over restarts: an older one is a replay. */
  readonly sequence: number;
  /** RFC 3339, of the device's clock. */
  readonly time: string;
  /** The model that is followed. */
  readonly model: string;
  readonly champion: FleetVersion & { readonly sinceTime: string };
  readonly trial?:
    | (FleetVersion & {
        readonly stage: Stage;
        readonly stageSinceTime: string;
        /** A person stopped it, or it is inconclusive and waits for one. */
        readonly isPaused: boolean;
        readonly isHeld: boolean;
      })
    | undefined;
  /** Newest first, at most FLEET_OUTCOMES. */
  readonly outcomes: readonly FleetOutcome[];
  /** Digests that this device does not try again by itself. */
  readonly rejected: readonly string[];
  /** Threshold alarms only: no model is good enough to be listened to. */
  readonly isDegraded: boolean;
  readonly driftConfirmed: number;
  /** Why the channels gave no answer to use; absent where they did. */
  readonly registryFailure?: string | undefined;
}

/** `digest` is the sha256 of the manifest, hex. */
export interface FleetVersion {
  readonly version: string;
  readonly digest: string;
}

export interface FleetOutcome extends FleetVersion {
  readonly kind: OutcomeKind;
  /** An agent that is newer than its reader may have reasons that the reader has no word for. */
  readonly reason: RolloutReason["code"] | `unknown: ${string}`;
  readonly time: string;
}

export const FLEET_OUTCOMES = 8;
export const FLEET_REPORT_TYPE = "application/vnd.stethos.fleet-report+json";
export const FLEET_FOLDER = "fleet/";

/** Longest name of a device: its channels are names of the registry, which have 128 characters at most. */
const MOST_NODE = 118;

/** Whether channels and reports can be called by it: letters, digits and "._-", a letter or digit first. */
export const isFleetNode = (node: string): boolean =>
  node.length <= MOST_NODE && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(node);

export const fleetReportKey = (node: string): string => `${FLEET_FOLDER}${node}.json`;

/** Channels of one device: what it may try, and what it must return to. */
export const deviceChannels = (node: string): { readonly candidate: string; readonly stable: string } => ({
  candidate: `candidate.${node}`,
  stable: `stable.${node}`,
});
