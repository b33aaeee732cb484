import { apply, ask, type KubeObject, messageOf } from "./apply.ts";
import type { Kube } from "./start-kube.ts";

export type PodSpec = Readonly<Record<string, unknown>> & {
  readonly containers: readonly Readonly<Record<string, unknown>>[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
};

interface Workload extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: PodSpec;
    };
  };
}

const WORKLOADS = ["DaemonSet", "Deployment"];

export const workloadsOf = (objects: readonly KubeObject[]): readonly Workload[] =>
  objects.filter(({ kind }) => WORKLOADS.includes(kind)) as Workload[];

/** Asks whether such a pod would be let in: by Pod Security, policies, quotas and its schema. None is made.
 *  @returns undefined where it would, else why not */
export async function wouldAdmit(kube: Kube, namespace: string, spec: PodSpec): Promise<string | undefined> {
  const { status, body } = await ask(kube, {
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`,
    body: { apiVersion: "v1", kind: "Pod", metadata: { generateName: "trial-" }, spec },
  });
  return status === 201 ? undefined : messageOf(body);
}

/** Applies all of them, the kinds that others need first, and again where a kind is not served yet.
 *  @returns what was refused, with the server's words */
export async function applyAll(
  kube: Kube,
  objects: readonly KubeObject[],
  isDryRun: boolean,
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const object of objects) {
    const why = await apply(kube, object, isDryRun);
    if (why !== undefined) refused.push(`${object.kind} ${object.metadata.name}: ${why}`);
  }
  return refused;
}
