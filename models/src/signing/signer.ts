import { createPublicKey, sign } from "node:crypto";
import type { Signer } from "../registry/registry.ts";
import { digestOf, keyHintOf, keyIdOf, privateKey } from "./key.ts";

/** Signs with a private key in PEM (PKCS #8 or SEC 1): ECDSA with the curve's digest, in DER (RFC 3279, 2.2.3).
 *  @throws ModelError USAGE for other keys, or a wrong passphrase */
export function createSigner(pem: string, passphrase?: string, source: string = "the signing key"): Signer {
  const key = privateKey(pem, passphrase, source);
  const half = createPublicKey(key);
  return {
    keyId: keyIdOf(half),
    hint: keyHintOf(half),
    sign: async (bytes) => sign(digestOf(key), bytes, key),
  };
}
