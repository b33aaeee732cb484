import type { ClusterEvent } from "../ports/cluster.ts";
import type { PointerTimes, Pointing, SignedReport } from "../ports/fleet.ts";
import type { EdgeDevice, EdgeDeviceStatus, ModelRollout, ModelRolloutStatus } from "../ports/resources.ts";

/** All that a decision about one rollout rests on. */
export interface Observed {
  /** Read through to the server; devices and others may be old. */
  readonly rollout: ModelRollout;
  /** Of its namespace. */
  readonly devices: readonly EdgeDevice[];
  /** By the name that the device reports. */
  readonly reports: ReadonlyMap<string, SignedReport>;
  /** Devices that several EdgeDevices name, of all namespaces that are watched: those, by the device's name. */
  readonly namesakes: ReadonlyMap<string, readonly string[]>;
  /** The other rollouts of its namespace. */
  readonly others: readonly ModelRollout[];
  /** Digest of each version that was asked for, null where the registry has none; absent where it gave no answer. */
  readonly published: ReadonlyMap<string, string | null>;
  /** What the round of renewals that is under way has seen, by the device's name; undefined: the pointer is somebody else's. */
  readonly renewals: ReadonlyMap<string, PointerTimes | undefined>;
  /** Since then the reports could be read without a break: nobody is silent who could not be heard. */
  readonly readableSinceMs: number;
  readonly nowMs: number;
}

/** One thing to do. Each may be done again without harm. */
export type Step =
  /** Written before the deed, and after what was seen. */
  | { readonly kind: "journal"; readonly device: EdgeDevice; readonly status: EdgeDeviceStatus }
  /** The pointers are moved, then `status` tells that they are. */
  | {
      readonly kind: "offer" | "recall";
      readonly device: EdgeDevice;
      readonly pointing: Pointing;
      readonly status: EdgeDeviceStatus;
    }
  /** The pointer is kept valid. Nothing is journalled: it tells itself until when it is. */
  | {
      readonly kind: "renew";
      readonly rollout: ModelRollout;
      readonly device: EdgeDevice;
      readonly pointing: Pointing;
    }
  /** Alone: no status comes before it. */
  | { readonly kind: "finalizers"; readonly rollout: ModelRollout; readonly finalizers: readonly string[] };

/** Status first, then the steps, then the events. */
export interface Decision {
  /** Absent where it is as it was. */
  readonly status?: ModelRolloutStatus;
  readonly steps: readonly Step[];
  readonly events: readonly ClusterEvent[];
  /** Look again after so long, though nothing changed. */
  readonly requeueAfterMs?: number;
}

/** Holds a rollout that is deleted until its devices are back. */
export const FINALIZER = "stethos.io/roll-back";

/** So many of a kind in one decision: what comes in meanwhile is looked at before the rest. */
export const MOST_STEPS = 200;

export const isoOf = (ms: number): string => new Date(ms).toISOString();
