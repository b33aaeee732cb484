import {
  createRegistry,
  createS3Store,
  type Registry,
  type S3Options,
  type WantedPointer,
} from "@stethos/models";
import { makePackage, testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Fault, type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { type S3Server, startMoto, startS3rver } from "./s3-servers.ts";
import { s3Options } from "./stores.ts";

const signal = AbortSignal.timeout(300_000);
const clock = createSystemClock();
const key = testKey();
const nowMs = Date.parse("2026-06-01T00:00:00Z");
const nothing = () => undefined;
const PASS: Fault = { kind: "pass" };

const pointerOf = (channel: string, more: Partial<WantedPointer> = {}): WantedPointer => ({
  name: "listener",
  channel,
  version: "1.0.0",
  manifestSha256: "a".repeat(64),
  notBefore: "2026-01-01T00:00:00Z",
  expires: "2027-01-01T00:00:00Z",
  isRollback: false,
  ...more,
});

/** This fault for the first `times` requests that match, and no fault for the others. */
function first(
  times: number,
  matches: (method: string, path: string) => boolean,
  fault: Fault,
): FaultProxy["decide"] {
  let left = times;
  return (method, path) => {
    if (left === 0 || !matches(method, path)) return PASS;
    left -= 1;
    return fault;
  };
}

const put = (part: string) => (method: string, path: string) => method === "PUT" && path.includes(part);
const get = (part: string) => (method: string, path: string) => method === "GET" && path.includes(part);

describe.each([
  { server: "moto", start: startMoto },
  { server: "s3rver", start: startS3rver },
])("a registry behind a bad line to $server", ({ start }) => {
  let server: S3Server;
  let proxy: FaultProxy;
  let registry: Registry;
  let options: S3Options;
  beforeAll(async () => {
    server = await start();
    proxy = await startFaultProxy(server.endpoint);
    options = { ...s3Options(server), endpoint: proxy.endpoint, idleTimeoutMs: 1500 };
    registry = createRegistry(createS3Store(options, clock), { clock });
    await registry.store.conditions(signal);
  }, 300_000);
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    proxy.decide = () => PASS;
  });

  it("pushes through an overloaded server", async () => {
    const folder = await makePackage({ key, name: "overloaded" });
    proxy.decide = first(2, () => true, { kind: "status", status: 503 });
    await registry.push(folder, key.trust, nothing, signal);
    const { manifest } = await registry.version("overloaded", "1.0.0", key.trust, signal);
    expect(manifest.name).toBe("overloaded");
  });

  it("pushes although uploads are cut", async () => {
    const folder = await makePackage({ key, name: "cut", graph: Buffer.alloc(300_000, 7) });
    proxy.decide = first(2, put("blobs/"), { kind: "cut-upload", afterBytes: 100 });
    await registry.push(folder, key.trust, nothing, signal);
    expect(await registry.versions("cut", signal)).toHaveLength(1);
  });

  it("shows nothing of a version whose push broke off, and goes on where it ended", async () => {
    const folder = await makePackage({ key, name: "broken" });
    proxy.decide = (method, path) =>
      put("manifest.json")(method, path) ? { kind: "cut-upload", afterBytes: 10 } : PASS;
    await expect(registry.push(folder, key.trust, nothing, signal)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
    proxy.decide = () => PASS;
    expect(await registry.versions("broken", signal)).toEqual([]);
    const { uploaded, shared } = await registry.push(folder, key.trust, nothing, signal);
    expect([uploaded.files, shared.files]).toEqual([0, 4]);
  });

  it("knows a pointer that it set although the answer was lost", async () => {
    proxy.decide = first(1, put("channels/"), { kind: "lose-answer" });
    const set = await registry.setPointer(pointerOf("lost"), key.signer, key.trust, nowMs, signal);
    expect(set.sequence).toBe(1);
    expect(await registry.pointer("listener", "lost", key.trust, nowMs, signal)).toEqual(set);
  });

  it("reads no half of a pointer, a manifest or a blob", async () => {
    await registry.setPointer(pointerOf("half"), key.signer, key.trust, nowMs, signal);
    proxy.decide = (method, path) =>
      get("half")(method, path) ? { kind: "cut-answer", afterBytes: 50 } : PASS;
    await expect(registry.pointer("listener", "half", key.trust, nowMs, signal)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
    await registry.store.put("blobs/sha256/half", Buffer.alloc(50_000, 1), "none", signal);
    const body = await registry.store.get("blobs/sha256/half", {}, signal);
    if (body === undefined || body === "changed") throw new Error("not there");
    const { chunks } = body;
    const readAll = async () => {
      for await (const chunk of chunks) expect(chunk.length).toBeLessThan(50_000);
    };
    await expect(readAll()).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
  });

  it("gives up on a server that says nothing", async () => {
    proxy.decide = () => ({ kind: "silence" });
    await expect(registry.pointer("listener", "silent", key.trust, nowMs, signal)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
  });

  it("ends at once when it is told to, though the server says nothing", async () => {
    proxy.decide = () => ({ kind: "silence" });
    const stop = new AbortController();
    const asked = registry.pointer("listener", "silent", key.trust, nowMs, stop.signal);
    stop.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
  });

  it("sets no second pointer of one sequence, though a cache hides the first", async () => {
    const set = await registry.setPointer(pointerOf("hidden"), key.signer, key.trust, nowMs, signal);
    // The cache remembers what it was asked first: before there was any pointer.
    proxy.decide = first(2, get("channels/listener/hidden"), { kind: "stale" });
    const again = registry.setPointer(pointerOf("hidden"), key.signer, key.trust, nowMs, signal);
    await expect(again).rejects.toMatchObject({ code: "REGISTRY_CONFLICT" });
    proxy.decide = () => PASS;
    expect(await registry.pointer("listener", "hidden", key.trust, nowMs, signal)).toEqual(set);
  });

  /** From the first upload on, the channel is shown as it was before. */
  function staleAfterUpload(channel: string, times: number): FaultProxy["decide"] {
    const stale = first(times, get(`channels/listener/${channel}`), { kind: "stale" });
    let isUploaded = false;
    return (method, path) => {
      isUploaded ||= put(`channels/listener/${channel}`)(method, path);
      return isUploaded ? stale(method, path) : PASS;
    };
  }

  it("waits for a cache that shows what was before for a while", async () => {
    proxy.decide = staleAfterUpload("cached", 3);
    const set = await registry.setPointer(pointerOf("cached"), key.signer, key.trust, nowMs, signal);
    expect(await registry.pointer("listener", "cached", key.trust, nowMs, signal)).toEqual(set);
  });

  it("says that it cannot know behind a cache that never looks again", async () => {
    proxy.decide = staleAfterUpload("frozen", Number.POSITIVE_INFINITY);
    await expect(
      registry.setPointer(pointerOf("frozen"), key.signer, key.trust, nowMs, signal),
    ).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE", message: expect.stringContaining("a cache") });
  });
});

describe("a registry that refuses", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3rver();
  });
  afterAll(() => server.stop());
  const reading = (more: Partial<S3Options>) => {
    const store = createS3Store({ ...s3Options(server), ...more }, clock);
    return createRegistry(store, { clock }).pointer("listener", "stable", key.trust, nowMs, signal);
  };

  it("says that the bucket is not there", async () => {
    await expect(reading({ bucket: "nowhere" })).rejects.toMatchObject({
      code: "REGISTRY_REFUSED",
      message: expect.stringContaining("there is no such bucket"),
    });
  });

  it("says that the credentials are wrong, without saying them", async () => {
    const credentials = { accessKeyId: "NOBODY", secretAccessKey: "not-the-secret" };
    const error = await reading({ credentials }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "REGISTRY_REFUSED" });
    expect(String(error)).toContain("the credentials are wrong");
    expect(String(error)).not.toContain("not-the-secret");
  });

  it("says that nobody is there", async () => {
    await expect(reading({ endpoint: "http://127.0.0.1:9" })).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});
