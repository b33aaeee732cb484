import { z } from "zod";
import { ClusterError } from "../ports/cluster.ts";
import type { KubeObject } from "./object-cache.ts";
import type { Resource } from "./resource.ts";
import { nameSchema } from "./schemas.ts";

/** An object that is not what it must be: a definition of another version, or a hand that went round the API. */
export interface Refused {
  /** "namespace/name"; undefined where not even that can be read. */
  readonly key: string | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string;
  readonly why: string;
}

export type ReadObject<T> =
  | { readonly isGood: true; readonly object: T }
  | { readonly isGood: false; readonly refused: Refused };

export function readObject<T extends KubeObject>({ schema }: Resource<T>, given: unknown): ReadObject<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return { isGood: true, object: parsed.data };
  const named = nameSchema.safeParse(given).data?.metadata;
  const refused = {
    key: named && `${named.namespace}/${named.name}`,
    uid: named?.uid,
    resourceVersion: named?.resourceVersion ?? "",
    why: z.prettifyError(parsed.error).replaceAll("\n", " ").slice(0, 300),
  };
  return { isGood: false, refused };
}

/** The answer to a request for one object. @throws ClusterError "refused" */
export function readAnswer<T extends KubeObject>(resource: Resource<T>, given: unknown, what: string): T {
  const read = readObject(resource, given);
  if (read.isGood) return read.object;
  throw new ClusterError("refused", `${what} does not fit its definition: ${read.refused.why}`);
}
