import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  createManualClock,
  createSystemClock,
  type ManualClock,
} from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobKey, channelKey } from "../registry/layout.ts";
import { createInstaller } from "./installer.ts";
import type { InstallableVersion, Installer, InstallerOptions } from "./installer-types.ts";
import { type Bench, openBench } from "./testing/bench.ts";
import { createMemoryStore, cutAfter, type MemoryStore } from "./testing/memory-store.ts";

const never = new AbortController().signal;
const quiet = () => undefined;

let clock: ManualClock;
let store: MemoryStore;
let bench: Bench;
let folder: string;
let free = 1e12;

const device = (
  options: Partial<InstallerOptions> = {},
  registry = true,
  time: Clock = clock,
): Promise<Installer> =>
  createInstaller(
    {
      folder,
      trust: bench.key.trust,
      bytesPerSecond: Number.POSITIVE_INFINITY,
      quotaBytes: 1e9,
      ...options,
    },
    {
      ...(registry && { registry: bench.registry }),
      clock: time,
      random: () => 0,
      freeBytes: async () => free,
    },
  );

const refused = (work: Promise<unknown>, code: string) => expect(work).rejects.toMatchObject({ code });

/** Bytes of files that left the registry since the start. */
const blobBytes = (): number =>
  [...store.given].reduce((sum, [key, bytes]) => sum + (key.startsWith("blobs/") ? bytes : 0), 0);

beforeEach(async () => {
  clock = createManualClock();
  store = createMemoryStore();
  bench = await openBench(store, clock);
  folder = join(bench.root, "device");
  free = 1e12;
});

afterEach(() => bench.remove());

