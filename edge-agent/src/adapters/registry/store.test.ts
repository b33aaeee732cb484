import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderStore, createRegistry, openPackage, type PublishedVersion } from "@stethos/models";
import { makePackage, type TestKey, testKey } from "@stethos/models/testing";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ModelVersion } from "../../core/model.ts";
import type { Logger } from "../../ports/logger.ts";
import type { ModelStore } from "../../ports/model-store.ts";
import { createModelStore, type ModelStoreOptions } from "./store.ts";

const never = new AbortController().signal;
const clock = createManualClock();
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};

let root: string;
let key: TestKey;
let keyFile: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "model-store-"));
  key = testKey();
  keyFile = join(root, "key.pub");
  await writeFile(keyFile, key.publicPem);
});

afterEach(() => rm(root, { recursive: true }));

const open = (options: Partial<ModelStoreOptions> = {}): Promise<ModelStore> =>
  createModelStore(
    {
      url: join(root, "registry"),
      trustedKeys: [keyFile],
      bytesPerSecond: 1_000_000,
      quotaMiB: 500,
      folder: join(root, "device"),
      model: "listener",
      agentVersion: "0.1.0",
      ...options,
    },
    { clock, logger, random: () => 0 },
  );

const registryThere = () => createRegistry(createFolderStore(join(root, "registry"), clock), { clock });

async function publish(version: string, sequence: number, signedBy = key): Promise<PublishedVersion> {
  const folder = await makePackage({ version, sequence, key: signedBy }, join(root, version));
  const pushed = await registryThere().push(folder, signedBy.trust, () => undefined, never);
  await point(pushed.version, signedBy);
  return pushed.version;
}

async function point({ version, digest }: PublishedVersion, by: TestKey, isRollback = false): Promise<void> {
  const nowMs = clock.nowUs() / 1000;
  const pointer = {
    name: "listener",
    channel: "candidate",
    version,
    manifestSha256: digest,
    notBefore: new Date(nowMs).toISOString(),
    expires: new Date(nowMs + 86_400_000).toISOString(),
    isRollback,
  };
  const trust = { keys: [...key.trust.keys, ...by.trust.keys] };
  await registryThere().setPointer(pointer, by.signer, trust, nowMs, never);
}

const versionOf = ({ name, version, digest, sequence }: PublishedVersion): ModelVersion => ({
  name,
  version,
  digest,
  sequence,
});

describe("the model store", () => {
  it("offers what the channel points at, installs it and finds it again", async () => {
    const store = await open();
    expect(store.name).toBe(`folder ${join(root, "registry")}`);
    expect(await store.offered("candidate", never)).toBeUndefined();
    const model = versionOf(await publish("1.0.0", 1));
    expect(await store.offered("candidate", never)).toEqual({
      model,
      channel: "candidate",
      isRollback: false,
      sequence: 1,
    });
    const seen: [number, number][] = [];
    const installed = await store.install(model, (bytes, total) => void seen.push([bytes, total]), never);
    expect(installed.model).toEqual(model);
    expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
    expect(await store.installed(model, never)).toEqual(installed);
  });

  it("keeps two versions, and takes none that is older than what was committed", async () => {
    const store = await open();
    const [first, second] = [versionOf(await publish("1.0.0", 1)), versionOf(await publish("1.1.0", 2))];
    for (const model of [first, second]) await store.install(model, () => undefined, never);
    await store.committed(second);
    await store.keepOnly([second], never);
    await expect(store.installed(first, never)).rejects.toMatchObject({
      name: "EdgeError",
      code: "MODEL_MISSING",
    });
    await publish("0.9.0", 1);
    await expect(store.offered("candidate", never)).rejects.toMatchObject({ code: "MODEL_DOWNGRADED" });
  });

  it("serves the model that the agent came with, where there is no registry", async () => {
    const folder = await makePackage({ version: "1.0.0", key }, join(root, "shipped"));
    const { digest } = await openPackage(folder, key.trust, never);
    const builtIn = { folder, trustedKeys: [keyFile] };
    const { url: _, ...offline } = { url: "", trustedKeys: [], builtIn };
    const store = await createModelStore(
      { ...offline, bytesPerSecond: 28_000, quotaMiB: 500, folder: join(root, "device"), model: "listener" },
      { clock, logger, random: () => 0 },
    );
    const model = { name: "listener", version: "1.0.0", digest, sequence: 1 };
    expect(await store.offered("stable", never)).toBeUndefined();
    expect(await store.installed(model, never)).toEqual({ model, folder });
    expect(await store.install(model, () => undefined, never)).toEqual({ model, folder });
    await store.keepOnly([], never);
    await writeFile(join(folder, "head.bin"), "rotten");
    await expect(store.installed(model, never)).rejects.toMatchObject({ code: "MODEL_TAMPERED" });
    const other = { ...model, digest: "0".repeat(64) };
    await expect(store.install(other, () => undefined, never)).rejects.toMatchObject({
      code: "MODEL_MISSING",
    });
    await rm(folder, { recursive: true });
    await expect(store.installed(model, never)).rejects.toMatchObject({ code: "MODEL_MISSING" });
  });

  it("says what is wrong with its configuration", async () => {
    await expect(open({ trustedKeys: [join(root, "nowhere.pub")] })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(open({ url: "ftp://models" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    const s3 = { endpoint: "http://127.0.0.1:1", region: "r", caFile: join(root, "ca.pem"), pathStyle: true };
    await expect(open({ url: "s3://models/x", s3 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await writeFile(join(root, "ca.pem"), key.publicPem);
    expect((await open({ url: "s3://models/x", s3 })).name).toMatch(/^s3:\/\/models\/x/);
  });
});

describe("a key that may point channels", () => {
  const openLed = async (leader: TestKey): Promise<ModelStore> => {
    const file = join(root, "leader.pub");
    await writeFile(file, leader.publicPem);
    return open({ channelKeys: [file] });
  };

  it("offers what a trusted key signed", async () => {
    const leader = testKey();
    const published = await publish("1.0.0", 1);
    await point(published, leader);
    const store = await openLed(leader);
    expect(await store.offered("candidate", never)).toMatchObject({
      model: versionOf(published),
      sequence: 2,
    });
    await store.install(versionOf(published), () => undefined, never);
  });

  it("is a stranger's where it is not named, and can sign no package", async () => {
    const leader = testKey();
    await point(await publish("1.0.0", 1), leader);
    await expect((await open()).offered("candidate", never)).rejects.toMatchObject({
      code: "MODEL_UNSIGNED",
    });
    const own = await publish("2.0.0", 2, leader);
    const store = await openLed(leader);
    await expect(store.offered("candidate", never)).rejects.toMatchObject({ code: "MODEL_UNSIGNED" });
    await expect(store.install(versionOf(own), () => undefined, never)).rejects.toMatchObject({
      code: "MODEL_UNSIGNED",
    });
  });
});

describe("the version that the agent came with", () => {
  it("can be called back though nobody published it", async () => {
    const folder = await makePackage({ version: "0.9.0", sequence: 1, key }, join(root, "shipped"));
    const { digest } = await openPackage(folder, key.trust, never);
    const store = await open({ builtIn: { folder, trustedKeys: [keyFile] } });
    await store.committed(versionOf(await publish("1.0.0", 2)));
    await point({ name: "listener", version: "0.9.0", digest, sequence: 1, bytes: 0 }, key, true);
    expect(await store.offered("candidate", never)).toMatchObject({
      model: { version: "0.9.0", digest, sequence: 1 },
      isRollback: true,
    });
  });
});
