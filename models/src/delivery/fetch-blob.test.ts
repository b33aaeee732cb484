import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, createSystemClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBandwidth } from "./bandwidth.ts";
import { type FetchDeps, fetchBlob, type WantedBlob } from "./fetch-blob.ts";
import { type LocalLayout, localLayout } from "./local-layout.ts";
import { openPartial, PART_BYTES } from "./partial.ts";
import { createMemoryStore, cutAfter, etagOf, type MemoryStore } from "./testing/memory-store.ts";

const never = new AbortController().signal;
const SIZE = 900_000;

let root: string;
let layout: LocalLayout;
let store: MemoryStore;
let deps: FetchDeps;

const bytesOf = (seed: number, length = SIZE): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 1) bytes[i] = (i * 31 + seed * 7 + (i >> 8)) & 255;
  return bytes;
};

function put(bytes: Uint8Array): WantedBlob {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const key = `blobs/sha256/${sha256}`;
  store.objects.set(key, bytes);
  return { path: "model.onnx", sha256, bytes: bytes.length, key };
}

const fetched = (blob: WantedBlob, signal: AbortSignal = never): Promise<number[]> => {
  const seen: number[] = [];
  return fetchBlob(blob, deps, (bytes) => void seen.push(bytes), signal).then(() => seen);
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "blob-"));
  layout = localLayout(root);
  await mkdir(layout.blobs);
  await mkdir(layout.partial);
  store = createMemoryStore();
  const clock = createSystemClock();
  const bandwidth = createBandwidth(Number.POSITIVE_INFINITY, clock);
  deps = { clock, random: () => 0, store, bandwidth, layout, idleMs: 60_000 };
});

afterEach(() => rm(root, { recursive: true }));

