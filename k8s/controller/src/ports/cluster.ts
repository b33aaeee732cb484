import type { EdgeDevice, EdgeDeviceStatus, ModelRollout, ModelRolloutStatus } from "./resources.ts";

/** Kubernetes, as the controller needs it: caches that are kept fresh by watches, and writes that fail rather than overwrite. */
export interface Cluster {
  /** As of now in the cache: may be old. Whoever acts on it writes with the resource version that it has seen. */
  readonly rollouts: () => readonly ModelRollout[];
  readonly devices: () => readonly EdgeDevice[];
  /** All of them, read through to the server: what the leader before wrote last may not have reached the cache yet. */
  devicesNow(signal: AbortSignal): Promise<readonly EdgeDevice[]>;
  /** Called with "namespace/name" of each rollout that may have to be looked at; ends with the signal.
   *  A changed device wakes the rollouts of its namespace. */
  run(onChange: (key: string) => void, signal: AbortSignal): Promise<void>;
  /** The newest, read through to the server. */
  rollout(namespace: string, name: string, signal: AbortSignal): Promise<ModelRollout | undefined>;
  /** @throws ClusterError "conflict" when the object changed since `seen` */
  setRolloutStatus(
    seen: ModelRollout,
    status: ModelRolloutStatus,
    signal: AbortSignal,
  ): Promise<ModelRollout>;
  setDeviceStatus(seen: EdgeDevice, status: EdgeDeviceStatus, signal: AbortSignal): Promise<EdgeDevice>;
  setFinalizers(
    seen: ModelRollout,
    finalizers: readonly string[],
    signal: AbortSignal,
  ): Promise<ModelRollout>;
  /** For a device that reports itself; no error where it is there already. */
  adoptDevice(
    namespace: string,
    name: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void>;
  /** An Event about a rollout. Losing one is told in the log, and stops nothing. */
  tell(about: ModelRollout, event: ClusterEvent, signal: AbortSignal): Promise<void>;
}

export interface ClusterEvent {
  readonly type: "Normal" | "Warning";
  /** UpperCamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** Whether this process may write. */
export interface Leadership {
  /** Calls `lead` whenever it becomes leader; its signal ends before anybody else can be leader. */
  run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Asked before every write. @throws ClusterError "not-leader" */
  confirm(): void;
}

/** `conflict`: look again. `gone`: the object is not there any more. */
export type ClusterErrorCode = "conflict" | "gone" | "not-leader" | "refused" | "unreachable";

export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
