import { copyFile, cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFolderStore,
  createRegistry,
  type ModelError,
  openPackage,
  type Registry,
  type WantedPointer,
} from "@stethos/models";
import { makePackage, testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const signal = AbortSignal.timeout(300_000);
const clock = createSystemClock();
const key = testKey();
const nowMs = Date.parse("2026-06-01T00:00:00Z");
const pointerOf = (more: Partial<WantedPointer> = {}): WantedPointer => ({
  name: "listener",
  channel: "stable",
  version: "1.0.0",
  manifestSha256: "a".repeat(64),
  notBefore: "2026-01-01T00:00:00Z",
  expires: "2027-01-01T00:00:00Z",
  isRollback: false,
  ...more,
});

const refusedAs = (code: string, text: string) => (error: ModelError) => {
  expect(error.code).toBe(code);
  expect(error.message).toContain(text);
  return true;
};

describe("a package on disk", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makePackage({ key });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const refused = (code: string, text: string) =>
    expect(openPackage(folder, key.trust, signal)).rejects.toSatisfy(refusedAs(code, text));

  it("opens when nobody touched it", async () => {
    expect(await openPackage(folder, key.trust, signal)).toMatchObject({ signedBy: key.signer.keyId });
  });

  it("is refused when a file was cut short", async () => {
    await truncate(join(folder, "model.int8.onnx"), 5);
    await refused("MODEL_TAMPERED", "model.int8.onnx has 5 bytes");
  });

  it("is refused when a byte was changed", async () => {
    const bytes = await readFile(join(folder, "head.bin"));
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(join(folder, "head.bin"), bytes);
    await refused("MODEL_TAMPERED", "head.bin has sha256");
  });

  it("is refused when a file was added", async () => {
    await writeFile(join(folder, "golden/more.bin"), "x");
    await refused("MODEL_TAMPERED", "golden/more.bin is not part of the package");
  });

  it("is refused when a hidden file was added, even one that the format would let pass", async () => {
    await writeFile(join(folder, ".gitignore"), "x");
    await refused("MODEL_TAMPERED", ".gitignore is not part of the package");
  });

  it("is refused when a file is missing", async () => {
    await rm(join(folder, "CARD.md"));
    await refused("MODEL_TAMPERED", "CARD.md is missing");
  });

  it("is refused when a file was replaced by a link", async () => {
    await copyFile(join(folder, "CARD.md"), join(folder, "../outside.md"));
    await rm(join(folder, "CARD.md"));
    await symlink("../outside.md", join(folder, "CARD.md"));
    await refused("MODEL_TAMPERED", "CARD.md is a link");
  });

  it("is refused when its manifest was edited", async () => {
    const manifest = await readFile(join(folder, "manifest.json"), "utf8");
    await writeFile(join(folder, "manifest.json"), manifest.replace('"threshold": 0.5', '"threshold": 0.9'));
    await refused("MODEL_TAMPERED", "manifest.json has sha256");
  });

  it("is refused when its sequence was raised, so that it may be loaded over a newer one", async () => {
    const manifest = await readFile(join(folder, "manifest.json"), "utf8");
    await writeFile(join(folder, "manifest.json"), manifest.replace('"sequence": 1', '"sequence": 9'));
    await refused("MODEL_TAMPERED", "manifest.json");
  });

  it("is refused with the files of two versions, each of them signed", async () => {
    const other = await makePackage({ key, version: "2.0.0", sequence: 2 });
    await copyFile(join(other, "head.bin"), join(folder, "head.bin"));
    await refused("MODEL_TAMPERED", "head.bin");
  });

  it("is refused with the manifest of one version and the signature of another", async () => {
    const other = await makePackage({ key, version: "2.0.0", sequence: 2 });
    await copyFile(join(other, "model.sig"), join(folder, "model.sig"));
    await refused("MODEL_TAMPERED", "manifest.json has sha256");
  });

  it("is refused when somebody else signed it", async () => {
    await expect(openPackage(folder, testKey().trust, signal)).rejects.toSatisfy(
      refusedAs("MODEL_UNSIGNED", "no signature of a trusted key"),
    );
  });

  it("is refused when nobody signed it", async () => {
    await rm(join(folder, "model.sig"));
    await refused("MODEL_UNSIGNED", "has no model.sig");
  });

  it("is refused when nobody is trusted", async () => {
    await expect(openPackage(folder, { keys: [] }, signal)).rejects.toMatchObject({ code: "MODEL_UNSIGNED" });
  });

  it("is missing where there is no folder, or nothing in it", async () => {
    await rm(folder, { recursive: true });
    await refused("MODEL_MISSING", "cannot be read (ENOENT)");
    folder = await mkdtemp(join(tmpdir(), "stethos-empty-"));
    await refused("MODEL_MISSING", "has no manifest.json");
  });
});

