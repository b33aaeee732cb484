import { preAuthEncoding, type Signer } from "@stethos/models";
import type { SealRequest } from "../../ports/retraining.ts";
import { REQUEST_TYPE, retrainingRequest } from "./request-schema.ts";

/** Signs requests: DSSE v1.0 (https://github.com/secure-systems-lab/dsse), ECDSA over P-256 with SHA-256. */
export function createSeal(signer: Signer): SealRequest {
  return async (request) => {
    const payload = Buffer.from(JSON.stringify(retrainingRequest.parse(request)));
    const signature = await signer.sign(preAuthEncoding(REQUEST_TYPE, payload));
    const envelope = {
      payloadType: REQUEST_TYPE,
      payload: payload.toString("base64"),
      signatures: [{ keyid: signer.keyId, sig: Buffer.from(signature).toString("base64") }],
    };
    return JSON.stringify(envelope);
  };
}
