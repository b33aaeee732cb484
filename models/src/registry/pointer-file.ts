import { createHash } from "node:crypto";
import { z } from "zod";
import { ModelError } from "../errors.ts";
import { canonicalJson } from "../package/canonical-json.ts";
import type { Trust } from "../package/trust.ts";
import { signerOf } from "../signing/dsse.ts";
import { openEnvelope, signEnvelope } from "../signing/envelope.ts";
import { CHANNEL_NAME } from "./layout.ts";
import type { Pointer, Signer } from "./registry.ts";

/** The type that a channel's pointer is signed under, so that no other signed thing passes for one. */
export const POINTER_TYPE = "application/vnd.stethos.channel-pointer+json";

const part = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const channel = z.string().regex(CHANNEL_NAME);
const instant = z.iso.datetime({ offset: true });

export const pointerSchema = z.strictObject({
  name: part,
  channel,
  version: part,
  manifestSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Grows by one with each change of the channel. */
  sequence: z.int().positive(),
  notBefore: instant,
  expires: instant,
  isRollback: z.boolean(),
});

// A pointer is a few hundred bytes.
const MOST_BYTES = 64 << 10;

/** A pointer, signed: a DSSE envelope over its canonical JSON.
 *  @throws ModelError USAGE for a pointer that nobody could read */
export async function signPointer(pointer: Pointer, signer: Signer): Promise<Uint8Array> {
  return signEnvelope(POINTER_TYPE, Buffer.from(canonicalJson(checkedPointer(pointer))), signer);
}

function checkedPointer(pointer: Pointer): Pointer {
  const checked = pointerSchema.safeParse(pointer);
  if (!checked.success) {
    throw new ModelError("USAGE", `that cannot be a pointer of a channel: ${z.prettifyError(checked.error)}`);
  }
  if (Date.parse(pointer.expires) <= Date.parse(pointer.notBefore)) {
    throw new ModelError(
      "USAGE",
      `a pointer that expires (${pointer.expires}) before it begins is never valid`,
    );
  }
  return checked.data;
}

/** The pointer of a file, once a trusted key signed it.
 *  @param where for messages
 *  @throws ModelError MODEL_UNSIGNED */
export function readPointer(bytes: Uint8Array, trust: Trust, where: string): Pointer {
  const { payload, signatures } = openEnvelope(bytes, POINTER_TYPE, MOST_BYTES, (why, cause) =>
    malformed(where, why, cause),
  );
  signerOf(POINTER_TYPE, payload, signatures, trust, where);
  try {
    return pointerSchema.parse(JSON.parse(payload.toString("utf8")));
  } catch (cause) {
    throw malformed(where, cause instanceof z.ZodError ? z.prettifyError(cause) : "it is no JSON", cause);
  }
}

/** Tells two writers of the same sequence apart: ECDSA signatures differ even over the same bytes. */
export const pointerId = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 16);

const malformed = (where: string, why: string, cause?: unknown): ModelError =>
  new ModelError("MODEL_UNSIGNED", `${where} is no signed pointer: ${why}; set the channel anew`, { cause });
