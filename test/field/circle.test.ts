import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ObjectStore, openStore, readTrust } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createObjectSink } from "../../edge-agent/src/adapters/field-store/sink.ts";
import { createFieldStore } from "../../edge-agent/src/adapters/field-store/store.ts";
import { registryOptions } from "../../edge-agent/src/adapters/registry/options.ts";
import { createModelStore } from "../../edge-agent/src/adapters/registry/store.ts";
import { createUploadField, defaultUploadPolicy } from "../../edge-agent/src/flow/upload-field.ts";
import type { ModelStore } from "../../edge-agent/src/ports/model-store.ts";
import { startS3rver } from "../registry/s3-servers.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { runCli, runPython, type SeenWindow, seenWindows, shipped } from "./plant.ts";

const MACHINES = 5;
const WINDOWS = 12;
const clock = createSystemClock();
const signal = AbortSignal.timeout(580_000);
const logger = silentLogger;
const random = () => 0.5;
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

interface Place {
  /** As `--registry` takes it. */
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

const places: readonly { readonly kind: string; start(folder: string): Promise<Place> }[] = [
  {
    kind: "a folder",
    start: async (folder) => ({ url: join(folder, "registry"), env: {}, stop: async () => undefined }),
  },
  {
    kind: "an S3 server",
    start: async () => {
      const { endpoint, bucket, credentials, stop } = await startS3rver();
      const env = {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      };
      return { url: `s3://${bucket}/plant?endpoint=${endpoint}&region=us-east-1`, env, stop };
    },
  },
];

/** What an agent keeps and people label goes to the registry's store; what lies there is brought to a folder, as
 *  `aws s3 sync` would. */
async function uploadAll(seen: readonly SeenWindow[], data: string, store: ObjectStore): Promise<void> {
  const fieldStore = await createFieldStore({ folder: data, mostBytes: 1e8, queueFrames: 100 }, { logger });
  for (const { frame } of seen) fieldStore.keep(frame);
  await fieldStore.settled();
  for (const { frame, isFault } of seen) {
    const verdict = isFault ? "real" : "false";
    await fieldStore.label(
      { frame: frame.id, verdict, by: "ana", timeUs: frame.timeUs, source: "operator" },
      signal,
    );
  }
  let text: string | undefined;
  const journal = {
    read: async () => text,
    write: async (next: string) => {
      text = next;
    },
  };
  const policy = {
    ...defaultUploadPolicy,
    site: "hall-7",
    node: "node-1",
    bytesPerSecond: 1e12,
    batchFrames: 40,
  };
  const sink = createObjectSink(store);
  const upload = await createUploadField(policy, {
    store: fieldStore,
    sink,
    journal,
    sha256,
    clock,
    random,
    logger,
  });
  const end = new AbortController();
  const running = upload.run(end.signal);
  while (upload.counts().frames < seen.length && !signal.aborted) await clock.sleep(20, signal);
  end.abort();
  await running;
  await fieldStore.close();
}

async function bring(store: ObjectStore, prefix: string, folder: string): Promise<number> {
  let count = 0;
  for await (const { key } of store.list(prefix, signal)) {
    const body = await store.get(key, {}, signal);
    if (body === undefined || body === "changed") throw new Error(`${key} is gone`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.chunks) chunks.push(chunk);
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), Buffer.concat(chunks));
    count += 1;
  }
  return count;
}

describe.each(places)(
  "from the field to the next version, by way of $kind",
  { timeout: 600_000 },
  ({ start }) => {
    let folder: string;
    let place: Place;
    let next: string;
    let agent: ModelStore;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "stethos-circle-"));
      place = await start(folder);
      Object.assign(process.env, place.env);
      next = join(folder, "listener-0.2.0");
    }, 60_000);

    afterAll(async () => {
      await place.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const published = async (what: string) => {
      const trust = ["--key", join(folder, "release.pem.pub")];
      const key = ["--key", join(folder, "release.pem")];
      const registry = ["--registry", place.url];
      const { version } = JSON.parse(await readFile(join(what, "manifest.json"), "utf8"));
      await runCli(["pack", what, "--json"]);
      await runCli(["sign", what, ...key, "--json"]);
      const pushed = JSON.parse(await runCli(["push", what, ...registry, ...trust, "--json"]));
      await runCli(["channel", "set", "listener", "candidate", version, ...registry, ...key, "--json"]);
      return pushed;
    };

    it("learns a head from what agents kept and people labelled, which other machines profit from", async () => {
      const seen = await seenWindows(join(folder, "seen"), MACHINES, WINDOWS);
      const store = openStore(place.url, {}, clock);
      await uploadAll(seen, join(folder, "data"), store);
      // A window each, a healthy frame per machine and batch, and two manifests.
      const objects = await bring(store, "field/", join(folder, "brought"));
      expect(objects).toBeGreaterThanOrEqual(MACHINES * WINDOWS + MACHINES + 2);
      const command = ["-m", "pipeline", "head", "--field", join(folder, "brought"), "--base", shipped];
      await runPython([...command, "--out", next, "--version", "0.2.0"]);
      const { evaluation, sequence, trainingData } = JSON.parse(
        await readFile(join(next, "manifest.json"), "utf8"),
      );
      expect(sequence).toBe(2);
      expect(trainingData.field).toMatchObject({ windows: MACHINES * WINDOWS, machines: MACHINES });
      const { before, after } = evaluation.field.byMachine;
      expect(after.accuracy).toBeGreaterThan(before.accuracy);
    });

    it("is packed, signed, pushed and offered; the graph is not sent again", async () => {
      await runCli(["keygen", "--out", join(folder, "release.pem"), "--json"]);
      const first = join(folder, "listener-0.1.0");
      await cp(shipped, first, { recursive: true, filter: (path) => !path.endsWith("model.sig") });
      await published(first);
      const pushed = await published(next);
      expect(pushed.uploaded.bytes).toBeLessThan(60_000);
      expect(pushed.shared.bytes).toBeGreaterThan(11_000_000);
    });

    it("is seen, fetched and checked by the model store of an agent", async () => {
      const trusted = join(folder, "release.pem.pub");
      expect((await readTrust([trusted])).keys).toHaveLength(1);
      const options = registryOptions.parse({
        url: place.url,
        trustedKeys: [trusted],
        bytesPerSecond: 1_000_000_000,
      });
      agent = await createModelStore(
        { ...options, folder: join(folder, "models"), model: "listener" },
        { clock, logger, random },
      );
      const offered = await agent.offered("candidate", signal);
      expect(offered).toMatchObject({ model: { name: "listener", version: "0.2.0", sequence: 2 } });
      if (offered === undefined) throw new Error("nothing is offered");
      const installed = await agent.install(offered.model, () => undefined, signal);
      expect(await readFile(join(installed.folder, "head.bin"))).toEqual(
        await readFile(join(next, "head.bin")),
      );
    });

    // The agent's own part follows here: a trial of `offered` against 0.1.0 on frames of these machines, to promotion.
  },
);
