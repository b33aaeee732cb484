import type { FleetReport, FleetVersion } from "@stethos/edge-agent/core";

/** The devices, seen through the registry's store: signed pointers go there, signed reports come from there. */
export interface Fleet {
  /** All reports whose signature is good, newest state each. Unchanged objects are not fetched again.
   *  Refused ones are told and left out.
   *  @throws FleetError where the store gives no answer */
  reports(signal: AbortSignal): Promise<ReportsSeen>;
  /** The published version; undefined where there is none or it was not signed by a trusted key. */
  published(model: string, version: string, signal: AbortSignal): Promise<FleetVersion | undefined>;
  /** Points the device's candidate channel at a version; nothing is written where it points there already. */
  offer(pointing: Pointing, signal: AbortSignal): Promise<void>;
  /** Signs the pointer of the device's candidate channel anew where more than a quarter of its time is over, or it is gone;
   *  nothing is written where it is younger. One that names something else is somebody else's, and left alone.
   *  @returns its times; undefined where it names something else */
  renew(pointing: Pointing, signal: AbortSignal): Promise<PointerTimes | undefined>;
  /** Points both of the device's channels back, as a declared rollback; nothing is written where they point there already. */
  recall(pointing: Pointing, signal: AbortSignal): Promise<void>;
}

export interface Pointing extends FleetVersion {
  readonly model: string;
  readonly node: string;
  readonly expiresDays: number;
}

/** Unix time, ms. */
export interface PointerTimes {
  readonly signedMs: number;
  readonly expiresMs: number;
}

export interface ReportsSeen {
  readonly reports: readonly SignedReport[];
  readonly refused: readonly { readonly key: string; readonly why: string }[];
}

export interface SignedReport {
  readonly report: FleetReport;
  /** Fingerprint of the key that signed it: sha256 of its SPKI DER, hex. */
  readonly keyId: string;
}

/** `conflict`: another controller was first; look again. */
export type FleetErrorCode = "conflict" | "refused" | "unreachable";

export class FleetError extends Error {
  override readonly name = "FleetError";
  readonly code: FleetErrorCode;

  constructor(code: FleetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
