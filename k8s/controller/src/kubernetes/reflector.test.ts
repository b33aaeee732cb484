import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ModelRollout } from "../ports/resources.ts";
import { createFakeServer, type FakeServer, rolloutOf } from "./fake-server.ts";
import type { Change } from "./object-cache.ts";
import { createReflector, type ReflectorNews } from "./reflector.ts";
import { collectionPath, ROLLOUTS } from "./resource.ts";

const SILENT_MS = 100_000;

function start(server: FakeServer, clock: ManualClock = createManualClock()) {
  const news: ReflectorNews[] = [];
  const changes: Change<ModelRollout>[] = [];
  const reflector = createReflector(
    {
      resource: ROLLOUTS,
      path: collectionPath(ROLLOUTS, "plant"),
      relistMs: 600_000,
      watchSeconds: 300,
      silentMs: SILENT_MS,
      mostLine: 100_000,
      backOff: { firstMs: 500, mostMs: 30_000 },
    },
    { api: server.api, clock, random: () => 0.5, onNews: (_, one) => news.push(one) },
  );
  const stop = new AbortController();
  let synced = 0;
  const running = reflector.run(
    {
      onChange: (change) => changes.push(change),
      onSynced() {
        synced += 1;
      },
    },
    stop.signal,
  );
  const end = () => {
    stop.abort();
    return running;
  };
  onTestFinished(end);
  return { clock, news, changes, reflector, end, synced: () => synced };
}

/** Lets streams and promises run to their next wait. */
async function settle(clock: ManualClock, ms = 0): Promise<void> {
  for (let i = 0; i < 4; i += 1) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(ms);
  for (let i = 0; i < 4; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

const namesIn = (objects: readonly ModelRollout[]) => objects.map(({ metadata }) => metadata.name).sort();

const told = (changes: readonly Change<ModelRollout>[]) =>
  changes.map(({ kind, object }) => `${kind} ${object.metadata.name}`);

/** What is there after these changes; each one must fit what was there before it. */
function replayed(changes: readonly Change<ModelRollout>[]): readonly string[] {
  const there = new Map<string, string>();
  for (const { kind, object } of changes) {
    const { name, uid } = object.metadata;
    expect(there.get(name)).toBe(kind === "added" ? undefined : uid);
    if (kind === "deleted") there.delete(name);
    else there.set(name, uid);
  }
  return [...there.keys()].sort();
}

type Event = (server: FakeServer) => void;

const name = fc.constantFrom("a", "b", "c", "d", "e");
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: name.map(
      (one): Event =>
        (server) =>
          server.put(one),
    ),
  },
  {
    weight: 3,
    arbitrary: name.map(
      (one): Event =>
        (server) =>
          server.remove(one),
    ),
  },
  fc.constantFrom<Event>(
    (server) => server.bookmark(),
    (server) => server.compact(),
  ),
  fc
    .constantFrom(
      "cut" as const,
      "end" as const,
      "in-band-410" as const,
      "in-band-500" as const,
      "silent" as const,
    )
    .map(
      (how): Event =>
        (server) =>
          server.breakWatches(how),
    ),
  fc.integer({ min: 1, max: 3 }).map(
    (count): Event =>
      (server) =>
        server.failNext(count),
  ),
);
const step = fc.tuple(event, fc.option(fc.integer({ min: 1, max: 200_000 }), { nil: undefined }));

