import { createRegistry, type ObjectStore, type Registry, type WantedPointer } from "@stethos/models";
import { makePackage, testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STORES, type StartedStore } from "./stores.ts";

const signal = AbortSignal.timeout(300_000);
const clock = createSystemClock();
const key = testKey();
const nowMs = Date.parse("2026-06-01T00:00:00Z");
const nothing = () => undefined;

const wanted: WantedPointer = {
  name: "listener",
  channel: "stable",
  version: "1.0.0",
  manifestSha256: "a".repeat(64),
  notBefore: "2026-01-01T00:00:00Z",
  expires: "2027-01-01T00:00:00Z",
  isRollback: false,
};

const registryOver = (store: ObjectStore): Registry => createRegistry(store, { clock });

describe.each(STORES)("a registry in $kind", ({ start }) => {
  let started: StartedStore;
  let registry: Registry;
  beforeAll(async () => {
    started = await start();
    registry = registryOver(started.store);
  }, 300_000);
  afterAll(() => started?.stop());

  it("knows nothing at first", async () => {
    expect(await registry.versions("listener", signal)).toEqual([]);
    expect(await registry.pointer("listener", "stable", key.trust, nowMs, signal)).toBeUndefined();
    await expect(registry.version("listener", "1.0.0", key.trust, signal)).rejects.toMatchObject({
      code: "MODEL_MISSING",
    });
  });

  it("takes a version, gives it back, and takes it again without sending a byte", async () => {
    const folder = await makePackage({ key, version: "1.0.0", sequence: 1 });
    const pushed = await registry.push(folder, key.trust, nothing, signal);
    expect(pushed.uploaded.files).toBe(4);
    const again = await registry.push(folder, key.trust, nothing, signal);
    expect(again.uploaded).toEqual({ files: 0, bytes: 0 });
    expect(again.shared.files).toBe(4);
    const version = await registry.version("listener", "1.0.0", key.trust, signal);
    expect(version).toMatchObject({ digest: pushed.version.digest, signedBy: key.signer.keyId });
  });

  it("sends the head alone where the backbone is the same, and lists the newest first", async () => {
    const folder = await makePackage({ key, version: "1.1.0", sequence: 2 });
    const { uploaded, shared } = await registry.push(folder, key.trust, nothing, signal);
    // The head and the card differ, the graph and the golden vectors do not.
    expect([uploaded.files, shared.files]).toEqual([2, 2]);
    const versions = await registryOver(started.another()).versions("listener", signal);
    expect(versions.map(({ version }) => version)).toEqual(["1.1.0", "1.0.0"]);
  });

  it("never changes a version", async () => {
    const folder = await makePackage({ key, version: "1.0.0", sequence: 1, head: "another head" });
    await expect(registry.push(folder, key.trust, nothing, signal)).rejects.toMatchObject({
      code: "REGISTRY_CONFLICT",
    });
    const version = await registry.version("listener", "1.0.0", key.trust, signal);
    expect(version.manifest.version).toBe("1.0.0");
  });

  it("takes the signature of a new key over a version that is there", async () => {
    const folder = await makePackage({ key, name: "resigned" });
    await registry.push(folder, key.trust, nothing, signal);
    const other = testKey();
    const same = await makePackage({ key: other, name: "resigned" });
    await registry.push(same, other.trust, nothing, signal);
    const version = await registry.version("resigned", "1.0.0", other.trust, signal);
    expect(version.signedBy).toBe(other.signer.keyId);
  });

  it("sets a channel, and sets it again with the next sequence", async () => {
    const first = await registry.setPointer(wanted, key.signer, key.trust, nowMs, signal);
    expect(first).toMatchObject({ sequence: 1, version: "1.0.0" });
    const elsewhere = registryOver(started.another());
    expect(await elsewhere.pointer("listener", "stable", key.trust, nowMs, signal)).toEqual(first);
    const second = { ...wanted, version: "1.1.0", after: 1 };
    expect(await elsewhere.setPointer(second, key.signer, key.trust, nowMs, signal)).toMatchObject({
      sequence: 2,
    });
    expect(await registry.pointer("listener", "stable", key.trust, nowMs, signal)).toMatchObject({
      version: "1.1.0",
      sequence: 2,
    });
  });

  it("refuses to replace what the caller has not seen", async () => {
    const late = { ...wanted, after: 1 };
    await expect(registry.setPointer(late, key.signer, key.trust, nowMs, signal)).rejects.toMatchObject({
      code: "REGISTRY_CONFLICT",
    });
  });

  it("lets exactly one of fifty writers at once set a channel, and everybody reads that one", async () => {
    const registries = Array.from({ length: 5 }, () => registryOver(started.another()));
    const writers = Array.from({ length: 50 }, (_, index) => {
      const mine = { ...wanted, channel: "race", after: 0, manifestSha256: String(index).padStart(64, "0") };
      const by = registries[index % registries.length] ?? registry;
      return by.setPointer(mine, key.signer, key.trust, nowMs, signal);
    });
    const ends = await Promise.allSettled(writers);
    const won = ends.filter((end) => end.status === "fulfilled").map(({ value }) => value);
    const lost = ends.filter((end) => end.status === "rejected").map(({ reason }) => reason.code);
    expect(won).toHaveLength(1);
    expect(new Set(lost)).toEqual(new Set(["REGISTRY_CONFLICT"]));
    const read = await registryOver(started.another()).pointer("listener", "race", key.trust, nowMs, signal);
    expect(read).toEqual(won[0]);
  }, 120_000);
});
