import { type Cluster, ClusterError } from "../ports/cluster.ts";
import type { EdgeDevice, ModelRollout } from "../ports/resources.ts";
import type { Api } from "./api.ts";
import { isExpired, refusal, statusOf } from "./api-status.ts";
import type { KubeObject } from "./object-cache.ts";
import { readAnswer } from "./read-object.ts";
import { API_VERSION, collectionPath, DEVICES, objectPath, type Resource, ROLLOUTS } from "./resource.ts";

export interface WriterDeps {
  readonly api: Api;
  /** @throws ClusterError "not-leader" */
  readonly confirm: () => void;
  readonly keepRollout: (object: ModelRollout, seenVersion: string) => void;
  readonly keepDevice: (object: EdgeDevice, seenVersion: string) => void;
}

export type Writer = Pick<
  Cluster,
  "adoptDevice" | "rollout" | "setDeviceStatus" | "setFinalizers" | "setRolloutStatus"
>;

/** Single objects: read through, and written only as they were seen. */
export function createWriter({ api, confirm, keepRollout, keepDevice }: WriterDeps): Writer {
  async function setStatus<T extends KubeObject>(
    resource: Resource<T>,
    { metadata }: KubeObject,
    status: unknown,
    signal: AbortSignal,
  ): Promise<T> {
    const { name, namespace, resourceVersion, uid } = metadata;
    const what = `status of ${resource.kind} ${namespace}/${name}`;
    const body = {
      apiVersion: API_VERSION,
      kind: resource.kind,
      // The version is the condition: the server answers 409 where the object is another one by now.
      metadata: { name, namespace, resourceVersion, uid },
      status,
    };
    const path = `${objectPath(resource, namespace, name)}/status`;
    const answer = await api.demand({ method: "PUT", path, body, what, fence: confirm }, signal);
    return readAnswer(resource, answer, what);
  }

  return {
    async rollout(namespace, name, signal) {
      const what = `ModelRollout ${namespace}/${name}`;
      const path = objectPath(ROLLOUTS, namespace, name);
      const { status, body } = await api.ask({ method: "GET", path, what }, signal);
      if (status === 404) return undefined;
      if (status !== 200) throw refusal(statusOf(status, body), what);
      return readAnswer(ROLLOUTS, body, what);
    },
    async setRolloutStatus(seen, status, signal) {
      const now = await setStatus(ROLLOUTS, seen, status, signal);
      keepRollout(now, seen.metadata.resourceVersion);
      // Fields that a definition does not have are dropped without a word: what was written would be found missing for ever.
      if (status.pointers !== undefined && now.status?.pointers === undefined)
        throw new ClusterError("refused", oldDefinition(seen.metadata));
      return now;
    },
    async setDeviceStatus(seen, status, signal) {
      const now = await setStatus(DEVICES, seen, status, signal);
      keepDevice(now, seen.metadata.resourceVersion);
      return now;
    },
    async setFinalizers(seen, finalizers, signal) {
      const { name, namespace, resourceVersion } = seen.metadata;
      const what = `finalizers of ModelRollout ${namespace}/${name}`;
      const answer = await api.demand(
        {
          method: "PATCH",
          path: objectPath(ROLLOUTS, namespace, name),
          contentType: "application/json-patch+json",
          body: finalizersPatch(finalizers, resourceVersion),
          what,
          fence: confirm,
        },
        signal,
      );
      const now = readAnswer(ROLLOUTS, answer, what);
      keepRollout(now, resourceVersion);
      return now;
    },
    async adoptDevice(namespace, name, labels, signal) {
      const what = `EdgeDevice ${namespace}/${name}`;
      const body = {
        apiVersion: API_VERSION,
        kind: DEVICES.kind,
        metadata: { name, namespace, labels },
        spec: { isHeld: false },
      };
      const path = collectionPath(DEVICES, namespace);
      const { status, body: answer } = await api.ask(
        { method: "POST", path, body, what, fence: confirm },
        signal,
      );
      if (status === 201) return;
      const said = statusOf(status, answer);
      if (said.reason !== "AlreadyExists") throw notOurs(said, what);
    },
  };
}

const oldDefinition = ({ namespace, name }: ModelRollout["metadata"]): string =>
  `the API server does not keep status.pointers of ModelRollout ${namespace}/${name}: the installed definition is older than this controller; apply k8s/crd`;

/** Setting the version makes it the condition of the patch: the server answers 409 where it is another one by now. A `test`
 *  would do as well, and be answered with 422, as an object that is not valid. */
const finalizersPatch = (finalizers: readonly string[], resourceVersion: string) => [
  { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
  { op: "add", path: "/metadata/finalizers", value: finalizers },
];

/** "gone" is said of objects; a namespace or a definition that is not there is a refusal. */
const notOurs = (status: Parameters<typeof refusal>[0], what: string): ClusterError =>
  status.code === 404 && !isExpired(status)
    ? new ClusterError("refused", refusal(status, what).message)
    : refusal(status, what);
