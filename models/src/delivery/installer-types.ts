import type { Clock } from "@stethos/protocol-finger/clock";
import type { OpenedPackage } from "../package/open-package.ts";
import type { Trust } from "../package/trust.ts";
import type { OnProgress, Registry } from "../registry/registry.ts";
import type { VersionId } from "./local-layout.ts";

export interface InstallerOptions {
  /** Of this device; several agents may share it. */
  readonly folder: string;
  /** Whose packages and pointers count. */
  readonly trust: Trust;
  /** Whose pointers count, where these are more: a key that may lead a fleet need not be one that may sign packages. */
  readonly pointerTrust?: Trust;
  /** Packages elsewhere on this device, whose files need not come over the line. */
  readonly nearby?: readonly string[];
  /** Infinity: no limit. */
  readonly bytesPerSecond: number;
  /** The most that the folder may hold. */
  readonly quotaBytes: number;
  /** Of the program that will run the models; one that asks for a newer one is refused. */
  readonly agentVersion?: string;
}

export interface InstallerDeps {
  /** Without one nothing is offered, and only what is here can be installed. */
  readonly registry?: Registry;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger?: InstallerLogger;
  /** Of a version, by its digest, that this device has elsewhere than in the folder: a pointer to it needs no manifest of
   *  the registry. */
  readonly sequenceHere?: (digest: string, signal: AbortSignal) => Promise<number | undefined>;
  /** For tests; the disk's own answer otherwise. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export interface InstallerLogger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface InstallableVersion extends VersionId {
  readonly sequence: number;
}

/** A registry as one device uses it: what is offered, what is here, and how it comes here. */
export interface Installer {
  /** What a channel points at, if it may be loaded.
   *  @throws ModelError REGISTRY_UNREACHABLE, REGISTRY_REFUSED, MODEL_UNSIGNED, MODEL_EXPIRED, MODEL_DOWNGRADED, MODEL_TAMPERED */
  offered(name: string, channel: string, signal: AbortSignal): Promise<Offer | undefined>;
  /** Fetches what is missing, goes on where an earlier attempt ended, checks all of it, and only then it is there.
   *  @throws ModelError as `offered`, and MODEL_CONTRACT, MODEL_MISSING, DISK_FULL, REGISTRY_CONFLICT */
  install(version: InstallableVersion, onProgress: OnProgress, signal: AbortSignal): Promise<OpenedPackage>;
  /** What is here, checked afresh; asks no registry. @throws ModelError MODEL_MISSING, MODEL_TAMPERED, MODEL_UNSIGNED */
  installed(version: VersionId, signal: AbortSignal): Promise<OpenedPackage>;
  /** Removes every other version, and downloads that were not finished. Files that these share stay. */
  keepOnly(versions: readonly VersionId[], signal: AbortSignal): Promise<void>;
  /** Raises the bar: nothing with a smaller sequence is offered from now on, unless it is declared a rollback. */
  committed(version: Pick<InstallableVersion, "name" | "sequence">): void;
}

/** What a channel offers; its signature, time and sequence were checked. */
export interface Offer {
  readonly version: InstallableVersion;
  readonly channel: string;
  /** A return to an older version, on purpose. */
  readonly isRollback: boolean;
  /** Of the pointer. */
  readonly sequence: number;
}
