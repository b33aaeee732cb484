import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { ModelError } from "../errors.ts";

/** ECDSA keys as OpenSSF Model Signing takes them, each with the digest that belongs to its curve. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ["prime256v1", "sha256"],
  ["secp384r1", "sha384"],
  ["secp521r1", "sha512"],
]);

/** A new P-256 key. The private half leaves this process only as `privatePem`: keep it out of the registry. */
export function generateKey(passphrase?: string): {
  readonly privatePem: string;
  readonly publicPem: string;
} {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const hidden = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem", ...hidden }).toString(),
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** @param source for messages
 *  @throws ModelError USAGE */
export function privateKey(pem: string, passphrase: string | undefined, source: string): KeyObject {
  let key: KeyObject;
  try {
    // An empty passphrase keeps OpenSSL from asking the terminal.
    key = createPrivateKey({ key: pem, passphrase: passphrase ?? "" });
  } catch (cause) {
    throw new ModelError("USAGE", `${source} is no private key in PEM that this passphrase opens`, { cause });
  }
  requireCurve(key, source);
  return key;
}

/** @throws ModelError USAGE */
export function publicKey(pem: string, source: string): KeyObject {
  if (pem.includes("PRIVATE KEY")) {
    throw new ModelError(
      "USAGE",
      `${source} is a private key; trust is given to the public one, kept apart from it`,
    );
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw new ModelError("USAGE", `${source} is no public key in PEM ("-----BEGIN PUBLIC KEY-----")`, {
      cause,
    });
  }
  requireCurve(key, source);
  return key;
}

function requireCurve(key: KeyObject, source: string): void {
  if (DIGESTS.has(curveOf(key))) return;
  const found = curveOf(key) || key.asymmetricKeyType;
  throw new ModelError(
    "USAGE",
    `${source} is a key of kind ${found}; OpenSSF Model Signing takes ECDSA on P-256, P-384 or P-521: ` +
      "make one with: stethos-model keygen",
  );
}

const curveOf = (key: KeyObject): string => key.asymmetricKeyDetails?.namedCurve ?? "";

/** @returns the digest to sign with */
export const digestOf = (key: KeyObject): string => DIGESTS.get(curveOf(key)) ?? "sha256";

/** sha256 of the SPKI DER, hex. */
export const keyIdOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");

/** The fingerprint in a signature's hint as the format's reference implementation computes it: of the PEM text. */
export const keyHintOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "pem" }))
    .digest("hex");
