import type { KubeConfig } from "@kubernetes/client-node";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { fleetOptions } from "./compose/fleet-options.ts";
import { keyIdOf } from "./compose/key-id.ts";
import { createKnownDevices } from "./compose/known-devices.ts";
import type { Logger } from "./compose/logger.ts";
import { openApi } from "./compose/open-cluster.ts";
import { createTeller } from "./compose/tell.ts";
import type { ControllerConfig } from "./config.ts";
import { createFleet } from "./fleet/fleet.ts";
import { startHttp } from "./http.ts";
import { createCluster, USUAL_REFLECTOR, type WatchedCluster } from "./kubernetes/cluster.ts";
import {
  createLeadership,
  type LeaseLeadership,
  type LeaseTimes,
  leaseTimes,
} from "./kubernetes/leadership.ts";
import { createLeaseStore } from "./kubernetes/lease-store.ts";
import { lookAt } from "./metrics/look.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { ClusterError } from "./ports/cluster.ts";
import { createLead } from "./reconcile/lead.ts";

export interface ControllerDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly version: string;
  readonly kubeConfig: KubeConfig;
  /** For tests that cannot wait as long as a plant can. */
  readonly lease?: LeaseTimes;
  readonly reflector?: Partial<typeof USUAL_REFLECTOR>;
}

export interface Controller {
  readonly metricsPort: number;
  readonly isLeader: () => boolean;
  /** Resolves when the signal has ended and everything that was under way has; rejects where it cannot go on. */
  readonly done: Promise<void>;
}

/** Wires the controller and starts it.
 *  @throws FleetError, UsageError for what cannot be used; the system's error where the port is taken */
export async function startController(
  config: ControllerConfig,
  deps: ControllerDeps,
  signal: AbortSignal,
): Promise<Controller> {
  const { clock, logger, version } = deps;
  const parts = connect(config, deps);
  const { cluster, leadership, teller, metrics, connection } = parts;
  const fleet = await createFleet(fleetOptions(config), {
    clock,
    logger,
    known: createKnownDevices(cluster.devices),
  });
  const { pollSeconds, adoptInto, concurrency } = config;
  const lead = createLead(
    { pollSeconds, adoptInto, concurrency },
    { cluster, fleet, leadership, clock, keyIdOf, onTold: teller.worked },
  );
  const http = await startHttp(
    { host: config.host, port: config.metricsPort },
    {
      metrics: metrics.text,
      illness: leadership.illness,
      unreadiness: () => (cluster.isSynced() ? undefined : "the API server has not answered in full yet"),
    },
  );
  const { identity, registry, namespace = "(all)" } = config;
  const { server } = connection;
  logger.info(
    { version, server, namespace, registry, identity, metricsPort: http.port },
    "the controller runs",
  );
  async function untilDone(): Promise<void> {
    try {
      await run({ cluster, leadership, lead, clock }, signal);
    } finally {
      connection.close();
      await http.close();
      await metrics.close();
    }
  }
  return { metricsPort: http.port, isLeader: leadership.isLeader, done: untilDone() };
}

/** What stands between the controller and the API server. */
function connect(config: ControllerConfig, deps: ControllerDeps) {
  const { clock, random, logger, version } = deps;
  // The metrics look at the other parts when they are asked, and by then those are there.
  const metrics = createMetrics(() => lookAt({ version, leadership, cluster, reporting: teller.reporting }));
  const teller = createTeller(logger, metrics);
  const { api, connection } = openApi(deps.kubeConfig, config.apiRate, version, clock, (seen) => {
    metrics.add("api_requests_total", 1, { method: seen.method, code: String(seen.status) });
    metrics.add("api_request_seconds", seen.seconds, { method: seen.method });
  });
  const place = { namespace: config.leaseNamespace, name: config.leaseName };
  const leadership = createLeadership(
    { ...(deps.lease ?? leaseTimes(config.leaseSeconds)), identity: config.identity },
    { store: createLeaseStore(place, api), clock, random, onNews: teller.leadership },
  );
  const { confirm } = leadership;
  const cluster = createCluster(
    {
      namespace: config.namespace,
      instance: config.identity,
      reflector: { ...USUAL_REFLECTOR, ...deps.reflector },
    },
    { api, clock, random, confirm, onNews: teller.watched, onEventNews: teller.event },
  );
  return { metrics, teller, connection, leadership, cluster };
}

interface Parts {
  readonly cluster: WatchedCluster;
  readonly leadership: LeaseLeadership;
  readonly lead: ReturnType<typeof createLead>;
  readonly clock: Clock;
}

const SYNC_POLL_MS = 100;

/** Follows the cluster all the time, so that a new leader knows everything at once; works only as leader. */
async function run({ cluster, leadership, lead, clock }: Parts, signal: AbortSignal): Promise<void> {
  // The watches go on while the leader's last steps end.
  const watching = new AbortController();
  const failing = new AbortController();
  const watched = cluster.run(lead.changed, watching.signal).catch((thrown) => {
    failing.abort();
    throw thrown;
  });
  const until = AbortSignal.any([signal, failing.signal]);
  try {
    // Whoever cannot see the cluster does not ask for the lease.
    while (!cluster.isSynced() && (await slept(clock, SYNC_POLL_MS, until)));
    if (!until.aborted) await leadership.run((term) => leadFor(lead, term), until);
  } finally {
    watching.abort();
    await watched;
  }
}

async function leadFor(lead: ReturnType<typeof createLead>, term: AbortSignal): Promise<void> {
  try {
    await lead.lead(term);
  } catch (thrown) {
    // The term is over, or so late that it might be: the next one begins with a look at everything.
    if (term.aborted || (thrown instanceof ClusterError && thrown.code === "not-leader")) return;
    throw thrown;
  }
}
