import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import type { RetrainingRequest } from "../../ports/retraining.ts";
import { REQUEST_TYPE, retrainingRequest } from "./request-schema.ts";

const envelopeSchema = z.strictObject({
  payloadType: z.literal(REQUEST_TYPE),
  payload: z.base64(),
  signatures: z.tuple([z.strictObject({ keyid: z.string(), sig: z.base64() })]),
});

/** What a receiver does, written down a second time: checks the envelope with the device's public key. */
export function openEnvelope(text: string, publicPem: string): RetrainingRequest {
  const { payloadType, payload, signatures } = envelopeSchema.parse(JSON.parse(text));
  const body = Buffer.from(payload, "base64");
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `),
    body,
  ]);
  if (!verify("sha256", signed, createPublicKey(publicPem), Buffer.from(signatures[0].sig, "base64"))) {
    throw new Error("the signature is not of this key");
  }
  return retrainingRequest.parse(JSON.parse(body.toString()));
}
