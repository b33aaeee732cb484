import { createHash } from "node:crypto";
import {
  type BundleWithDsseEnvelope,
  bundleFromJSON,
  bundleToJSON,
  isBundleWithDsseEnvelope,
  isBundleWithPublicKey,
  toDSSEBundle,
} from "@sigstore/bundle";
import { z } from "zod";
import { ModelError } from "../errors.ts";
import { byCodePoint } from "../package/canonical-json.ts";
import type { Trust } from "../package/trust.ts";
import type { Signer } from "../registry/registry.ts";
import { preAuthEncoding, signerOf } from "./dsse.ts";
import {
  PAYLOAD_TYPE,
  PREDICATE_TYPE,
  STATEMENT_TYPE,
  type Statement,
  statementSchema,
} from "./statement.ts";

/** The name of the signature's file in a package: the one file that it does not cover. */
export const SIGNATURE_FILE = "model.sig";

// A signature of a package of hundreds of files stays far below; more is somebody's attack on the memory.
const MOST_BYTES = 1 << 20;

export interface SignedFile {
  readonly path: string;
  readonly sha256: string;
}

export interface CheckedSignature {
  /** Sorted by path. */
  readonly files: readonly SignedFile[];
  /** Fingerprint of the key. */
  readonly signedBy: string;
}

/** Signs the files of a model: OpenSSF Model Signing v1.0 with a key pair, a Sigstore bundle v0.3 in JSON.
 *  @param name of the model, for information only (6.5.1) */
export async function signFiles(
  name: string,
  files: readonly SignedFile[],
  signer: Signer,
): Promise<Uint8Array> {
  const payload = Buffer.from(JSON.stringify(statementOf(name, files)));
  const signature = await signer.sign(preAuthEncoding(PAYLOAD_TYPE, payload));
  const bundle = toDSSEBundle({
    artifact: payload,
    artifactType: PAYLOAD_TYPE,
    signature: Buffer.from(signature),
    keyHint: signer.hint,
  });
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
}

function statementOf(name: string, files: readonly SignedFile[]): Statement {
  const resources = files
    .toSorted((a, b) => byCodePoint(a.path, b.path))
    .map(({ path, sha256 }) => ({ name: path, digest: sha256, algorithm: "sha256" as const }));
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name, digest: { sha256: rootDigest(resources) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      resources,
      serialization: {
        method: "files",
        hash_type: "sha256",
        allow_symlinks: false,
        ignore_paths: [SIGNATURE_FILE],
      },
    },
  };
}

/** 6.5.1: sha256 over the resources' raw digests in order. */
function rootDigest(resources: readonly { readonly digest: string }[]): string {
  const hash = createHash("sha256");
  for (const { digest } of resources) hash.update(Buffer.from(digest, "hex"));
  return hash.digest("hex");
}

/** What a signature covers, once a trusted key made it. The verifier is stricter than the format: it has no ignored
 *  paths and no unsigned files, since a package is what its manifest names.
 *  @param what for messages
 *  @throws ModelError MODEL_UNSIGNED */
export function checkSignature(bytes: Uint8Array, trust: Trust, what: string): CheckedSignature {
  const bundle = parseBundle(bytes, what);
  const { payloadType, payload, signatures } = bundle.content.dsseEnvelope;
  if (payloadType !== PAYLOAD_TYPE) throw malformed(what, `its payload is of type ${payloadType}`);
  const signer = signerOf(
    payloadType,
    payload,
    signatures.map(({ sig }) => sig),
    trust,
    what,
  );
  refuseForeignHint(bundle, [signer.hint, signer.keyId], what);
  const statement = parseStatement(payload, what);
  const { resources } = statement.predicate;
  if (
    resources.some(({ name }, index) => index > 0 && byCodePoint(resources[index - 1]?.name ?? "", name) >= 0)
  ) {
    throw malformed(what, "its files are not in order, or one stands there twice");
  }
  if (statement.subject[0].digest.sha256 !== rootDigest(resources)) {
    throw malformed(what, "its root digest is not that of its files");
  }
  return {
    files: resources.map(({ name, digest }) => ({ path: name, sha256: digest })),
    signedBy: signer.keyId,
  };
}

function parseBundle(bytes: Uint8Array, what: string): BundleWithDsseEnvelope {
  if (bytes.length > MOST_BYTES) throw malformed(what, `it has ${bytes.length} bytes`);
  let bundle: ReturnType<typeof bundleFromJSON>;
  try {
    bundle = bundleFromJSON(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw malformed(what, "it is no Sigstore bundle", cause);
  }
  if (!isBundleWithDsseEnvelope(bundle)) throw malformed(what, "it holds no DSSE envelope");
  if (!isBundleWithPublicKey(bundle))
    throw malformed(what, "it was made with a certificate instead of a key");
  return bundle;
}

/** A hint that names another key than the one that signed: somebody put two signatures together. */
function refuseForeignHint(bundle: BundleWithDsseEnvelope, own: readonly string[], what: string): void {
  const { content } = bundle.verificationMaterial;
  if (content.$case !== "publicKey" || content.publicKey.hint === "") return;
  if (!own.includes(content.publicKey.hint))
    throw malformed(what, "it names another key than the one that signed");
}

function parseStatement(payload: Uint8Array, what: string): Statement {
  try {
    return statementSchema.parse(JSON.parse(Buffer.from(payload).toString("utf8")));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : "it is no JSON";
    throw malformed(what, `its statement is not that of OpenSSF Model Signing v1.0: ${detail}`, cause);
  }
}

const malformed = (what: string, why: string, cause?: unknown): ModelError =>
  new ModelError(
    "MODEL_UNSIGNED",
    `${what} is no valid signature: ${why}; sign the package again with: stethos-model sign`,
    {
      cause,
    },
  );
