import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ObjectStore } from "../registry/object-store.ts";
import { codeOf, folderError } from "./folder-file.ts";
import { createFolderStore } from "./folder-store.ts";

const signal = AbortSignal.timeout(60_000);

describe("a folder as a store", () => {
  let root: string;
  let store: ObjectStore;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "stethos-store-"));
    store = createFolderStore(root, createSystemClock());
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("has one of fifty that create, and one of fifty that replace", async () => {
    const all = (condition: (etag: string) => Parameters<ObjectStore["put"]>[2], etag = "") =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          store.put("a/b", Buffer.from(`${index} ${etag}`), condition(etag), signal),
        ),
      );
    const created = await all(() => ({ ifAbsent: true }));
    expect(created.filter((answer) => answer === "written")).toHaveLength(1);
    const head = await store.head("a/b", signal);
    const replaced = await all((etag) => ({ ifMatch: etag }), head?.etag);
    expect(replaced.filter((answer) => answer === "written")).toHaveLength(1);
  });

  it("leaves nothing of what it wrote aside", async () => {
    await store.put("a", Buffer.from("1"), "none", signal);
    await store.put("a", Buffer.from("2"), { ifAbsent: true }, signal);
    expect((await readdir(join(root, ".stethos"))).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("lists neither its own files nor hidden ones, and is empty where there is no folder", async () => {
    await store.put("a", Buffer.from("1"), "none", signal);
    await writeFile(join(root, ".hidden"), "x");
    const keys: string[] = [];
    for await (const { key } of store.list("", signal)) keys.push(key);
    expect(keys).toEqual(["a"]);
    for await (const { key } of createFolderStore(join(root, "none"), createSystemClock()).list("", signal)) {
      expect.unreachable(key);
    }
  });

  it.each(["../a", "/a", "a//b", "a/../b", ".stethos/lock.sqlite", "", "a\\b", "a\0b"])(
    "takes no key %j, which could lead out of it",
    async (key) => {
      await expect(store.put(key, Buffer.from("1"), "none", signal)).rejects.toMatchObject({ code: "USAGE" });
      await expect(store.head(key, signal)).rejects.toMatchObject({ code: "USAGE" });
    },
  );

  it("gives an object as it was when it was asked for, whatever replaces it", async () => {
    await store.put("a", Buffer.alloc(600_000, "1"), "none", signal);
    const body = await store.get("a", {}, signal);
    await store.put("a", Buffer.from("2"), "none", signal);
    if (body === undefined || body === "changed") throw new Error("not there");
    let bytes = 0;
    for await (const chunk of body.chunks) {
      bytes += chunk.length;
      expect(chunk.every((byte) => byte === 0x31)).toBe(true);
    }
    expect(bytes).toBe(600_000);
  });

  it("says what to do where the folder is a file, or a key a folder", async () => {
    await writeFile(join(root, "file"), "x");
    const inFile = createFolderStore(join(root, "file"), createSystemClock());
    expect(await inFile.head("a", signal)).toBeUndefined();
    await expect(inFile.put("a", Buffer.from("1"), "none", signal)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
    await store.put("folder/a", Buffer.from("1"), "none", signal);
    await expect(store.head("folder", signal)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    await expect(store.delete("folder", signal)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    expect((await stat(join(root, "folder/a"))).size).toBe(1);
  });
});

describe("an error of the disk", () => {
  it.each([
    ["ENOSPC", "DISK_FULL"],
    ["EDQUOT", "DISK_FULL"],
    ["EACCES", "REGISTRY_REFUSED"],
    ["EROFS", "REGISTRY_REFUSED"],
    ["EIO", "REGISTRY_UNREACHABLE"],
  ])("%s is %s", (code, expected) => {
    const cause = Object.assign(new Error("said"), { code });
    expect(folderError("folder /srv", "a cannot be written", cause).code).toBe(expected);
    expect(codeOf(cause)).toBe(code);
  });
});
