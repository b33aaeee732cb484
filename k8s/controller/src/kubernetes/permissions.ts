import { z } from "zod";
import { GROUP } from "../ports/resources.ts";
import type { Api } from "./api.ts";
import { readAnswered } from "./read-answered.ts";
import { DEVICES, ROLLOUTS } from "./resource.ts";

export interface Permission {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** In the lease's namespace, not in that of the rollouts. */
  readonly isLease: boolean;
  readonly isForAdoption: boolean;
}

const on = (group: string, resource: string, verbs: readonly string[]): readonly Permission[] =>
  verbs.map((verb) => ({
    group,
    resource,
    verb,
    isLease: resource === "leases",
    isForAdoption: verb === "create" && resource === DEVICES.plural,
  }));

/** All that the controller ever asks for: the role of k8s/base allows this, and nothing else. */
export const NEEDED: readonly Permission[] = [
  ...on(GROUP, ROLLOUTS.plural, ["get", "list", "watch", "patch"]),
  ...on(GROUP, `${ROLLOUTS.plural}/status`, ["update"]),
  ...on(GROUP, DEVICES.plural, ["list", "watch", "create"]),
  ...on(GROUP, `${DEVICES.plural}/status`, ["update"]),
  ...on("events.k8s.io", "events", ["create", "patch"]),
  ...on("coordination.k8s.io", "leases", ["get", "create", "update"]),
];

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Asks the API server whether it would be refused.
 *  @param place all namespaces, and all names, where absent
 *  @throws ClusterError */
export async function permissionMissing(
  api: Api,
  { group, resource, verb }: Permission,
  place: { readonly namespace?: string | undefined; readonly name?: string | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  const [plural, subresource] = resource.split("/");
  const resourceAttributes = { group, resource: plural, subresource, verb, ...place };
  const what = `whether ${verb} of ${resource} is allowed`;
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const answer = await api.demand({ method: "POST", path, body, what }, signal);
  return !readAnswered(reviewSchema, answer, what).status.allowed;
}
