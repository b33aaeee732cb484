import { createHash, randomBytes } from "node:crypto";
import type { ObjectStore } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STORES, type StartedStore } from "./stores.ts";

const signal = AbortSignal.timeout(300_000);
const text = (value: string): Uint8Array => Buffer.from(value);

async function bytesOf(store: ObjectStore, key: string, options: { from?: number; ifMatch?: string } = {}) {
  const body = await store.get(key, options, signal);
  if (body === undefined || body === "changed") return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return { ...body, text: Buffer.concat(chunks).toString("latin1") };
}

describe.each(STORES)("$kind as a store of objects", ({ start, honours }) => {
  let started: StartedStore;
  let store: ObjectStore;
  beforeAll(async () => {
    started = await start();
    store = started.store;
  }, 300_000);
  afterAll(() => started?.stop());

  it("finds out by trying whether it honours conditions, and leaves nothing behind", async () => {
    expect(await store.conditions(signal)).toEqual(honours);
    expect(await store.head("probe", signal)).toBeUndefined();
    const left: string[] = [];
    for await (const { key } of store.list("probe/", signal)) left.push(key);
    expect(left).toEqual([]);
  });

  it("gives back what was put", async () => {
    const bytes = randomBytes(700_000);
    expect(await store.put("blobs/sha256/abc", bytes, "none", signal)).toBe("written");
    const head = await store.head("blobs/sha256/abc", signal);
    const found = await bytesOf(store, "blobs/sha256/abc");
    expect(head?.bytes).toBe(bytes.length);
    expect(found).toMatchObject({ bytes: bytes.length, etag: head?.etag });
    if (found === undefined || found === "changed") throw new Error("not there");
    expect(createHash("sha256").update(found.text, "latin1").digest("hex")).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
  });

  it("dates an object by a clock that it also tells", async () => {
    await store.put("dated", text("now"), "none", signal);
    const head = await store.head("dated", signal);
    const nowMs = (await store.nowMs?.(signal)) ?? createSystemClock().nowUs() / 1000;
    expect(Math.abs(nowMs - (head?.modifiedMs ?? 0))).toBeLessThan(60_000);
  });

  it("has nothing where nothing was put", async () => {
    expect(await store.head("no/such", signal)).toBeUndefined();
    expect(await store.get("no/such", {}, signal)).toBeUndefined();
    await store.delete("no/such", signal);
  });

  it("goes on from a byte on, and tells the whole size", async () => {
    await store.put("ranged", text("0123456789"), "none", signal);
    const { etag } = (await store.head("ranged", signal)) ?? { etag: "" };
    expect(await bytesOf(store, "ranged", { from: 4, ifMatch: etag })).toMatchObject({
      text: "456789",
      bytes: 10,
    });
  });

  it("says that an object is another one than before", async () => {
    await store.put("replaced", text("before"), "none", signal);
    const { etag } = (await store.head("replaced", signal)) ?? { etag: "" };
    await store.put("replaced", text("after!"), "none", signal);
    expect(await store.get("replaced", { from: 2, ifMatch: etag }, signal)).toBe("changed");
  });

  it("replaces and deletes", async () => {
    await store.put("gone", text("1"), "none", signal);
    await store.put("gone", text("2"), "none", signal);
    expect(await bytesOf(store, "gone")).toMatchObject({ text: "2" });
    await store.delete("gone", signal);
    expect(await store.head("gone", signal)).toBeUndefined();
  });

  it("lists what begins with a prefix, and nothing of other prefixes", async () => {
    for (const key of ["list/a.json", "list/b/c.json", "listed.json", "list2/d.json"]) {
      await store.put(key, text(key), "none", signal);
    }
    const keys = async (prefix: string) => {
      const found: string[] = [];
      for await (const { key, bytes } of store.list(prefix, signal)) found.push(`${key} ${bytes}`);
      return found.sort();
    };
    expect(await keys("list/")).toEqual(["list/a.json 11", "list/b/c.json 13"]);
    expect(await keys("list")).toEqual([
      "list/a.json 11",
      "list/b/c.json 13",
      "list2/d.json 12",
      "listed.json 11",
    ]);
    expect(await keys("no/such/")).toEqual([]);
  });

  it("ends at once when it is told to", async () => {
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(store.get("ranged", {}, aborted)).rejects.toThrow("enough");
    await expect(store.put("ranged", text(""), "none", aborted)).rejects.toThrow("enough");
  });

  if (honours.ifAbsent) {
    it("creates only where nothing is, replaces only what was seen", async () => {
      expect(await store.put("once", text("1"), { ifAbsent: true }, signal)).toBe("written");
      expect(await store.put("once", text("2"), { ifAbsent: true }, signal)).toBe("conflict");
      const { etag } = (await store.head("once", signal)) ?? { etag: "" };
      expect(await store.put("once", text("3"), { ifMatch: etag }, signal)).toBe("written");
      expect(await store.put("once", text("4"), { ifMatch: etag }, signal)).toBe("conflict");
      expect(await store.put("never", text("5"), { ifMatch: etag }, signal)).toBe("conflict");
      expect(await bytesOf(store, "once")).toMatchObject({ text: "3" });
    });
  }
});