describe("a registry whose store somebody else can write to", () => {
  let root: string;
  let registry: Registry;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "stethos-registry-"));
    registry = createRegistry(createFolderStore(root, clock), { clock });
    for (const [version, sequence] of [
      ["1.0.0", 1],
      ["2.0.0", 2],
    ] as const) {
      const folder = await makePackage({ key, version, sequence });
      await registry.push(folder, key.trust, () => undefined, signal);
    }
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const channels = (path: string) => join(root, "channels", path);
  const set = (more: Partial<WantedPointer> = {}) =>
    registry.setPointer(pointerOf(more), key.signer, key.trust, nowMs, signal);
  const read = (channel = "stable", at = nowMs) =>
    registry.pointer("listener", channel, key.trust, at, signal);

  it("shows no version whose manifest lies at the place of another (mix and match)", async () => {
    await cp(join(root, "models/listener/1.0.0"), join(root, "models/listener/2.0.0"), { recursive: true });
    await expect(registry.version("listener", "2.0.0", key.trust, signal)).rejects.toSatisfy(
      refusedAs("MODEL_TAMPERED", "holds the manifest of listener 1.0.0"),
    );
  });

  it("shows no version without its signature, or with one of nobody trusted", async () => {
    await expect(registry.version("listener", "1.0.0", testKey().trust, signal)).rejects.toMatchObject({
      code: "MODEL_UNSIGNED",
    });
    await rm(join(root, "models/listener/1.0.0/model.sig"));
    await expect(registry.version("listener", "1.0.0", key.trust, signal)).rejects.toSatisfy(
      refusedAs("MODEL_UNSIGNED", "has no signature of listener 1.0.0"),
    );
  });

  it("leaves an unreadable version out of the list, and reports it", async () => {
    const told: string[] = [];
    await writeFile(join(root, "models/listener/1.0.0/manifest.json"), "{");
    const telling = createRegistry(registry.store, {
      clock,
      onUnreadable: (at, { code }) => told.push(`${at} ${code}`),
    });
    expect((await telling.versions("listener", signal)).map(({ version }) => version)).toEqual(["2.0.0"]);
    expect(told).toEqual(["models/listener/1.0.0/manifest.json MODEL_CONTRACT"]);
  });

  it("heals a blob that was cut short when the version is pushed again", async () => {
    const folder = await makePackage({ key, version: "1.0.0", sequence: 1 });
    const { manifest } = await openPackage(folder, key.trust, signal);
    const head = manifest.files.find(({ role }) => role === "head");
    const blob = join(root, "blobs/sha256", head?.sha256 ?? "");
    await truncate(blob, 3);
    const { uploaded } = await registry.push(folder, key.trust, () => undefined, signal);
    expect(uploaded.files).toBe(1);
    expect((await readFile(blob)).length).toBe(head?.bytes);
  });

  it("follows no pointer of another channel (swapped pointer)", async () => {
    await set({ channel: "candidate", version: "2.0.0" });
    await copyFile(channels("listener/candidate.json"), channels("listener/stable.json"));
    await expect(read()).rejects.toSatisfy(refusedAs("MODEL_TAMPERED", "channels/listener/candidate"));
  });

  it("follows no pointer of another model (swapped pointer)", async () => {
    await set();
    await set({ name: "other" });
    await copyFile(channels("other/stable.json"), channels("listener/stable.json"));
    await expect(read()).rejects.toSatisfy(refusedAs("MODEL_TAMPERED", "channels/other/stable"));
  });

  it("follows no pointer that was changed after it was signed", async () => {
    await set();
    const file = channels("listener/stable.json");
    const envelope = JSON.parse(await readFile(file, "utf8"));
    const payload = Buffer.from(envelope.payload, "base64").toString().replace("2027-01-01", "2099-01-01");
    await writeFile(file, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64") }));
    await expect(read()).rejects.toMatchObject({ code: "MODEL_UNSIGNED" });
  });

  it("follows no pointer of another key", async () => {
    const other = testKey();
    await registry.setPointer(pointerOf(), other.signer, other.trust, nowMs, signal);
    await expect(read()).rejects.toSatisfy(refusedAs("MODEL_UNSIGNED", "no signature of a trusted key"));
  });

  it("follows no package signature in place of a pointer (another kind of payload)", async () => {
    await set();
    const signature = JSON.parse(await readFile(join(root, "models/listener/1.0.0/model.sig"), "utf8"));
    await writeFile(channels("listener/stable.json"), JSON.stringify(signature.dsseEnvelope));
    await expect(read()).rejects.toSatisfy(refusedAs("MODEL_UNSIGNED", "application/vnd.in-toto+json"));
  });

  it("follows an expired pointer no more (freeze), and one of the future not yet", async () => {
    await set();
    await expect(read("stable", Date.parse("2027-01-01T00:00:00Z"))).rejects.toSatisfy(
      refusedAs("MODEL_EXPIRED", "expired at 2027-01-01T00:00:00Z"),
    );
    await expect(read("stable", Date.parse("2025-12-31T23:59:59Z"))).rejects.toSatisfy(
      refusedAs("MODEL_EXPIRED", "valid from 2026-01-01T00:00:00Z"),
    );
  });

  it("prefers the newest sequence, wherever an older pointer is put back (rollback)", async () => {
    await set();
    const old = await readFile(channels("listener/stable.json"));
    await set({ version: "2.0.0" });
    // The older one as a claim of the append-only form, and under a sequence that it does not have.
    const { store } = registry;
    for (const name of ["000000000001-0123456789abcdef", "000000000009-0123456789abcdef"]) {
      await store.put(`channels/listener/stable/${name}.json`, old, "none", signal);
    }
    expect(await read()).toMatchObject({ version: "2.0.0", sequence: 2 });
  });

  it("ignores rubbish beside the pointers", async () => {
    await set();
    for (const name of ["000000000007-0123456789abcdef.json", "readme.txt", "latest.json"]) {
      await registry.store.put(`channels/listener/stable/${name}`, Buffer.from("rubbish"), "none", signal);
    }
    expect(await read()).toMatchObject({ sequence: 1 });
  });

  it("refuses to sign what nobody would follow", async () => {
    await expect(set({ expires: "2026-05-31T00:00:00Z" })).rejects.toMatchObject({ code: "USAGE" });
    await expect(set({ notBefore: "2028-01-01T00:00:00Z" })).rejects.toMatchObject({ code: "USAGE" });
    await expect(set({ channel: "../stable" })).rejects.toMatchObject({ code: "USAGE" });
    await expect(
      registry.setPointer(pointerOf(), testKey().signer, key.trust, nowMs, signal),
    ).rejects.toSatisfy(refusedAs("USAGE", "is not among the trusted ones"));
  });
});
