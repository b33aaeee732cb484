import { ClusterError } from "../ports/cluster.ts";
import type { ModelRollout } from "../ports/resources.ts";
import type { Api, ApiAnswer, ApiRequest, ApiStream } from "./api.ts";

// A server in memory for tests: objects, a history that can be forgotten, and watches that can be cut at any byte.

export interface FakeServer {
  readonly api: Api;
  /** Makes it, or changes it. */
  put(name: string, labels?: Readonly<Record<string, string>>): void;
  /** Something under that name that is no rollout. */
  putBroken(name: string): void;
  remove(name: string): void;
  bookmark(): void;
  /** Forgets the history: who is behind must list again. */
  compact(): void;
  /** Ends all watches: "end" as a server does, "cut" in the middle of a line, "silent" without a word. */
  breakWatches(how: "cut" | "end" | "in-band-410" | "in-band-500" | "silent"): void;
  /** The next requests of that kind get no answer. */
  failNext(count: number): void;
  names(): readonly string[];
  /** By name, as it is now. */
  version(name: string): string | undefined;
  readonly lists: number;
  readonly watches: number;
  readonly distrusted: number;
}

interface LogEntry {
  readonly version: number;
  readonly type: "ADDED" | "DELETED" | "MODIFIED";
  readonly object: unknown;
}

type Sink = ReadableStreamDefaultController<Uint8Array>;

export function createFakeServer(): FakeServer {
  const objects = new Map<
    string,
    { readonly uid: string; readonly version: number; readonly object: unknown }
  >();
  const log: LogEntry[] = [];
  const open = new Set<Sink>();
  let version = 10;
  let uids = 0;
  let compacted = 0;
  let failures = 0;
  const counts = { lists: 0, watches: 0, distrusted: 0 };

  const encode = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

  function record(type: LogEntry["type"], object: unknown): void {
    log.push({ version, type, object });
    for (const sink of open) sink.enqueue(encode({ type, object }));
  }

  function put(name: string, make: (uid: string, version: number) => unknown): void {
    const before = objects.get(name);
    version += 1;
    const uid = before?.uid ?? `uid-${++uids}`;
    const object = make(uid, version);
    objects.set(name, { uid, version, object });
    record(before === undefined ? "ADDED" : "MODIFIED", object);
  }

  function watch({ query = {} }: ApiRequest): ApiAnswer | ApiStream {
    counts.watches += 1;
    const from = Number(query["resourceVersion"]);
    if (from < compacted)
      return { status: 410, body: { kind: "Status", code: 410, reason: "Expired", message: "too old" } };
    let own: Sink | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(sink) {
        own = sink;
        open.add(sink);
        for (const { version: at, type, object } of log)
          if (at > from) sink.enqueue(encode({ type, object }));
      },
      cancel() {
        if (own !== undefined) open.delete(own);
      },
    });
    return { status: 200, stream };
  }

  function failing(): void {
    if (failures === 0) return;
    failures -= 1;
    throw new ClusterError("unreachable", "no answer");
  }

  function list({ query = {} }: ApiRequest): unknown {
    counts.lists += 1;
    // Pages of two, whatever was asked for.
    const start = Number(query["continue"] ?? 0);
    const all = [...objects.values()].map(({ object }) => object);
    const next = start + 2 < all.length ? { continue: String(start + 2) } : {};
    return { metadata: { resourceVersion: String(version), ...next }, items: all.slice(start, start + 2) };
  }

  const api: Api = {
    async ask(request) {
      failing();
      return { status: 200, body: list(request) };
    },
    async demand(request) {
      failing();
      return list(request);
    },
    async open(request) {
      failing();
      return watch(request);
    },
    distrust() {
      counts.distrusted += 1;
    },
    generation: 0,
  };

  return {
    api,
    put: (name, labels = {}) => put(name, (uid, at) => rolloutOf(name, uid, at, labels)),
    putBroken: (name) =>
      put(name, (uid, at) => ({ ...rolloutOf(name, uid, at, {}), spec: { waves: "none" } })),
    remove(name) {
      const before = objects.get(name);
      if (before === undefined) return;
      version += 1;
      objects.delete(name);
      record("DELETED", rolloutOf(name, before.uid, version, {}));
    },
    bookmark() {
      version += 1;
      for (const sink of open)
        sink.enqueue(
          encode({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(version) } } }),
        );
    },
    compact() {
      compacted = version;
      log.length = 0;
    },
    breakWatches(how) {
      for (const sink of open) {
        if (how === "cut") {
          sink.enqueue(encode({ type: "ADDED", object: rolloutOf("cut", "cut", 1, {}) }).subarray(0, 40));
          sink.error(new Error("socket hang up"));
        } else if (how === "end") sink.close();
        else if (how !== "silent") {
          const code = how === "in-band-410" ? 410 : 500;
          sink.enqueue(encode({ type: "ERROR", object: { kind: "Status", code, message: how } }));
        }
      }
      open.clear();
    },
    failNext(count) {
      failures = count;
    },
    names: () => [...objects.keys()].sort(),
    version: (name) => objects.get(name)?.version.toString(),
    get lists() {
      return counts.lists;
    },
    get watches() {
      return counts.watches;
    },
    get distrusted() {
      return counts.distrusted;
    },
  };
}

export function rolloutOf(
  name: string,
  uid: string,
  version: number,
  labels: Readonly<Record<string, string>>,
): ModelRollout {
  return {
    metadata: {
      name,
      namespace: "plant",
      uid,
      resourceVersion: String(version),
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels,
    },
    spec: {
      model: "listener",
      version: "0.2.0",
      manifestSha256: "ab".repeat(32),
      waves: [{ percent: 100, successPercent: 90, errorPercent: 10, leastErrors: 1, soakMinutes: 0 }],
      paused: false,
      onFailure: "RollBackAll",
      deviceTimeoutMinutes: 60,
      pointerDays: 30,
    },
  };
}
