/** What Kubernetes keeps of a fleet: the shapes of `k8s/crd`, as the API server answers them. */
export const GROUP = "stethos.io";
export const VERSION = "v1alpha1";

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly finalizers?: readonly string[] | undefined;
}

export interface Condition {
  readonly type: "Degraded" | "Inconclusive" | "Progressing" | "Ready";
  readonly status: "False" | "True" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** One model version on its way to many devices. */
export interface ModelRollout {
  readonly metadata: ObjectMeta;
  readonly spec: ModelRolloutSpec;
  readonly status?: ModelRolloutStatus | undefined;
}

export interface ModelRolloutSpec {
  readonly model: string;
  readonly version: string;
  /** sha256 of the manifest, hex: never changes. */
  readonly manifestSha256: string;
  /** Which EdgeDevices of the namespace; all if absent. */
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly waves: readonly Wave[];
  /** Nothing further is begun; what is under way on a device goes on. */
  readonly paused: boolean;
  /** What a failed wave does to the devices that took the version: all go back, those of this wave, or none. */
  readonly onFailure: "RollBackAll" | "RollBackWave" | "Halt";
  /** A device that says nothing for so long counts as failed in its wave. */
  readonly deviceTimeoutMinutes: number;
  /** Validity of the pointers that are signed. */
  readonly pointerDays: number;
}

/** Cumulative: "50 percent" is half of the fleet, earlier waves with it. Exactly one of `devices` and `percent`. */
export interface Wave {
  readonly devices?: number | undefined;
  readonly percent?: number | undefined;
  /** The wave is over when so many per cent of its devices promoted the version. */
  readonly successPercent: number;
  /** The wave failed when more than so many per cent of its devices failed... */
  readonly errorPercent: number;
  /** ...and at least so many: one device of two is no statistic. */
  readonly leastErrors: number;
  /** Rest after the wave, before the next. */
  readonly soakMinutes: number;
}

export const DEVICE_STEPS = [
  "Offering",
  "Offered",
  "Updated",
  "Failed",
  "Recalling",
  "Recalled",
  "RolledBack",
] as const;

export const PHASES = [
  "Pending",
  "Progressing",
  "Paused",
  "Halted",
  "RollingBack",
  "RolledBack",
  "Completed",
  "Invalid",
] as const;

export type RolloutPhase = (typeof PHASES)[number];

export interface ModelRolloutStatus {
  readonly observedGeneration: number;
  readonly phase: RolloutPhase;
  /** Place in `spec.waves`. */
  readonly wave: number;
  readonly waves: readonly WaveStatus[];
  readonly devices: number;
  readonly updated: number;
  readonly failed: number;
  readonly rolledBack: number;
  /** The first few, for people. */
  readonly failedDevices: readonly string[];
  readonly message: string;
  readonly startedTime?: string | undefined;
  readonly finishedTime?: string | undefined;
  /** While it is Completed and has devices. */
  readonly pointers?: PointersStatus | undefined;
  readonly conditions: readonly Condition[];
}

/** The pointers of a rollout's devices, together: written once a round of renewals. */
export interface PointersStatus {
  /** When all of them were looked at last. */
  readonly checkedTime: string;
  /** When the newest was signed; absent where none names the version any more. */
  readonly signedTime?: string | undefined;
  /** When the first of them expires. */
  readonly validUntilTime?: string | undefined;
}

export interface WaveStatus {
  readonly devices: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly startedTime?: string | undefined;
  readonly succeededTime?: string | undefined;
  /** Decided: what is done about it says `onFailure`. */
  readonly failedTime?: string | undefined;
}

/** A device of the fleet. Made by hand, or by the controller for a device that reports itself. */
export interface EdgeDevice {
  readonly metadata: ObjectMeta;
  readonly spec: EdgeDeviceSpec;
  readonly status?: EdgeDeviceStatus | undefined;
}

export interface EdgeDeviceSpec {
  /** Name that the agent reports; the object's own if absent. */
  readonly node?: string | undefined;
  /** Public key of the device (PEM): reports signed by another are refused. The first that is seen is pinned where absent. */
  readonly publicKey?: string | undefined;
  /** Left alone by rollouts. */
  readonly isHeld: boolean;
}

export interface EdgeDeviceStatus {
  readonly version?: string | undefined;
  readonly digest?: string | undefined;
  readonly stage?: string | undefined;
  readonly site?: string | undefined;
  readonly agentVersion?: string | undefined;
  readonly keyId?: string | undefined;
  readonly reportSequence?: number | undefined;
  readonly reportedTime?: string | undefined;
  /** The journal of the saga: what a rollout did with this device, written before it is done. */
  readonly rollout?: DeviceStep | undefined;
}

/** Each step may be done again without harm. */
export interface DeviceStep {
  readonly name: string;
  readonly uid: string;
  readonly wave: number;
  /** "Recalling": the pointers go back. "Recalled": they are back. "RolledBack": the device says that it followed. */
  readonly step: (typeof DEVICE_STEPS)[number];
  readonly reason?: string | undefined;
  /** What it ran before: what a compensation brings back. */
  readonly previous: { readonly version: string; readonly digest: string };
  readonly sinceTime: string;
  /** Of the newest report that was known when this was written: what a later one says came after it. */
  readonly reportSequence: number;
}
