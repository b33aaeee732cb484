import type { DriftVerdict } from "../core/drift/drift-types.ts";
import type { ModelVersion } from "../core/model.ts";

/** Drift was confirmed and there is nothing to try: what the people who train are told. */
export interface RetrainingRequest {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly site: string;
  readonly node: string;
  /** RFC 3339. */
  readonly time: string;
  /** Never the same twice: a request that is played back is recognised. */
  readonly nonce: string;
  readonly model: ModelVersion;
  readonly machine: string;
  readonly sensors: readonly string[];
  readonly verdicts: readonly Omit<DriftVerdict, "machine">[];
  readonly frames: readonly RequestedFrame[];
}

/** A window that drifted, as data sets call it; the key where it is uploaded already. */
export interface RequestedFrame {
  readonly id: string;
  readonly key?: string;
}

/** Signs a request with the key of this device: a DSSE envelope, as JSON text. */
export type SealRequest = (request: RetrainingRequest) => Promise<string>;

/** "refused" will not be otherwise next time. */
export type Delivery =
  | { readonly kind: "delivered" }
  | { readonly kind: "refused" | "unreachable"; readonly why: string };

/** Somebody who wants to be told by HTTP. */
export interface Webhook {
  /** For messages; never holds what is secret. */
  readonly name: string;
  /** @param id of the request, so that a second delivery of it is recognised */
  post(id: string, body: string, signal: AbortSignal): Promise<Delivery>;
}
