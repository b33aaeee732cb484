import type { z } from "zod";
import { GROUP, VERSION } from "../ports/resources.ts";
import type { KubeObject } from "./object-cache.ts";
import { deviceSchema, rolloutSchema } from "./schemas.ts";

/** A kind of object that the controller works with. */
export interface Resource<T extends KubeObject> {
  readonly kind: string;
  readonly plural: string;
  readonly schema: z.ZodType<T>;
}

export const ROLLOUTS = { kind: "ModelRollout", plural: "modelrollouts", schema: rolloutSchema };
export const DEVICES = { kind: "EdgeDevice", plural: "edgedevices", schema: deviceSchema };

export const API_VERSION: string = `${GROUP}/${VERSION}`;

/** Path of all of them, or of those of a namespace. */
export function collectionPath({ plural }: Pick<Resource<KubeObject>, "plural">, namespace?: string): string {
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${API_VERSION}${scope}/${plural}`;
}

export const objectPath = (
  resource: Pick<Resource<KubeObject>, "plural">,
  namespace: string,
  name: string,
): string => `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
