import type { KeyObject } from "node:crypto";

/** Public keys whose signatures count. */
export interface Trust {
  readonly keys: readonly TrustedKey[];
}

export interface TrustedKey {
  /** sha256 of the SPKI DER, hex. */
  readonly keyId: string;
  /** Where it comes from, for messages. */
  readonly source: string;
  readonly key: KeyObject;
}
