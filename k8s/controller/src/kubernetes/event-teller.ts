import { randomUUID } from "node:crypto";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { type Cluster, ClusterError } from "../ports/cluster.ts";
import type { ModelRollout } from "../ports/resources.ts";
import type { Api, ApiRequest } from "./api.ts";
import { createSeriesBook, type Series } from "./event-series.ts";
import { microTime } from "./micro-time.ts";
import { API_VERSION, ROLLOUTS } from "./resource.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

/** Tells Events of events.k8s.io/v1. What repeats is a series whose count is written each time that it has doubled, and
 *  in the background; what never repeats but never ends is limited for each rollout (client-go's spam filter: 25 at once,
 *  then one in five minutes). */
export interface EventTeller {
  readonly tell: Cluster["tell"];
  /** Writes counts that are not written yet. */
  run(signal: AbortSignal): Promise<void>;
}

export type EventNews =
  | { readonly kind: "told" }
  | { readonly kind: "lost"; readonly why: "flood" | "refused"; readonly error?: ClusterError };

export interface EventTellerDeps {
  readonly api: Api;
  readonly clock: Clock;
  readonly confirm: () => void;
  readonly onNews: (news: EventNews) => void;
}

const MOST_SERIES = 1000;
const MOST_ROLLOUTS = 1000;
const RATE = { perSecond: 1 / 300, burst: 25 };
const WRITE_EVERY_MS = 60_000;
const COMPONENT = "stethos.io/controller";
/** Limits of the API in characters (validation of events.k8s.io/v1). */
const MOST_NOTE = 1024;
const MOST_INSTANCE = 128;

export function createEventTeller(
  { instance }: { readonly instance: string },
  { api, clock, confirm, onNews }: EventTellerDeps,
): EventTeller {
  const book = createSeriesBook(MOST_SERIES);
  const buckets = new Map<string, TokenBucket>();

  function bucketOf(uid: string): TokenBucket {
    const found = buckets.get(uid);
    if (found !== undefined) return found;
    // The oldest gives way: bounded, and at worst one rollout may tell a little more.
    const [oldest] = buckets.keys();
    if (buckets.size >= MOST_ROLLOUTS && oldest !== undefined) buckets.delete(oldest);
    const made = createTokenBucket(RATE, clock);
    buckets.set(uid, made);
    return made;
  }

  async function send(request: ApiRequest, signal: AbortSignal): Promise<boolean> {
    try {
      await api.demand(request, signal);
      onNews({ kind: "told" });
      return true;
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      onNews({ kind: "lost", why: "refused", error });
      return false;
    }
  }

  async function begin(about: ModelRollout, series: Series, signal: AbortSignal): Promise<void> {
    const { namespace, name } = about.metadata;
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    const eventName = `${name.slice(0, 200)}.${randomUUID()}`;
    const body = eventBody(about, eventName, series, instance.slice(0, MOST_INSTANCE));
    const what = `event about ModelRollout ${namespace}/${name}`;
    if (!(await send({ method: "POST", path, body, what, fence: confirm }, signal))) return;
    series.name = `${path}/${eventName}`;
    series.written = 1;
  }

  async function writeCount(series: Series, signal: AbortSignal): Promise<void> {
    const { name: path = "", count, lastUs } = series;
    const body = { series: { count, lastObservedTime: microTime(lastUs) } };
    const contentType = "application/merge-patch+json";
    // A count that cannot be written (the server forgets events after an hour) is lost, and a later one may succeed.
    series.written = count;
    await send(
      { method: "PATCH", path, contentType, body, what: "count of an event", fence: confirm },
      signal,
    );
  }

  return {
    async tell(about, event, signal) {
      const { uid } = about.metadata;
      const series = book.note(uid, event, clock.nowUs(), clock.monotonicMs());
      if (series?.name !== undefined) {
        if (series.count >= series.written * 2) await writeCount(series, signal);
        return;
      }
      if (series === undefined || !bucketOf(uid).tryTake()) {
        onNews({ kind: "lost", why: "flood" });
        return;
      }
      await begin(about, series, signal);
    },
    async run(signal) {
      while (await slept(clock, WRITE_EVERY_MS, signal)) {
        try {
          for (const series of book.unwritten()) await writeCount(series, signal);
        } catch (thrown) {
          if (!signal.aborted) throw thrown;
        }
        book.forget(clock.monotonicMs());
      }
    },
  };
}

function eventBody(about: ModelRollout, name: string, { event, lastUs }: Series, instance: string): unknown {
  const { namespace, uid, resourceVersion } = about.metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name, namespace },
    eventTime: microTime(lastUs),
    type: event.type,
    reason: event.reason,
    note: event.message.slice(0, MOST_NOTE),
    action: "RollOut",
    reportingController: COMPONENT,
    reportingInstance: instance,
    regarding: {
      apiVersion: API_VERSION,
      kind: ROLLOUTS.kind,
      name: about.metadata.name,
      namespace,
      uid,
      resourceVersion,
    },
  };
}
