import { verify } from "node:crypto";
import { ModelError } from "../errors.ts";
import type { Trust, TrustedKey } from "../package/trust.ts";
import { digestOf } from "./key.ts";

/** What is signed: the DSSE v1 pre-authentication encoding, so that a signature over one kind of payload is none over
 *  another (https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md). */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType);
  const head = `DSSEv1 ${type.length} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The trusted key that made one of the signatures.
 *  @param what for messages
 *  @throws ModelError MODEL_UNSIGNED */
export function signerOf(
  payloadType: string,
  payload: Uint8Array,
  signatures: readonly Uint8Array[],
  trust: Trust,
  what: string,
): TrustedKey {
  const signed = preAuthEncoding(payloadType, payload);
  // Whoever signed is found by trying: a signature's own word for its key proves nothing.
  const signer = trust.keys.find(({ key }) =>
    signatures.some((signature) => verify(digestOf(key), signed, key, signature)),
  );
  if (signer !== undefined) return signer;
  const keys = trust.keys.map(({ keyId }) => keyId.slice(0, 16)).join(", ") || "none";
  throw new ModelError(
    "MODEL_UNSIGNED",
    `${what} bears no signature of a trusted key (trusted: ${keys}); it was changed after it was signed, or the ` +
      "signer's public key is missing among the trusted ones",
  );
}
