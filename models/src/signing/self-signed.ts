import { z } from "zod";
import { ModelError } from "../errors.ts";
import { trustPem } from "../package/trust.ts";
import type { Signer } from "../registry/registry.ts";
import { signerOf } from "./dsse.ts";
import { openEnvelope, signEnvelope } from "./envelope.ts";

/** A signer that shows its public half. */
export interface OwnSigner extends Signer {
  /** SPKI in PEM. */
  readonly publicPem: string;
}

export interface SelfSigned {
  /** To be parsed by whoever knows what it is. */
  readonly content: unknown;
  /** Fingerprint of the key that signed it: sha256 of its SPKI DER, hex. */
  readonly keyId: string;
}

const withKey = z.looseObject({ publicKey: z.string().min(1).max(2048) });

/** Signs what names its own key: it says who speaks, and whether to believe them is the reader's business. A DSSE envelope
 *  whose payload is the content with `publicKey` beside it. */
export const signSelf = (
  payloadType: string,
  content: object,
  { publicPem, ...signer }: OwnSigner,
): Promise<Uint8Array> =>
  signEnvelope(payloadType, Buffer.from(JSON.stringify({ ...content, publicKey: publicPem })), signer);

/** The content, and the key that signed it, which is the one that it names: pin its fingerprint.
 *  @param where for messages
 *  @throws ModelError MODEL_UNSIGNED */
export function openSelfSigned(
  bytes: Uint8Array,
  payloadType: string,
  mostBytes: number,
  where: string,
): SelfSigned {
  const malformed = (why: string, cause?: unknown): ModelError =>
    new ModelError("MODEL_UNSIGNED", `${where} is not signed as it must be: ${why}`, { cause });
  const { payload, signatures } = openEnvelope(bytes, payloadType, mostBytes, malformed);
  const parsed = withKey.safeParse(jsonIn(payload, malformed));
  if (!parsed.success) throw malformed("it names no public key", parsed.error);
  const { publicKey, ...content } = parsed.data;
  const trust = trustOf(publicKey, malformed);
  return { content, keyId: signerOf(payloadType, payload, signatures, trust, where).keyId };
}

function jsonIn(payload: Buffer, malformed: (why: string, cause?: unknown) => ModelError): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch (cause) {
    throw malformed("its payload is no JSON", cause);
  }
}

function trustOf(pem: string, malformed: (why: string, cause?: unknown) => ModelError) {
  try {
    return trustPem(pem);
  } catch (cause) {
    throw malformed("the key that it names is none", cause);
  }
}
