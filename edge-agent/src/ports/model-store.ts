import type { ModelVersion } from "../core/model.ts";

/** What a channel offers; its signature, time and sequence were checked. */
export interface OfferedModel {
  readonly model: ModelVersion;
  readonly channel: string;
  /** A return to an older version, on purpose. */
  readonly isRollback: boolean;
  /** Of the pointer: grows with each change of the channel. */
  readonly sequence: number;
}

/** A version on this device whose every byte was checked. */
export interface InstalledModel {
  readonly model: ModelVersion;
  readonly folder: string;
}

/** Where models come from: a registry, and the folder of this device in front of it. */
export interface ModelStore {
  /** For messages. */
  readonly name: string;
  /** @throws EdgeError REGISTRY_UNREACHABLE, REGISTRY_REFUSED, MODEL_UNSIGNED, MODEL_EXPIRED, MODEL_DOWNGRADED */
  offered(channel: string, signal: AbortSignal): Promise<OfferedModel | undefined>;
  /** Fetches what is missing, goes on where an earlier attempt ended, checks all of it, and only then is it there.
   *  @param onProgress bytes here, bytes in all
   *  @throws EdgeError as `offered`, and MODEL_TAMPERED, MODEL_CONTRACT, DISK_FULL */
  install(
    model: ModelVersion,
    onProgress: (bytes: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<InstalledModel>;
  /** Checked afresh. @throws EdgeError MODEL_MISSING, MODEL_TAMPERED, MODEL_UNSIGNED */
  installed(model: ModelVersion, signal: AbortSignal): Promise<InstalledModel>;
  /** Removes whatever is not among these, unfinished downloads included. */
  keepOnly(models: readonly ModelVersion[], signal: AbortSignal): Promise<void>;
  /** Raises the bar: nothing with a smaller sequence is offered from now on, unless it is a rollback. */
  committed(model: ModelVersion): Promise<void>;
}