describe("what a device installs", () => {
  it("is complete, checked, and there for the next start without a registry", async () => {
    const version = await bench.publish({});
    const seen: number[] = [];
    const opened = await (await device()).install(version, ({ bytes }) => void seen.push(bytes), never);
    expect(opened.digest).toBe(version.digest);
    expect(await readdir(opened.folder)).toEqual(
      expect.arrayContaining(["manifest.json", "model.sig", "head.bin"]),
    );
    expect(seen.at(-1)).toBe(opened.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));

    store.objects.clear();
    const later = await device({}, false);
    expect((await later.installed(version, never)).folder).toBe(opened.folder);
    expect((await later.install(version, quiet, never)).folder).toBe(opened.folder);
    expect(await later.offered("listener", "stable", never)).toBeUndefined();
  });

  it("costs a few kilobytes when only the head is new", async () => {
    const installer = await device();
    await installer.install(await bench.publish({}), quiet, never);
    const before = blobBytes();
    const next = await bench.publish({ version: "0.1.1", sequence: 2, headSeed: 2 });
    await installer.install(next, quiet, never);
    expect(blobBytes() - before).toBeLessThan(8000);
  });

  it("is fetched again where the disk spoilt it", async () => {
    const version = await bench.publish({});
    const installer = await device();
    const { folder: place } = await installer.install(version, quiet, never);
    await chmod(join(place, "head.bin"), 0o644);
    await writeFile(join(place, "head.bin"), "rotten");
    await refused(installer.installed(version, never), "MODEL_TAMPERED");
    await installer.install(version, quiet, never);
    expect((await installer.installed(version, never)).digest).toBe(version.digest);
  });

  it("is not taken for another version that lies in its place", async () => {
    const version = await bench.publish({});
    const installer = await device();
    await installer.install(version, quiet, never);
    const lookalike = { ...version, digest: `${version.digest.slice(0, 16)}${"0".repeat(48)}` };
    await refused(installer.installed(lookalike, never), "MODEL_TAMPERED");
  });

  it("is never half there", async () => {
    const version = await bench.publish({});
    const installer = await device();
    const stop = new AbortController();
    store.onGet = (key, chunks) => {
      if (key.startsWith("blobs/")) stop.abort(new Error("enough"));
      return chunks;
    };
    await expect(installer.install(version, quiet, stop.signal)).rejects.toThrow("enough");
    await refused(installer.installed(version, never), "MODEL_MISSING");
    expect(await readdir(join(folder, "versions"))).toEqual([]);
  });

  it("is one download for two who want it at once", async () => {
    const version = await bench.publish({});
    // Files take real time, and the one who waits looks again in real time.
    const real = createSystemClock();
    const [one, other] = [await device({}, true, real), await device({}, true, real)];
    const [first, second] = await Promise.all(
      [one, other].map((each) => each.install(version, quiet, never)),
    );
    expect(first?.digest).toBe(version.digest);
    expect(second?.folder).toBe(first?.folder);
    const asked = store.asked.filter(({ key }) => key.startsWith("blobs/")).map(({ key }) => key);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("must fit this agent", async () => {
    const version = await bench.publish({});
    await refused((await device({ agentVersion: "0.0.9" })).install(version, quiet, never), "MODEL_CONTRACT");
    await (await device({ agentVersion: "0.1.0" })).install(version, quiet, never);
  });

  it("must be the version that was offered", async () => {
    const version = await bench.publish({});
    const installer = await device();
    await refused(installer.install({ ...version, digest: "0".repeat(64) }, quiet, never), "MODEL_TAMPERED");
    await refused(installer.install({ ...version, sequence: 2 }, quiet, never), "MODEL_TAMPERED");
    expect(blobBytes()).toBe(0);
  });

  it.each(["model.int8.onnx", "head.bin", "golden/vectors.json", "CARD.md"])(
    "is refused when %s in the registry is another, shorter or longer",
    async (path) => {
      const version = await bench.publish({});
      const { manifest } = await bench.registry.version("listener", "0.1.0", bench.key.trust, never);
      const key = blobKey(manifest.files.find((file) => file.path === path)?.sha256 ?? "");
      const good = store.objects.get(key) ?? Buffer.alloc(0);
      const other = Buffer.from(good);
      other[0] = (good[0] ?? 0) ^ 1;
      for (const wrong of [other, good.subarray(1), Buffer.concat([good, good])]) {
        store.objects.set(key, wrong);
        const installer = await device();
        await refused(installer.install(version, quiet, never), "MODEL_TAMPERED");
        await refused(installer.installed(version, never), "MODEL_MISSING");
      }
      store.objects.set(key, good);
      await (await device()).install(version, quiet, never);
    },
  );

  it("cannot come from nowhere", async () => {
    const version = await bench.publish({});
    await refused((await device({}, false)).install(version, quiet, never), "MODEL_MISSING");
    await writeFile(join(bench.root, "file"), "");
    await refused(device({ folder: join(bench.root, "file", "below") }), "DISK_FULL");
  });

  it("takes names that would leave the folder for what they are", async () => {
    const version = await bench.publish({});
    const installer = await device();
    await refused(installer.installed({ ...version, name: "../.." }, never), "MODEL_CONTRACT");
  });
});

describe("the room on the disk", () => {
  it("is looked at before the first byte", async () => {
    const version = await bench.publish({});
    await refused((await device({ quotaBytes: 200_000 })).install(version, quiet, never), "DISK_FULL");
    free = 16 * 1024 * 1024;
    await refused((await device()).install(version, quiet, never), "DISK_FULL");
    expect(blobBytes()).toBe(0);
  });

  it("is made by giving up what nobody needs", async () => {
    const [first, second] = [
      await bench.publish({}),
      await bench.publish({ version: "0.2.0", sequence: 2, graphSeed: 2 }),
    ];
    const installer = await device({ quotaBytes: 400_000 });
    store.onGet = (key, chunks) => (key.startsWith("blobs/") ? cutAfter(chunks, 200_000) : chunks);
    const stop = new AbortController();
    const stopped = installer.install(
      first,
      ({ bytes }) => bytes > 190_000 && stop.abort(new Error("enough")),
      stop.signal,
    );
    await expect(stopped).rejects.toThrow("enough");
    expect(await readdir(join(folder, "partial"))).not.toEqual([]);
    store.onGet = (_, chunks) => chunks;
    await installer.install(second, quiet, never);
    expect(await readdir(join(folder, "partial"))).toEqual([]);
  });

  it("counts what two versions share once, and is freed by keeping fewer", async () => {
    const first = await bench.publish({});
    const second = await bench.publish({ version: "0.1.1", sequence: 2, headSeed: 2 });
    const third = await bench.publish({ version: "0.2.0", sequence: 3, graphSeed: 3 });
    const installer = await device({ quotaBytes: 400_000 });
    await installer.install(first, quiet, never);
    await installer.install(second, quiet, never);
    await refused(installer.install(third, quiet, never), "DISK_FULL");
    await installer.keepOnly([second], never);
    expect((await installer.installed(second, never)).digest).toBe(second.digest);
    await refused(installer.installed(first, never), "MODEL_MISSING");
    expect(await readdir(join(folder, "blobs"))).toHaveLength(4);
    await installer.keepOnly([], never);
    expect(await readdir(join(folder, "blobs"))).toEqual([]);
    await installer.install(third, quiet, never);
  });

  it("is also freed of versions whose manifest cannot be read", async () => {
    const installer = await device();
    const version = await bench.publish({});
    const { folder: place } = await installer.install(version, quiet, never);
    await rm(join(place, "manifest.json"));
    await installer.keepOnly([version], never);
    expect(await readdir(join(folder, "blobs"))).toEqual([]);
    await installer.install(version, quiet, never);
    const manifest = join(place, "manifest.json");
    await chmod(manifest, 0o644);
    await writeFile(manifest, "{");
    await installer.keepOnly([version], never);
    expect(await readdir(join(folder, "blobs"))).toEqual([]);
  });
});

describe("what a device is offered", () => {
  let first: InstallableVersion;
  let second: InstallableVersion;

  beforeEach(async () => {
    first = await bench.publish({});
    second = await bench.publish({ version: "0.2.0", sequence: 2, graphSeed: 2 });
  });

  const pointerBytes = (): Uint8Array =>
    store.objects.get(channelKey("listener", "stable")) ?? Buffer.alloc(0);

  it("is what the channel points at, and nothing where there is none", async () => {
    const installer = await device();
    expect(await installer.offered("listener", "stable", never)).toBeUndefined();
    await bench.point("stable", first);
    expect(await installer.offered("listener", "stable", never)).toMatchObject({
      version: { name: "listener", version: "0.1.0", digest: first.digest, sequence: 1 },
      channel: "stable",
      isRollback: false,
    });
  });

  it("asks for the manifest once for as long as the channel stays", async () => {
    await bench.point("stable", first);
    const installer = await device();
    await installer.offered("listener", "stable", never);
    const asked = store.asked.length;
    await installer.offered("listener", "stable", never);
    expect(store.asked.slice(asked).filter(({ key }) => key.includes("manifest"))).toEqual([]);
  });

  it("is never an older pointer than was seen before, also over a restart", async () => {
    await bench.point("stable", first);
    const old = pointerBytes();
    await bench.point("stable", second);
    await (await device()).offered("listener", "stable", never);
    store.objects.set(channelKey("listener", "stable"), old);
    await refused((await device()).offered("listener", "stable", never), "MODEL_DOWNGRADED");
  });

  it("is never an older version than was committed, unless the signer declares it", async () => {
    const installer = await device();
    installer.committed(second);
    await bench.point("stable", first);
    await refused(installer.offered("listener", "stable", never), "MODEL_DOWNGRADED");
    await bench.point("stable", first, true);
    expect(await installer.offered("listener", "stable", never)).toMatchObject({ isRollback: true });
    // And forward again without ado.
    await bench.point("stable", second);
    expect(await installer.offered("listener", "stable", never)).toMatchObject({
      version: { version: "0.2.0" },
    });
  });

  it("expires", async () => {
    await bench.point("stable", first);
    const installer = await device();
    clock.jumpWall(2 * 86_400_000_000);
    await refused(installer.offered("listener", "stable", never), "MODEL_EXPIRED");
    clock.jumpWall(-4 * 86_400_000_000);
    await refused(installer.offered("listener", "stable", never), "MODEL_EXPIRED");
  });

  it("is not a manifest that the pointer does not name", async () => {
    await bench.point("stable", first);
    for (const file of ["manifest.json", "model.sig"]) {
      const bytes = store.objects.get(`models/listener/0.2.0/${file}`) ?? Buffer.alloc(0);
      store.objects.set(`models/listener/0.1.0/${file}`, bytes);
    }
    await refused((await device()).offered("listener", "stable", never), "MODEL_TAMPERED");
  });

  it("comes from trusted keys only", async () => {
    await bench.point("stable", first);
    await refused(
      (await device({ trust: { keys: [] } })).offered("listener", "stable", never),
      "MODEL_UNSIGNED",
    );
  });

  it("is remembered of no more channels than a device may follow", async () => {
    const installer = await device();
    for (let i = 0; i < 9; i += 1) {
      const version = await bench.publish({
        version: `1.0.${i}`,
        sequence: 10 + i,
        headSeed: i + 10,
        graphBytes: 100,
      });
      await bench.point("stable", version);
      await installer.offered("listener", "stable", never);
    }
    expect(await installer.offered("listener", "stable", never)).toMatchObject({
      version: { version: "1.0.8" },
    });
  });
});

describe("going back without a network", () => {
  it("takes the version before from this device", async () => {
    const first = await bench.publish({});
    const second = await bench.publish({ version: "0.2.0", sequence: 2, graphSeed: 2 });
    const installer = await device();
    for (const version of [first, second]) {
      await installer.install(version, quiet, never);
      installer.committed(version);
    }
    await installer.keepOnly([first, second], never);
    store.get = () => Promise.reject(new Error("no network"));
    const back = await installer.installed(first, never);
    expect(back.manifest.version).toBe("0.1.0");
    const graph = join(back.folder, "model.int8.onnx");
    expect((await stat(graph)).mode & 0o222).toBe(0);
    expect((await readFile(graph)).length).toBe(300_000);
  });
});

describe("what lies elsewhere on the device", () => {
  it("does not come over the line, and is believed by its digest alone", async () => {
    const version = await bench.publish({});
    const shipped = (await (await device()).install(version, quiet, never)).folder;
    folder = join(bench.root, "another device");
    store.given.clear();
    await (await device({ nearby: [shipped, join(bench.root, "nowhere")] })).install(version, quiet, never);
    expect(blobBytes()).toBe(0);

    folder = join(bench.root, "a third device");
    const head = join(shipped, "head.bin");
    await chmod(head, 0o644);
    const { size } = await stat(head);
    await writeFile(head, new Uint8Array(size));
    const opened = await (await device({ nearby: [shipped] })).install(version, quiet, never);
    expect(blobBytes()).toBe(size);
    expect((await readFile(join(opened.folder, "head.bin"))).some((byte) => byte !== 0)).toBe(true);
  });
});
