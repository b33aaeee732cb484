import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { ClusterError } from "../ports/cluster.ts";
import type { Api } from "./api.ts";
import { isExpired, refusal, statusOf } from "./api-status.ts";
import { backOffMs } from "./back-off.ts";
import { listObjects } from "./list-objects.ts";
import { createMirror } from "./mirror.ts";
import type { Change, KubeObject } from "./object-cache.ts";
import type { Refused } from "./read-object.ts";
import type { Resource } from "./resource.ts";
import { bookmarkSchema } from "./schemas.ts";
import { SilentStreamError, type StreamLimits, type WatchEvent, watchEvents } from "./watch-stream.ts";

/** Keeps a copy of all objects of a kind: a list, a watch that goes on from it, another watch from where the last one
 *  broke off, and a new list when the server has forgotten that place, and every ten minutes. */
export interface Reflector<T extends KubeObject> {
  objects(): readonly T[];
  readonly refused: number;
  /** True since the first list. */
  readonly isSynced: boolean;
  /** See ObjectCache. */
  keep(object: T, seenVersion: string): void;
  /** Ends with the signal. What changed is told in order, each change once. */
  run(on: ReflectorEvents<T>, signal: AbortSignal): Promise<void>;
}

export interface ReflectorEvents<T extends KubeObject> {
  onChange(change: Change<T>): void;
  /** After the first list. */
  onSynced(): void;
}

export interface ReflectorOptions<T extends KubeObject> extends StreamLimits {
  readonly resource: Resource<T>;
  readonly path: string;
  readonly relistMs: number;
  /** The server ends a watch after so long; the next one goes on from there. */
  readonly watchSeconds: number;
  readonly backOff: { readonly firstMs: number; readonly mostMs: number };
}

export type ReflectorNews =
  | { readonly kind: "listed"; readonly objects: number }
  | { readonly kind: "watch-ended"; readonly why: "closed" | "expired" | "failed" | "silent" }
  | { readonly kind: "failed"; readonly error: ClusterError; readonly retryMs: number }
  | { readonly kind: "refused"; readonly refused: Refused };

export interface ReflectorDeps {
  readonly api: Api;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onNews: (kind: string, news: ReflectorNews) => void;
}

/** The place in the server's history that a watch goes on from is no longer there. */
class ExpiredError extends ClusterError {
  constructor() {
    super("gone", "the server no longer knows the version to watch from");
  }
}

// A server that ends watches at once is as good as one that refuses them.
const SHORT_WATCH_MS = 1000;
// Added to what the server was asked for: it ends a watch a little late at times.
const WATCH_GRACE_MS = 15_000;
// From one version in a row: the place itself may be what is wrong. A server that is away says nothing about it.
const MOST_BAD_ANSWERS = 5;

export function createReflector<T extends KubeObject>(
  options: ReflectorOptions<T>,
  deps: ReflectorDeps,
): Reflector<T> {
  const { api, clock, random } = deps;
  const { resource, path } = options;
  const tell = (news: ReflectorNews) => deps.onNews(resource.kind, news);
  const mirror = createMirror(resource, (refused) => tell({ kind: "refused", refused }));
  let version: string | undefined;
  let listedMs = 0;
  let isSynced = false;
  let failures = 0;
  let badAnswers = 0;

  async function list(on: ReflectorEvents<T>, signal: AbortSignal): Promise<void> {
    mirror.cache.expectList();
    const listed = await listObjects(api, path, `the list of ${resource.plural}`, signal);
    listedMs = clock.monotonicMs();
    for (const change of mirror.replace(listed.items)) on.onChange(change);
    version = listed.resourceVersion;
    tell({ kind: "listed", objects: mirror.cache.size });
    if (isSynced) return;
    isSynced = true;
    on.onSynced();
  }

  function badAnswer(code: number, body: unknown): ClusterError {
    const status = statusOf(code, body);
    badAnswers += 1;
    return isExpired(status) ? new ExpiredError() : refusal(status, `the watch of ${resource.plural}`);
  }

  function apply({ type, object }: WatchEvent, on: ReflectorEvents<T>): void {
    if (type === "ERROR") {
      throw badAnswer(500, object);
    }
    const changes =
      type === "BOOKMARK" ? [] : type === "DELETED" ? mirror.remove(object) : mirror.put(object);
    for (const change of changes) on.onChange(change);
    version = bookmarkSchema.safeParse(object).data?.metadata.resourceVersion ?? version;
    failures = 0;
    badAnswers = 0;
  }

  async function watch(from: string, on: ReflectorEvents<T>, signal: AbortSignal): Promise<void> {
    // Never the same for all: a hundred controllers that began together would come back together.
    const seconds = Math.ceil((options.watchSeconds * (1 + random())) / 2);
    const { generation } = api;
    const answer = await api.open(
      {
        method: "GET",
        path,
        query: {
          watch: "true",
          allowWatchBookmarks: "true",
          resourceVersion: from,
          timeoutSeconds: String(seconds),
        },
        what: `the watch of ${resource.plural}`,
      },
      signal,
    );
    if (!("stream" in answer)) throw badAnswer(answer.status, answer.body);
    const life = clock.deadline(seconds * 1000 + WATCH_GRACE_MS, signal);
    try {
      for await (const event of watchEvents(answer.stream, options, clock, life.signal)) apply(event, on);
    } catch (thrown) {
      if (thrown instanceof SilentStreamError) api.distrust(generation);
      if (!life.expired) throw thrown;
    } finally {
      life.dispose();
    }
  }

  /** @returns how long to wait before the next */
  async function turn(on: ReflectorEvents<T>, signal: AbortSignal): Promise<number> {
    if (version === undefined || clock.monotonicMs() - listedMs >= options.relistMs) await list(on, signal);
    if (version === undefined) return 0;
    const startMs = clock.monotonicMs();
    await watch(version, on, signal);
    tell({ kind: "watch-ended", why: "closed" });
    if (clock.monotonicMs() - startMs >= SHORT_WATCH_MS) return 0;
    return backOffMs(failures++, options.backOff, random);
  }

  /** @returns how long to wait before the next */
  function recover(thrown: unknown): number {
    if (!(thrown instanceof ClusterError)) throw thrown;
    const retryMs = backOffMs(failures, options.backOff, random);
    failures += 1;
    if (thrown instanceof ExpiredError) {
      version = undefined;
      tell({ kind: "watch-ended", why: "expired" });
    } else if (thrown instanceof SilentStreamError) tell({ kind: "watch-ended", why: "silent" });
    else {
      if (badAnswers >= MOST_BAD_ANSWERS) version = undefined;
      tell({ kind: "watch-ended", why: "failed" });
      tell({ kind: "failed", error: thrown, retryMs });
    }
    return retryMs;
  }

  return {
    objects: mirror.cache.values,
    get refused() {
      return mirror.refused;
    },
    get isSynced() {
      return isSynced;
    },
    keep: mirror.cache.keep,
    async run(on, signal) {
      while (!signal.aborted) {
        let waitMs: number;
        try {
          waitMs = await turn(on, signal);
        } catch (thrown) {
          if (signal.aborted) return;
          waitMs = recover(thrown);
        }
        if (waitMs > 0 && !(await slept(clock, waitMs, signal))) return;
      }
    },
  };
}
