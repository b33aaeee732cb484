import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, createSystemClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aLogger } from "../adapters/field-store/test-kit.ts";
import { openDeviceKey } from "../adapters/retraining/device-key.ts";
import { createSeal } from "../adapters/retraining/seal.ts";
import { openEnvelope } from "../adapters/retraining/test-kit.ts";
import { createWebhook } from "../adapters/retraining/webhook.ts";
import { EdgeError } from "../core/errors.ts";
import type { Delivery } from "../ports/retraining.ts";
import {
  createRequestRetraining,
  defaultRetrainingPolicy,
  type RequestRetraining,
  type RetrainingDeps,
  type Wanted,
} from "./request-retraining.ts";

const signal = new AbortController().signal;
const HOUR_MS = 3_600_000;

const wanted: Wanted = {
  model: { name: "listener", version: "0.1.0", digest: "ab", sequence: 1 },
  machine: "pump-1",
  verdicts: ["pump-1/nde", "pump-1/de"].map((sensor, i) => ({
    machine: "pump-1",
    sensor,
    shaftHz: 25,
    timeUs: 1e15 + i,
    ratios: { embedding: 2, input: 0.5, output: 1.25 },
    isDrift: true,
    inARow: 3,
  })),
};

let folder: string;
let clock: ManualClock;
let logger: ReturnType<typeof aLogger>;
let text: string | undefined;
let posted: { id: string; body: string }[];
let answers: Delivery[];
let objects: Map<string, string>;
let isStoreUp: boolean;
let nonces: number;
let isRunning: { stop(): Promise<void> } | undefined;

const delivered: Delivery = { kind: "delivered" };
const away: Delivery = { kind: "unreachable", why: "nobody answers" };

const deps = async (over: Partial<RetrainingDeps> = {}): Promise<RetrainingDeps> => ({
  seal: createSeal(await openDeviceKey(join(folder, "keys/device.pem"))),
  webhook: {
    name: "https://mlops.example",
    post: async (id, body) => {
      posted.push({ id, body });
      return answers.shift() ?? delivered;
    },
  },
  sink: {
    name: "folder /srv/registry",
    put: async (key, body) => {
      if (!isStoreUp) throw new EdgeError("REGISTRY_UNREACHABLE", "nobody answers");
      objects.set(key, Buffer.from(body).toString());
    },
  },
  journal: {
    read: async () => text,
    write: async (next) => {
      text = next;
    },
  },
  clock,
  random: () => 0.5,
  logger,
  nonce: () => {
    nonces += 1;
    return nonces.toString(16).padStart(32, "a");
  },
  frames: async () => [{ id: "0123456789abcdef", key: "field/hall-7/node-1/b/0123456789abcdef.bin" }],
  ...over,
});

async function start(over: Partial<RetrainingDeps> = {}): Promise<RequestRetraining> {
  await isRunning?.stop();
  const policy = { ...defaultRetrainingPolicy, site: "hall-7", node: "node-1", mostAttempts: 5 };
  const flow = await createRequestRetraining(policy, await deps(over));
  const end = new AbortController();
  const ended = flow.run(end.signal);
  isRunning = {
    stop: async () => {
      end.abort();
      await ended;
    },
  };
  return flow;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-retraining-"));
  clock = createManualClock(1_763_856_000_000_000);
  logger = aLogger();
  text = undefined;
  posted = [];
  answers = [];
  objects = new Map();
  isStoreUp = true;
  nonces = 0;
  isRunning = undefined;
});

