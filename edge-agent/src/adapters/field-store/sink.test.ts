import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createFolderStore, ModelError, type ModelErrorCode, type ObjectStore } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createObjectSink, createReportPlace } from "./sink.ts";
import { aFolder } from "./test-kit.ts";

const signal = new AbortController().signal;
const body = new TextEncoder().encode("samples");

let folder: Awaited<ReturnType<typeof aFolder>>;

beforeEach(async () => {
  folder = await aFolder();
});

afterEach(() => folder.remove());

describe("object sink", () => {
  it("puts an object where the registry's objects lie", async () => {
    const sink = createObjectSink(createFolderStore(folder.path, createSystemClock()));
    await sink.put("field/hall-7/node-1/b/a.bin", body, signal);
    expect(await readFile(join(folder.path, "field/hall-7/node-1/b/a.bin"), "utf8")).toBe("samples");
    expect(sink.name).toContain(folder.path);
  });

  it("sends nothing that is there", async () => {
    const store = createFolderStore(folder.path, createSystemClock());
    let puts = 0;
    const counting: ObjectStore = {
      ...store,
      put: (...all) => {
        puts += 1;
        return store.put(...all);
      },
    };
    const sink = createObjectSink(counting);
    await sink.put("a", body, signal);
    await sink.put("a", body, signal);
    expect(puts).toBe(1);
    await sink.put("a", new TextEncoder().encode("other samples"), signal);
    expect(puts).toBe(2);
  });

  it.each([
    ["REGISTRY_UNREACHABLE", "REGISTRY_UNREACHABLE"],
    ["REGISTRY_REFUSED", "REGISTRY_REFUSED"],
    ["DISK_FULL", "DISK_FULL"],
    ["USAGE", "REGISTRY_REFUSED"],
  ] as const)("tells %s in the agent's words", async (code: ModelErrorCode, expected) => {
    const fail = () => Promise.reject(new ModelError(code, "no"));
    const store = { ...createFolderStore(folder.path, createSystemClock()), head: fail };
    await expect(createObjectSink(store).put("a", body, signal)).rejects.toMatchObject({ code: expected });
  });

  it("lets a bug be a bug, and an end be an end", async () => {
    const store = {
      ...createFolderStore(folder.path, createSystemClock()),
      head: () => Promise.reject(new TypeError("bug")),
    };
    await expect(createObjectSink(store).put("a", body, signal)).rejects.toThrow(TypeError);
    await expect(createObjectSink(store).put("a", body, AbortSignal.abort(new Error("end")))).rejects.toThrow(
      "end",
    );
  });
});

describe("the place of a report", () => {
  it("holds the newest, also when it has as many bytes as the one before", async () => {
    const place = createReportPlace(createFolderStore(folder.path, createSystemClock()), "fleet/node-1.json");
    await place.put(Buffer.from("one"), signal);
    await place.put(Buffer.from("two"), signal);
    expect(await readFile(join(folder.path, "fleet/node-1.json"), "utf8")).toBe("two");
    expect(place.name).toContain("fleet/node-1.json");
  });

  it("says why it takes none, and ends when it is told to", async () => {
    const store: ObjectStore = {
      ...createFolderStore(folder.path, createSystemClock()),
      put: () => Promise.reject(new ModelError("REGISTRY_UNREACHABLE", "away")),
    };
    const place = createReportPlace(store, "fleet/node-1.json");
    await expect(place.put(body, signal)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    await expect(place.put(body, AbortSignal.abort(new Error("end")))).rejects.toThrow("end");
  });
});
