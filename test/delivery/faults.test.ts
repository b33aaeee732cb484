import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createInstaller,
  createRegistry,
  createS3Store,
  type Installer,
  type PublishedVersion,
  type Registry,
} from "@stethos/models";
import { makePackage, type TestKey, testKey } from "@stethos/models/testing";
import { type Clock, createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BUCKET, type S3Server, startFauxqsServer } from "../registry/s3-servers.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

const never = new AbortController().signal;
const quiet = () => undefined;
const SIZE = 1_500_000;

let root: string;
let server: S3Server;
let proxy: FaultProxy;
let key: TestKey;
let registry: Registry;
let version: PublishedVersion;
let graphPath: string;

// Waits between attempts are counted, not waited for.
const hasty: Clock = { ...createSystemClock(), sleep: async () => undefined };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "faults-"));
  server = await startFauxqsServer();
  proxy = await startFaultProxy(Number(new URL(server.endpoint).port));
  key = testKey();
  const clock = createSystemClock();
  const { credentials } = server;
  // The attempts that count here are the installer's own.
  const s3 = {
    bucket: BUCKET,
    prefix: "stethos",
    endpoint: proxy.url,
    credentials,
    settleMs: 100,
    mostAttempts: 1,
  };
  registry = createRegistry(createS3Store(s3, clock), { clock });
  const folder = await makePackage({ graph: randomBytes(SIZE), key }, join(root, "package"));
  const pushed = await registry.push(folder, key.trust, quiet, never);
  version = pushed.version;
  const { manifest } = await registry.version(version.name, version.version, key.trust, never);
  const graph = manifest.files.find(({ role }) => role === "graph");
  graphPath = `/${BUCKET}/stethos/blobs/sha256/${graph?.sha256}`;
});

afterEach(async () => {
  await proxy.close();
  await server.stop();
  await rm(root, { recursive: true });
});

const device = (): Promise<Installer> =>
  createInstaller(
    {
      folder: join(root, "device"),
      trust: key.trust,
      bytesPerSecond: Number.POSITIVE_INFINITY,
      quotaBytes: 1e9,
    },
    { registry, clock: hasty, random: () => 0 },
  );

const gets = () => proxy.seen.filter(({ method, path }) => method === "GET" && path === graphPath);

/** Spoils answers about the graph. */
const spoil = (fault: (number: number) => Fault) => {
  proxy.onRequest = ({ method, path }, number) =>
    method === "GET" && path === graphPath ? fault(number) : "none";
};

describe("an S3 server behind a poor line", () => {
  it("is enough, when each connection breaks after a while: no byte is fetched twice", async () => {
    spoil((number) => (number < 4 ? { kind: "cut", afterBytes: 400_000 } : "none"));
    const opened = await (await device()).install(version, quiet, never);
    expect(opened.digest).toBe(version.digest);
    expect(gets()).toHaveLength(4);
    expect(gets().map(({ from }) => from)).toEqual([...gets().map(({ from }) => from)].sort((a, b) => a - b));
    expect(gets().at(-1)?.from).toBeGreaterThan(400_000);
  });

  it("is asked again when it is busy", async () => {
    spoil((number) => (number < 7 ? { kind: "busy" } : "none"));
    expect((await (await device()).install(version, quiet, never)).digest).toBe(version.digest);
  });

  it("is given up, and says so, when it stays busy", async () => {
    spoil(() => ({ kind: "busy" }));
    await expect((await device()).install(version, quiet, never)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
    proxy.onRequest = () => "none";
    expect((await (await device()).install(version, quiet, never)).digest).toBe(version.digest);
  });

  it("brings nothing in that it has shortened", async () => {
    spoil(() => ({ kind: "truncate", bytes: 700_000 }));
    await expect((await device()).install(version, quiet, never)).rejects.toMatchObject({
      code: expect.stringMatching(/^(MODEL_TAMPERED|REGISTRY_UNREACHABLE)$/),
    });
    expect(await readdir(join(root, "device", "versions"))).toEqual([]);
  });

  it("brings nothing in when the object is replaced in mid-download, and the rest when it is put right", async () => {
    const good = await graphBytes();
    const wrong = Buffer.from(good);
    wrong.fill(7, SIZE - 1000);
    const blob = graphPath.slice(`/${BUCKET}/stethos/`.length);
    const installer = await device();
    proxy.onRequest = ({ method, path }, number) => {
      if (method !== "GET" || path !== graphPath || number > 2) return "none";
      return { kind: "cut", afterBytes: 500_000 };
    };
    await registry.store.put(blob, wrong, "none", never);
    await expect(installer.install(version, quiet, never)).rejects.toMatchObject({ code: "MODEL_TAMPERED" });
    expect(await readdir(join(root, "device", "versions"))).toEqual([]);
    await registry.store.put(blob, good, "none", never);
    expect((await installer.install(version, quiet, never)).digest).toBe(version.digest);
  });

  it("is left when the caller has had enough of its silence", async () => {
    spoil(() => ({ kind: "silent" }));
    const stop = new AbortController();
    const installing = (await device()).install(version, quiet, stop.signal);
    const waited = expect(installing).rejects.toThrow("enough");
    while (gets().length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error("enough"));
    await waited;
  });
});

async function graphBytes(): Promise<Buffer> {
  const body = await registry.store.get(graphPath.slice(`/${BUCKET}/stethos/`.length), {}, never);
  if (body === undefined || body === "changed") throw new Error("the graph is not there");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}
