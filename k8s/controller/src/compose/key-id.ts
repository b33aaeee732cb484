import { createHash, createPublicKey } from "node:crypto";

/** Fingerprint of a public key (PEM): sha256 of its SPKI DER, hex; undefined for what is none. */
export function keyIdOf(pem: string): string | undefined {
  if (pem.includes("PRIVATE KEY")) return undefined;
  try {
    const der = createPublicKey(pem).export({ type: "spki", format: "der" });
    return createHash("sha256").update(der).digest("hex");
  } catch {
    // Somebody wrote something else into the field: no report fits it.
    return undefined;
  }
}
