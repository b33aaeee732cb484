import { createHash } from "node:crypto";
import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFieldStore, type FieldStoreOnDisk } from "../adapters/field-store/store.ts";
import { aFolder, aFrame, aLabel, aLogger } from "../adapters/field-store/test-kit.ts";
import { EdgeError } from "../core/errors.ts";
import type { StateFile } from "../ports/state-file.ts";
import { createUploadField, defaultUploadPolicy, type UploadPolicy } from "./upload-field.ts";
import type { FieldDataSet } from "./upload-field-batch.ts";

const signal = new AbortController().signal;
const DAY_MS = 86_400_000;
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** A store of objects that can be away, and remembers in which order they came. */
function aSink() {
  const objects = new Map<string, Uint8Array>();
  const writes: string[] = [];
  const sink = {
    name: "folder /srv/registry",
    objects,
    writes,
    /** Puts that still succeed. */
    left: Number.POSITIVE_INFINITY,
    put: async (key: string, body: Uint8Array) => {
      if (sink.left <= 0) throw new EdgeError("REGISTRY_UNREACHABLE", "nobody answers");
      sink.left -= 1;
      if (objects.has(key)) return;
      objects.set(key, Uint8Array.from(body));
      writes.push(key);
    },
  };
  return sink;
}

function aStateFile(): StateFile & { text: string | undefined } {
  const file = {
    text: undefined as string | undefined,
    read: async () => file.text,
    write: async (text: string) => {
      file.text = text;
    },
  };
  return file;
}

let folder: Awaited<ReturnType<typeof aFolder>>;
let store: FieldStoreOnDisk;
let clock: ManualClock;
let sink: ReturnType<typeof aSink>;
let journal: ReturnType<typeof aStateFile>;
let logger: ReturnType<typeof aLogger>;
let running: AbortController;

const policy: UploadPolicy = {
  ...defaultUploadPolicy,
  site: "hall-7",
  node: "node-1",
  bytesPerSecond: 1e9,
  everyMs: 60_000,
};

async function start(over: Partial<UploadPolicy> = {}) {
  await store.settled();
  const upload = await createUploadField(
    { ...policy, ...over },
    { store, sink, journal, sha256, clock, random: () => 0.5, logger },
  );
  running = new AbortController();
  const ended = upload.run(running.signal);
  return {
    upload,
    stop: async () => {
      running.abort();
      await ended;
    },
  };
}

/** Until it waits for the clock: files are read in real time. */
async function idle() {
  while (clock.waiting === 0) await new Promise(setImmediate);
}

async function pass(ms: number) {
  const steps = 20;
  for (let i = 0; i < steps; i += 1) {
    await store.settled();
    await idle();
    await clock.advance(ms / steps);
  }
  await idle();
}

const manifests = (): FieldDataSet[] =>
  sink.writes
    .filter((key) => key.endsWith("manifest.json"))
    .map((key) => JSON.parse(Buffer.from(sink.objects.get(key) ?? []).toString()));

const frame = (id: string, over: Parameters<typeof aFrame>[0] | object = {}) =>
  aFrame({ timeUs: clock.nowUs(), ...over, id });

beforeEach(async () => {
  folder = await aFolder();
  logger = aLogger();
  clock = createManualClock(1_763_856_000_000_000);
  sink = aSink();
  journal = aStateFile();
  store = await createFieldStore({ folder: folder.path, mostBytes: 1e6, queueFrames: 64 }, { logger });
});

afterEach(async () => {
  running.abort();
  await store.close();
  await folder.remove();
});

