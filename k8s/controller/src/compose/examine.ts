import type { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "@stethos/protocol-finger/clock";
import { z } from "zod";
import type { ControllerConfig } from "../config.ts";
import { createFleet } from "../fleet/fleet.ts";
import type { Api } from "../kubernetes/api.ts";
import { NEEDED, permissionMissing } from "../kubernetes/permissions.ts";
import { readAnswered } from "../kubernetes/read-answered.ts";
import { API_VERSION, DEVICES, ROLLOUTS } from "../kubernetes/resource.ts";
import { describeError } from "./describe-error.ts";
import { fleetOptions } from "./fleet-options.ts";
import { openApi } from "./open-cluster.ts";

export interface Finding {
  readonly what: string;
  readonly isGood: boolean;
  readonly says: string;
  /** What to do about it. */
  readonly advice?: string | undefined;
}

export interface ExamineDeps {
  readonly clock: Clock;
  readonly version: string;
  readonly kubeConfig: KubeConfig;
}

/** Looks at everything that a controller needs; changes nothing. */
export async function examine(
  config: ControllerConfig,
  { clock, version, kubeConfig }: ExamineDeps,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { api, connection } = openApi(kubeConfig, config.apiRate, version, clock);
  try {
    const server = await look("API server", signal, () => lookAtServer(api, connection.server, signal));
    const cluster = server.isGood
      ? [
          await look("definitions", signal, () => lookAtDefinitions(api, signal)),
          await look("permissions", signal, () => lookAtPermissions(api, config, signal)),
        ]
      : [];
    return [server, ...cluster, ...(await lookAtRegistry(config, clock, signal))];
  } finally {
    connection.close();
  }
}

type Saw = Omit<Finding, "what">;

async function look(what: string, signal: AbortSignal, at: () => Promise<Saw>): Promise<Finding> {
  try {
    return { what, ...(await at()) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { what, isGood: false, says: describeError(thrown), advice: ADVICE[what] };
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  "API server": "check address and certificate in the kubeconfig, and that a NetworkPolicy lets this pod out",
  definitions: "check that the API server is a Kubernetes of 1.29 or later",
  permissions: "check that the service account exists and is bound to its role (k8s/base)",
  keys: "make a key with: stethos-model keygen; trust is given to public keys, never to private ones",
  registry: "check the address, the credentials of the store, and that a NetworkPolicy lets this pod out",
};

const versionSchema = z.object({ gitVersion: z.string() });

async function lookAtServer(api: Api, server: string, signal: AbortSignal): Promise<Saw> {
  const what = "the version of the API server";
  const body = await api.demand({ method: "GET", path: "/version", what }, signal);
  return { isGood: true, says: `${server} runs ${readAnswered(versionSchema, body, what).gitVersion}` };
}

const resourcesSchema = z.object({ resources: z.array(z.object({ name: z.string() })) });

async function lookAtDefinitions(api: Api, signal: AbortSignal): Promise<Saw> {
  const what = "the list of resources";
  const { status, body } = await api.ask({ method: "GET", path: `/apis/${API_VERSION}`, what }, signal);
  const names =
    status === 200 ? readAnswered(resourcesSchema, body, what).resources.map(({ name }) => name) : [];
  const needed = [ROLLOUTS, DEVICES].flatMap(({ plural }) => [plural, `${plural}/status`]);
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length === 0) return { isGood: true, says: `${API_VERSION} has ${needed.join(", ")}` };
  const says = `${API_VERSION} has no ${missing.join(", ")}`;
  return { isGood: false, says, advice: "install them: kubectl apply -k k8s/crd" };
}

async function lookAtPermissions(api: Api, config: ControllerConfig, signal: AbortSignal): Promise<Saw> {
  const missing: string[] = [];
  for (const one of NEEDED) {
    if (one.isForAdoption && config.adoptInto === undefined) continue;
    const place = one.isLease ? leasePlace(one.verb, config) : { namespace: config.namespace };
    if (await permissionMissing(api, one, place, signal))
      missing.push(`${one.verb} ${one.resource} in ${place.namespace ?? "all namespaces"}`);
  }
  if (missing.length === 0) return { isGood: true, says: "everything that is needed is allowed" };
  const advice =
    "bind the role of k8s/base to this account (kubectl apply -k k8s/base), for the right namespace";
  return { isGood: false, says: `not allowed: ${missing.join("; ")}`, advice };
}

/** A role may name the one lease; what is created has no name yet. */
const leasePlace = (verb: string, { leaseNamespace, leaseName }: ControllerConfig) => ({
  namespace: leaseNamespace,
  ...(verb !== "create" && { name: leaseName }),
});

async function lookAtRegistry(
  config: ControllerConfig,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const refused: string[] = [];
  const logger = { warn: (fields: object) => void refused.push(JSON.stringify(fields)) };
  const fleet = createFleet(fleetOptions(config), { clock, logger });
  const keys = await look("keys", signal, async () => {
    await fleet;
    return { isGood: true, says: `${config.keyFile} signs; ${config.trust.length} trusted for models` };
  });
  if (!keys.isGood) return [keys];
  const registry = await look("registry", signal, async () => {
    const seen = await (await fleet).reports(signal);
    const says = `${config.registry} answers: ${seen.reports.length} devices report, ${seen.refused.length} reports are refused`;
    return { isGood: true, says };
  });
  return [keys, registry];
}