describe("fetching one file", () => {
  it("brings it whole, read-only, and leaves nothing else behind", async () => {
    const bytes = bytesOf(1);
    const blob = put(bytes);
    const seen = await fetched(blob);
    expect(await readFile(layout.blob(blob.sha256))).toEqual(bytes);
    expect((await stat(layout.blob(blob.sha256))).mode & 0o777).toBe(0o444);
    expect(await readdir(layout.partial)).toEqual([]);
    expect(seen.at(-1)).toBe(SIZE);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it("goes on where the line broke, and gives every byte once", async () => {
    const bytes = bytesOf(2);
    const blob = put(bytes);
    store.onGet = (_, chunks, attempt) => (attempt < 4 ? cutAfter(chunks, 100_001) : chunks);
    await fetched(blob);
    expect(store.asked.map(({ from }) => from)).toEqual([0, 100_001, 200_002, 300_003]);
    expect(await readFile(layout.blob(blob.sha256))).toEqual(bytes);
  });

  it("goes on where a stopped process left it", async () => {
    const blob = put(bytesOf(3));
    const stop = new AbortController();
    const stopped = fetchBlob(
      blob,
      deps,
      (here) => here > 500_000 && stop.abort(new Error("enough")),
      stop.signal,
    );
    await expect(stopped).rejects.toThrow("enough");
    await fetched(blob);
    expect(store.asked[1]?.from).toBeGreaterThan(500_000);
    expect(store.given.get(blob.key)).toBeLessThanOrEqual(SIZE + PART_BYTES);
  });

  it.each([
    ["lost its newest bytes", async (file: string) => truncate(file, 100_000)],
    ["changed some of them", async (file: string) => writeFile(file, bytesOf(9, 600_000))],
    ["lost the file", async (file: string) => rm(file)],
    ["lost the state", async (file: string) => rm(`${file}.json`)],
    ["kept half a state", async (file: string) => writeFile(`${file}.json`, '{"etag":')],
    ["kept a wrong state", async (file: string) => writeFile(`${file}.json`, '{"etag":7}')],
  ])("starts anew where the disk %s", async (_, harm) => {
    const bytes = bytesOf(4);
    const blob = put(bytes);
    const file = join(layout.partial, blob.sha256);
    const partial = await openPartial(file);
    partial.of(etagOf(bytes));
    await partial.append(bytes.subarray(0, 600_000));
    await partial.save();
    await partial.close();
    await harm(file);
    await fetched(blob);
    expect(store.asked.map(({ from }) => from)).toEqual([0]);
    expect(await readFile(layout.blob(blob.sha256))).toEqual(bytes);
  });

  it("does not build upon bytes that are more than it wants", async () => {
    const blob = put(bytesOf(4));
    const partial = await openPartial(join(layout.partial, blob.sha256));
    partial.of("x");
    await partial.append(bytesOf(4, SIZE + 1));
    await partial.save();
    await partial.close();
    await fetched(blob);
    expect(store.asked.map(({ from }) => from)).toEqual([0]);
  });

  it("fetches afresh, once, where whole bytes from before turn out to be wrong", async () => {
    const blob = put(bytesOf(5));
    const partial = await openPartial(join(layout.partial, blob.sha256));
    partial.of(etagOf(bytesOf(5)));
    await partial.append(bytesOf(6));
    await partial.save();
    await partial.close();
    await fetched(blob);
    expect(await readFile(layout.blob(blob.sha256))).toEqual(bytesOf(5));
  });

  it.each([true, false])("never splices two objects (server minds If-Match: %s)", async (isMinded) => {
    const [first, second] = [bytesOf(7), bytesOf(8)];
    const blob = put(second);
    store.objects.set(blob.key, first);
    if (!isMinded) {
      const { get } = store;
      store.get = (key, { from }, signal) => get(key, from === undefined ? {} : { from }, signal);
    }
    store.onGet = (_, chunks, attempt) => {
      if (attempt > 1) return chunks;
      store.objects.set(blob.key, second);
      return cutAfter(chunks, 300_000);
    };
    await fetched(blob);
    expect(await readFile(layout.blob(blob.sha256))).toEqual(second);
  });

  it.each([
    ["other bytes", () => bytesOf(9)],
    ["too few bytes", () => bytesOf(1, SIZE - 1)],
    ["too many bytes", () => bytesOf(1, SIZE + 1)],
  ])("refuses %s, and lets none of them in", async (_, wrong) => {
    const blob = put(bytesOf(1));
    store.objects.set(blob.key, wrong());
    await expect(fetched(blob)).rejects.toMatchObject({ code: "MODEL_TAMPERED" });
    expect(await readdir(layout.blobs)).toEqual([]);
  });

  it("stops at the first byte too many, whatever was announced", async () => {
    const blob = put(bytesOf(1));
    store.onGet = async function* endless(_, chunks) {
      yield* chunks;
      for (;;) yield bytesOf(1, 1000);
    };
    await expect(fetched(blob)).rejects.toMatchObject({ code: "MODEL_TAMPERED" });
  });

  it("keeps on when a body ends early without a word", async () => {
    const blob = put(bytesOf(1));
    store.onGet = async function* short(_, chunks, attempt) {
      for await (const chunk of chunks) {
        if (attempt === 1) return;
        yield chunk;
      }
    };
    await fetched(blob);
    expect(store.asked).toHaveLength(2);
  });
});

describe("a registry that is not well", () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = createManualClock();
    deps = { ...deps, clock, random: () => 1, bandwidth: createBandwidth(Number.POSITIVE_INFINITY, clock) };
  });

  /** Lets time pass until it is over. Files take real time, so the clock is moved again and again. */
  async function over<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    done.catch(() => undefined);
    while (!isOver) {
      await clock.advance(5000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return done;
  }

  it("is given up when it has not got the file after eight looks", async () => {
    const blob = put(bytesOf(1));
    store.objects.clear();
    await expect(over(fetched(blob))).rejects.toMatchObject({ code: "MODEL_MISSING" });
    expect(store.asked).toHaveLength(8);
  });

  it("is left when it holds the line and says nothing, and asked again", async () => {
    const blob = put(bytesOf(1));
    store.onGet = async function* silent(_, chunks, attempt) {
      if (attempt === 1) await new Promise(() => undefined);
      yield* chunks;
    };
    await over(fetched(blob));
    expect(store.asked).toHaveLength(2);
  });

  it("does not go on for ever with an object that changes for ever", async () => {
    const blob = put(bytesOf(1));
    store.onGet = (key, chunks, attempt) => {
      store.objects.set(key, bytesOf(attempt));
      return cutAfter(chunks, 50_000);
    };
    await expect(over(fetched(blob))).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    expect(store.asked.length).toBeLessThan(40);
  });

  it("fills the line to its limit and no further", async () => {
    deps = { ...deps, bandwidth: createBandwidth(28_000, clock) };
    const blob = put(bytesOf(1, 280_000));
    const begin = clock.monotonicMs();
    let last = begin;
    await over(
      fetchBlob(
        blob,
        deps,
        (here) => {
          last = clock.monotonicMs();
          expect(here).toBeLessThanOrEqual(28_000 * ((last - begin) / 1000 + 1));
        },
        never,
      ),
    );
    expect(last - begin).toBeGreaterThanOrEqual(9000);
  });
});
