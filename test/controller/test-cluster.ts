import type { KubeConfig } from "@kubernetes/client-node";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { type Api, createApi } from "../../k8s/controller/src/kubernetes/api.ts";
import {
  createCluster,
  USUAL_REFLECTOR,
  type WatchedCluster,
} from "../../k8s/controller/src/kubernetes/cluster.ts";
import { createConnection } from "../../k8s/controller/src/kubernetes/connection.ts";
import type { EventNews } from "../../k8s/controller/src/kubernetes/event-teller.ts";
import type { ReflectorNews } from "../../k8s/controller/src/kubernetes/reflector.ts";
import { createTokenBucket } from "../../k8s/controller/src/kubernetes/token-bucket.ts";

export interface TestCluster {
  readonly cluster: WatchedCluster;
  readonly api: Api;
  readonly news: readonly (ReflectorNews & { readonly of: string })[];
  readonly eventNews: readonly EventNews[];
  /** Keys in the order in which they were woken. */
  readonly woken: readonly string[];
  /** Requests by "GET 200". */
  readonly requests: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** The Cluster port against a real server, following it. */
export function followCluster(
  config: KubeConfig,
  namespace: string | undefined,
  given: Partial<typeof USUAL_REFLECTOR> = {},
  timeoutMs: number = 10_000,
): TestCluster {
  const clock = createSystemClock();
  const connection = createConnection(config, "stethos-controller/test");
  const requests = new Map<string, number>();
  const api = createApi({
    connection,
    clock,
    timeoutMs,
    bucket: createTokenBucket({ perSecond: 1000, burst: 1000 }, clock),
    onRequest({ method, status }) {
      const key = `${method} ${status}`;
      requests.set(key, (requests.get(key) ?? 0) + 1);
    },
  });
  const news: (ReflectorNews & { readonly of: string })[] = [];
  const eventNews: EventNews[] = [];
  const woken: string[] = [];
  const quick = { ...USUAL_REFLECTOR, backOff: { firstMs: 50, mostMs: 500 }, ...given };
  const cluster = createCluster(
    { namespace, instance: "test", reflector: quick },
    {
      api,
      clock,
      random: Math.random,
      confirm: () => undefined,
      onNews: (of, one) => news.push({ ...one, of }),
      onEventNews: (one) => eventNews.push(one),
    },
  );
  const stop = new AbortController();
  const running = cluster.run((key) => woken.push(key), stop.signal);
  return {
    cluster,
    api,
    news,
    eventNews,
    woken,
    requests,
    async close() {
      stop.abort();
      await running;
      connection.close();
    },
  };
}

/** The same server behind another port. */
export function behind(config: KubeConfig, port: number): KubeConfig {
  const other = Object.assign(Object.create(Object.getPrototypeOf(config)), config) as KubeConfig;
  other.clusters = config.clusters.map((one) => ({ ...one, server: `https://127.0.0.1:${port}` }));
  return other;
}