describe("uploading field frames", () => {
  it("sends what is labelled or drifted at once, manifest last, in the words of the pipeline", async () => {
    store.keep(frame("pump-1|1|0", { probability: 0.9, challengerProbability: 0.1 }));
    store.keep(frame("pump-1|2|0"));
    store.keep(frame("pump-1|3|0", { kind: "drift", shaftHz: 0 }));
    await store.label(aLabel("pump-1|1|0"), signal);
    await store.label(aLabel("pump-1|2|0", { verdict: "false" }), signal);
    const { stop } = await start();
    await pass(1000);
    await stop();
    const [set] = manifests();
    expect(sink.writes.at(-1)).toBe(`field/hall-7/node-1/${set?.batch}/manifest.json`);
    expect(set).toMatchObject({ formatVersion: 1, dataset: "field", site: "hall-7", node: "node-1" });
    expect(set?.recordings.map(({ label, kind, rpm }) => ({ label, kind, rpm }))).toEqual([
      { label: "fault", kind: "alarm", rpm: 1500 },
      { label: "normal", kind: "alarm", rpm: 1500 },
      { label: "unknown", kind: "drift", rpm: 0 },
    ]);
    expect(set?.recordings[0]).toMatchObject({
      probability: 0.9,
      challengerProbability: 0.1,
      faultType: null,
    });
  });

  it("sends each file with the bytes and the digest that its entry says; a shared healthy frame once", async () => {
    for (const id of ["a", "b"])
      store.keep(frame(id, { kind: "drift", samples: Float32Array.of(1, 2, id.length) }));
    const { stop } = await start();
    await pass(1000);
    await stop();
    const [set] = manifests();
    const base = `field/hall-7/node-1/${set?.batch}`;
    for (const { file, bytes, sha256: digest, healthyFrame } of set?.recordings ?? []) {
      const body = sink.objects.get(`${base}/${file}`) ?? new Uint8Array();
      expect([body.length, sha256(body)]).toEqual([bytes, digest]);
      expect(sink.objects.has(`${base}/${healthyFrame?.file}`)).toBe(true);
    }
    expect(set?.recordings).toHaveLength(2);
    expect(sink.writes).toHaveLength(4);
  });

  it("lets nothing out that names a machine, a person or a plant beyond site and node", async () => {
    const secret = {
      machine: "Secret Brewery/Pump",
      sensor: "Secret Brewery/Pump/de",
      alarm: "Secret alarm",
    };
    store.keep(frame("Secret Brewery/Pump/de|1|0", secret));
    await store.label(
      aLabel("Secret Brewery/Pump/de|1|0", { by: "Secret Ana", note: "Secret note" }),
      signal,
    );
    const { stop } = await start();
    await pass(1000);
    await stop();
    const sent = [...sink.objects].map(([key, body]) => key + Buffer.from(body).toString("latin1")).join();
    expect(sink.objects.size).toBe(3);
    expect(sent).not.toMatch(/secret|brewery|pump/i);
  });

  it("leaves those time that may still be labelled", async () => {
    store.keep(frame("a"));
    const { stop } = await start({ unlabelledAfterMs: 3_600_000 });
    await pass(3_000_000);
    expect(sink.writes).toEqual([]);
    await pass(1_200_000);
    await stop();
    expect(manifests()[0]?.recordings).toMatchObject([{ label: "unknown", labelTime: null }]);
  });

  it("sends a frame again when it has another label, and not otherwise", async () => {
    store.keep(frame("a", { kind: "drift" }));
    const { stop } = await start();
    await pass(600_000);
    expect(manifests()).toHaveLength(1);
    await store.label(aLabel("a", { timeUs: clock.nowUs() }), signal);
    await pass(600_000);
    await stop();
    expect(manifests().map(({ recordings }) => recordings[0]?.label)).toEqual(["unknown", "fault"]);
    expect(manifests()[0]?.recordings[0]?.id).toBe(manifests()[1]?.recordings[0]?.id);
  });

  it("sends nothing twice after a restart", async () => {
    store.keep(frame("a", { kind: "drift" }));
    const first = await start();
    await pass(1000);
    await first.stop();
    const before = sink.writes.length;
    const second = await start();
    await pass(600_000);
    await second.stop();
    expect(before).toBe(3);
    expect(sink.writes).toHaveLength(before);
    expect(second.upload.counts().batches).toBe(0);
  });

  it("goes on with a batch that an outage and a restart have cut off, under the same name", async () => {
    for (const id of ["a", "b", "c"])
      store.keep(frame(id, { kind: "drift", samples: Float32Array.of(id.charCodeAt(0)) }));
    sink.left = 2;
    const first = await start();
    await pass(10_000);
    expect(first.upload.counts().failed).toBeGreaterThan(0);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    await first.stop();
    expect(manifests()).toEqual([]);
    // What comes in between belongs to the next batch.
    store.keep(frame("d", { kind: "drift", samples: Float32Array.of(4) }));
    sink.left = Number.POSITIVE_INFINITY;
    const second = await start();
    await pass(1000);
    await second.stop();
    expect(manifests().map(({ recordings }) => recordings.length)).toEqual([3, 1]);
    expect(new Set(sink.writes).size).toBe(sink.writes.length);
    expect(new Set(sink.writes.map((key) => key.split("/")[3])).size).toBe(2);
  });

  it("stays below what a day may cost, and goes on the next day", async () => {
    const big = new Float32Array(1000);
    for (const id of ["a", "b", "c"])
      store.keep(frame(id, { kind: "drift", samples: big.map(() => id.charCodeAt(0)) }));
    const { stop, upload } = await start({ dayBytes: 11_000 });
    await pass(DAY_MS / 4);
    expect(upload.counts().frames).toBe(2);
    expect(upload.counts().bytes).toBeLessThanOrEqual(11_000);
    await pass(DAY_MS);
    await stop();
    expect(upload.counts().frames).toBe(3);
  });

  it("is no faster than it may be", async () => {
    store.keep(frame("a", { kind: "drift", samples: new Float32Array(1000) }));
    const { stop } = await start({ bytesPerSecond: 100 });
    await pass(39_000);
    expect(sink.writes).toHaveLength(1);
    await pass(3000);
    await stop();
    expect(sink.writes.length).toBeGreaterThan(1);
  });

  it("begins anew with a journal that cannot be read", async () => {
    for (const text of [
      "",
      "[]",
      '{"version":1,"day":1}',
      '{"version":1,"day":"d","dayBytes":0,"sent":{"a":1}}',
    ]) {
      journal.text = text;
      const { stop } = await start();
      await stop();
    }
    expect(logger.lines.filter((line) => line.includes("journal"))).toHaveLength(4);
  });

  it("forgets a batch whose frames have all given way", async () => {
    journal.text = JSON.stringify({
      version: 1,
      day: "2025-11-23",
      dayBytes: 0,
      sent: {},
      batch: { name: "20251123-0", frames: ["gone"] },
    });
    const { stop } = await start();
    await pass(1000);
    await stop();
    expect(sink.writes).toEqual([]);
    expect(journal.text).not.toContain("gone");
  });

  it("says what data sets call the windows that drifted, and where they lie", async () => {
    store.keep(frame("a", { kind: "drift" }));
    store.keep(frame("z", { kind: "drift", machine: "fan-2" }));
    const { upload, stop } = await start();
    expect(await upload.drifted("pump-1", 5, signal)).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
    await pass(1000);
    await stop();
    const [drifted] = await upload.drifted("pump-1", 5, signal);
    expect(sink.objects.has(drifted?.key ?? "")).toBe(true);
    expect(drifted?.key).toContain(drifted?.id);
  });
});