describe("a reflector", () => {
  it("lists in pages, then follows what changes", async () => {
    const server = createFakeServer();
    for (const name of ["a", "b", "c"]) server.put(name);
    const { clock, changes, reflector, synced } = start(server);
    await settle(clock);
    expect(synced()).toBe(1);
    expect(namesIn(reflector.objects())).toEqual(["a", "b", "c"]);
    server.put("d");
    server.put("a");
    server.remove("b");
    await settle(clock);
    expect(told(changes)).toEqual(["added a", "added b", "added c", "added d", "changed a", "deleted b"]);
    expect(server.lists).toBe(2);
  });

  it.each(["cut", "end", "in-band-500"] as const)(
    "goes on from where a watch broke off (%s)",
    async (how) => {
      const server = createFakeServer();
      server.put("a");
      const { clock, changes } = start(server);
      await settle(clock);
      server.put("b");
      await settle(clock);
      server.breakWatches(how);
      server.remove("a");
      server.put("c");
      await settle(clock, 2000);
      expect(told(changes)).toEqual(["added a", "added b", "deleted a", "added c"]);
      expect(server).toMatchObject({ lists: 1, watches: 2 });
    },
  );

  it.each(["end", "in-band-410"] as const)(
    "lists again when the server has forgotten where it was (%s)",
    async (how) => {
      const server = createFakeServer();
      for (const name of ["a", "b"]) server.put(name);
      const { clock, changes, news } = start(server);
      await settle(clock);
      server.breakWatches(how);
      server.remove("a");
      server.put("c");
      server.compact();
      await settle(clock, 5000);
      expect(told(changes)).toEqual(["added a", "added b", "deleted a", "added c"]);
      expect(news).toContainEqual({ kind: "watch-ended", why: "expired" });
    },
  );

  it("moves on with bookmarks, so that a quiet watch outlives a compaction", async () => {
    const server = createFakeServer();
    server.put("a");
    const { clock, news } = start(server);
    await settle(clock);
    server.bookmark();
    await settle(clock);
    server.compact();
    server.breakWatches("end");
    await settle(clock, 2000);
    expect(news).not.toContainEqual({ kind: "watch-ended", why: "expired" });
    expect(server.lists).toBe(1);
  });

  it("notices a watch that went silent, and gives up its connection", async () => {
    const server = createFakeServer();
    server.put("a");
    const { clock, reflector, news } = start(server);
    await settle(clock);
    server.breakWatches("silent");
    server.put("b");
    await settle(clock, SILENT_MS - 1);
    expect(namesIn(reflector.objects())).toEqual(["a"]);
    await settle(clock, 2000);
    expect(news).toContainEqual({ kind: "watch-ended", why: "silent" });
    expect(namesIn(reflector.objects())).toEqual(["a", "b"]);
    expect(server.distrusted).toBe(1);
  });

  it("backs off while there is no answer, and tells why", async () => {
    const server = createFakeServer();
    server.put("a");
    server.failNext(3);
    const { clock, reflector, news } = start(server);
    await settle(clock);
    expect(reflector.isSynced).toBe(false);
    for (let i = 0; i < 5; i += 1) await settle(clock, 1000);
    expect(news.flatMap((one) => (one.kind === "failed" ? [one.retryMs] : []))).toEqual([375, 750, 1500]);
    expect(reflector.isSynced).toBe(true);
  });

  it("leaves out what does not parse, tells it once, and takes it when it is mended", async () => {
    const server = createFakeServer();
    server.put("a");
    server.putBroken("b");
    const { clock, reflector, news } = start(server);
    await settle(clock);
    const refusals = () => news.filter(({ kind }) => kind === "refused").length;
    expect([namesIn(reflector.objects()), reflector.refused, refusals()]).toEqual([["a"], 1, 1]);
    server.breakWatches("in-band-410");
    await settle(clock, 2000);
    expect(refusals()).toBe(1);
    server.put("b");
    await settle(clock);
    expect([namesIn(reflector.objects()), reflector.refused]).toEqual([["a", "b"], 0]);
  });

  it("shows a write of its own at once, and tells nothing when the watch brings it", async () => {
    const server = createFakeServer();
    server.put("a");
    const { clock, reflector, changes } = start(server);
    await settle(clock);
    const seen = server.version("a") ?? "";
    reflector.keep(rolloutOf("a", "uid-1", Number(seen) + 1, { own: "write" }), seen);
    expect(reflector.objects()[0]?.metadata.labels).toEqual({ own: "write" });
    server.put("a", { own: "write" });
    await settle(clock);
    expect(told(changes)).toEqual(["added a"]);
    reflector.keep(rolloutOf("a", "uid-1", 5, { late: "answer" }), "4");
    expect(reflector.objects()[0]?.metadata.labels).toEqual({ own: "write" });
  });

  it("ends up with what the server has, and tells every change once, whatever breaks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const server = createFakeServer();
        const { clock, reflector, changes, end } = start(server);
        for (const [one, waitMs] of steps) {
          one(server);
          if (waitMs !== undefined) await settle(clock, waitMs);
        }
        server.failNext(0);
        for (let i = 0; i < 8; i += 1) await settle(clock, SILENT_MS / 2);
        expect(namesIn(reflector.objects())).toEqual(server.names());
        for (const { metadata } of reflector.objects())
          expect(metadata.resourceVersion).toBe(server.version(metadata.name));
        expect(replayed(changes)).toEqual(server.names());
        await end();
      }),
      { numRuns: 60 },
    );
  });
});