afterEach(async () => {
  await isRunning?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("requesting a retraining", () => {
  it("posts and stores one signed request that says who drifted, from what, and which frames", async () => {
    const flow = await start();
    expect(await flow.ask(wanted, signal)).toBe("made");
    await clock.advance(0);
    const publicPem = await readFile(join(folder, "keys/device.pem.pub"), "utf8");
    const request = openEnvelope(posted[0]?.body ?? "", publicPem);
    expect(request).toEqual({
      schemaVersion: 1,
      id: "20251123T000000Z-aaaaaaaa",
      time: "2025-11-23T00:00:00.000000Z",
      nonce: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
      site: "hall-7",
      node: "node-1",
      model: { name: "listener", version: "0.1.0", digest: "ab", sequence: 1 },
      machine: "pump-1",
      sensors: ["pump-1/de", "pump-1/nde"],
      verdicts: wanted.verdicts.map(({ machine: _, ...verdict }) => verdict),
      frames: [{ id: "0123456789abcdef", key: "field/hall-7/node-1/b/0123456789abcdef.bin" }],
    });
    expect([...objects]).toEqual([[`requests/hall-7/node-1/${request.id}.json`, posted[0]?.body]]);
    expect(posted).toHaveLength(1);
    expect(flow.lastUs).toBe(1_763_856_000_000_000);
  });

  it("makes the key of the device once, for its owner's eyes alone", async () => {
    const first = await openDeviceKey(join(folder, "keys/device.pem"));
    const again = await openDeviceKey(join(folder, "keys/device.pem"));
    expect(again.keyId).toBe(first.keyId);
    expect((await stat(join(folder, "keys/device.pem"))).mode & 0o777).toBe(0o600);
  });

  it("asks once in so many hours, also after a restart and a clock that was set back", async () => {
    expect(await (await start()).ask(wanted, signal)).toBe("made");
    await clock.advance(HOUR_MS);
    expect(await (await start()).ask(wanted, signal)).toBe("recently");
    clock.jumpWall(-5 * HOUR_MS * 1000);
    expect(await (await start()).ask(wanted, signal)).toBe("recently");
    await clock.advance(29 * HOUR_MS);
    expect(await (await start()).ask(wanted, signal)).toBe("made");
    await clock.advance(0);
    expect(new Set(posted.map(({ id }) => id)).size).toBe(2);
  });

  it("goes on trying through an outage, tells it once, and posts nothing twice that arrived", async () => {
    answers = [away, away, delivered];
    isStoreUp = false;
    const flow = await start();
    await flow.ask(wanted, signal);
    await clock.advance(20_000);
    expect(posted).toHaveLength(3);
    isStoreUp = true;
    await clock.advance(10 * 60_000);
    expect(objects.size).toBe(1);
    expect(posted).toHaveLength(3);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toHaveLength(2);
    expect(text).not.toContain("pending");
  });

  it("remembers over a restart what is still open, and only that", async () => {
    isStoreUp = false;
    await (await start()).ask(wanted, signal);
    await clock.advance(0);
    expect(posted).toHaveLength(1);
    isStoreUp = true;
    await start();
    await clock.advance(0);
    expect(objects.size).toBe(1);
    expect(posted).toHaveLength(1);
  });

  it("does not repeat what was refused", async () => {
    answers = [{ kind: "refused", why: "answer 401" }];
    await (await start({ sink: undefined })).ask(wanted, signal);
    await clock.advance(HOUR_MS);
    expect(posted).toHaveLength(1);
    expect(logger.lines).toContainEqual(
      expect.stringMatching(/^error the retraining request was refused.*401/),
    );
  });

  it("gives up in the end, and asks again when the time has come", async () => {
    answers = Array.from({ length: 5 }, () => away);
    const flow = await start({ sink: undefined });
    await flow.ask(wanted, signal);
    await clock.advance(25 * HOUR_MS);
    expect(posted).toHaveLength(5);
    expect(logger.lines).toContainEqual(expect.stringContaining("given up"));
    expect(await flow.ask(wanted, signal)).toBe("made");
    await clock.advance(0);
    expect(posted).toHaveLength(6);
  });

  it("lets a newer request take the place of one that could not be delivered", async () => {
    isStoreUp = false;
    const flow = await start({ webhook: undefined });
    await flow.ask(wanted, signal);
    await clock.advance(0);
    clock.jumpWall(25 * HOUR_MS * 1000);
    await flow.ask(wanted, signal);
    isStoreUp = true;
    await clock.advance(2 * HOUR_MS);
    expect([...objects.keys()]).toEqual(["requests/hall-7/node-1/20251124T010000Z-aaaaaaaa.json"]);
  });

  it("says so when nobody wants to be told", async () => {
    expect(await (await start({ webhook: undefined, sink: undefined })).ask(wanted, signal)).toBe("nowhere");
  });

  it("begins anew with a journal that cannot be read", async () => {
    for (const bad of [
      "",
      "[1]",
      '{"version":1,"last":{}}',
      '{"version":1,"pending":{"id":"x","open":["fax"]}}',
    ]) {
      text = bad;
      expect(await (await start()).ask(wanted, signal)).toBe("made");
      await clock.advance(0);
    }
    expect(logger.lines.filter((line) => line.includes("journal"))).toHaveLength(4);
  });

  it("keeps trying while its journal cannot be written", async () => {
    let isFull = false;
    const flow = await start({
      journal: {
        read: async () => undefined,
        write: async () => {
          if (isFull) throw new EdgeError("DISK_FULL", "the disk is full");
        },
      },
    });
    await flow.ask(wanted, signal);
    isFull = true;
    await clock.advance(60_000);
    expect(logger.lines).toContainEqual(expect.stringMatching(/^error .*journal/));
    isFull = false;
    await clock.advance(HOUR_MS);
    const until = posted.length;
    await clock.advance(HOUR_MS);
    expect(posted).toHaveLength(until);
  });

  it("arrives at a real server once that is back", async () => {
    const got: { id: string | string[] | undefined; body: string }[] = [];
    const open = (port: number) =>
      new Promise<Server>((resolve) => {
        const server = createServer(async (request, response) => {
          let body = "";
          for await (const chunk of request) body += chunk;
          got.push({ id: request.headers["idempotency-key"], body });
          response.writeHead(got.length === 1 ? 503 : 202).end();
        }).listen(port, "127.0.0.1", () => resolve(server));
      });
    const close = (server: Server) => new Promise((resolve) => server.close(resolve).closeAllConnections());
    let server = await open(0);
    const { port } = server.address() as AddressInfo;
    await close(server);
    const webhook = createWebhook(
      { url: `http://127.0.0.1:${port}/hook`, timeoutMs: 5000, allowPlainHttp: false },
      createSystemClock(),
    );
    await (await start({ webhook, sink: undefined })).ask(wanted, signal);
    const settled = async (isDone: () => boolean) => {
      while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await settled(() => clock.waiting > 0);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    server = await open(port);
    await clock.advance(5000);
    await settled(() => got.length === 1 && clock.waiting > 0);
    await clock.advance(20_000);
    await settled(() => text?.includes("pending") === false);
    await close(server);
    expect(got.map(({ id }) => id)).toEqual([got[0]?.id, got[0]?.id]);
    const pem = await readFile(join(folder, "keys/device.pem.pub"), "utf8");
    expect(openEnvelope(got[1]?.body ?? "", pem).machine).toBe("pump-1");
  });
});
