import { envelopeFromJSON, envelopeToJSON } from "@sigstore/bundle";
import type { ModelError } from "../errors.ts";
import type { Signer } from "../registry/registry.ts";
import { preAuthEncoding } from "./dsse.ts";

export interface Envelope {
  readonly payload: Buffer;
  readonly signatures: readonly Buffer[];
}

/** A payload and its signature: a DSSE envelope in JSON (https://github.com/secure-systems-lab/dsse). */
export async function signEnvelope(
  payloadType: string,
  payload: Buffer,
  signer: Signer,
): Promise<Uint8Array> {
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  const envelope = envelopeToJSON({
    payload,
    payloadType,
    signatures: [{ keyid: signer.keyId, sig: Buffer.from(signature) }],
  });
  return Buffer.from(JSON.stringify(envelope));
}

/** What lies in an envelope; who signed it is not looked at yet.
 *  @param malformed makes the error of whatever is no such envelope
 *  @throws ModelError MODEL_UNSIGNED */
export function openEnvelope(
  bytes: Uint8Array,
  payloadType: string,
  mostBytes: number,
  malformed: (why: string, cause?: unknown) => ModelError,
): Envelope {
  if (bytes.length > mostBytes) throw malformed(`it has ${bytes.length} bytes`);
  let envelope: ReturnType<typeof envelopeFromJSON>;
  try {
    envelope = envelopeFromJSON(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw malformed("it is no DSSE envelope", cause);
  }
  const { payload, signatures } = envelope;
  if (envelope.payloadType !== payloadType) throw malformed(`it is of type "${envelope.payloadType}"`);
  return { payload, signatures: signatures.map(({ sig }) => sig) };
}
