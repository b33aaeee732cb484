import { z } from "zod";
import type { TwinRequest } from "../../../core/twin-delta.ts";

/** Points whose full values one screen may want: more are no longer read by anybody. */
export const MOST_WATCHED = 2000;
/** The longest request: a list of that many points of seven digits. */
export const MOST_REQUEST_BYTES = 32 * 1024;
const MOST_POINT = 0xffff_ffff;
/** A reason ends up in a close frame, which holds 123 bytes of it (RFC 6455, 5.5). */
const MOST_REASON_LENGTH = 100;

const mostHz = z.number().positive().max(1000);

const twinRequest = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("hello"), layoutHash: z.number(), mostHz }),
  z.strictObject({ kind: z.literal("resync"), why: z.string().max(200) }),
  z.strictObject({ kind: z.literal("rate"), mostHz }),
  z.strictObject({
    kind: z.literal("watch"),
    points: z.array(z.int().min(0).max(MOST_POINT)).max(MOST_WATCHED),
  }),
]);

export type ParsedRequest =
  | { readonly isRequest: false; readonly why: string }
  | { readonly isRequest: true; readonly request: TwinRequest };

export function parseTwinRequest(text: string): ParsedRequest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { isRequest: false, why: "a request is JSON" };
  }
  const { success, data, error } = twinRequest.safeParse(json);
  if (success) return { isRequest: true, request: data };
  const [issue] = error.issues;
  const place = ["request", ...(issue?.path ?? [])].join(".");
  return { isRequest: false, why: `${place}: ${issue?.message ?? ""}`.slice(0, MOST_REASON_LENGTH) };
}
