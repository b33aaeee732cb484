import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FieldKind } from "../../ports/field-store.ts";
import { keyOf } from "./folder.ts";
import { encodeFrame } from "./frame-file.ts";
import { createFieldStore, type FieldStoreOnDisk } from "./store.ts";
import { aFolder, aFrame, aLabel, aLogger } from "./test-kit.ts";

const signal = new AbortController().signal;
const all = { most: 1000 };
const oneFrame = encodeFrame(aFrame({ id: "x-00", kind: "drift" })).length;

let folder: Awaited<ReturnType<typeof aFolder>>;
let logger: ReturnType<typeof aLogger>;
let store: FieldStoreOnDisk;

const open = (over: { mostBytes?: number; queueFrames?: number } = {}) =>
  createFieldStore({ folder: folder.path, mostBytes: 1e6, queueFrames: 64, ...over }, { logger });
const framesFolder = () => join(folder.path, "frames");
const ids = async () => (await store.list(all, signal)).map(({ id }) => id);
const keepAll = async (...names: readonly (readonly [string, FieldKind])[]) => {
  for (const [i, [id, kind]] of names.entries()) store.keep(aFrame({ id, kind, timeUs: 1e15 + i }));
  await store.settled();
};

beforeEach(async () => {
  folder = await aFolder();
  logger = aLogger();
  store = await open();
});

afterEach(async () => {
  await store.close();
  await folder.remove();
});

describe("field store", () => {
  it("finds a frame at once, also before it lies on disk", async () => {
    const frame = aFrame({ id: "pump|1|0" });
    store.keep(frame);
    expect(await store.find("pump|1|0", signal)).toEqual(frame);
    await store.settled();
    expect(await store.find("pump|1|0", signal)).toEqual(frame);
    expect(await store.find("another", signal)).toBeUndefined();
  });

  it("lists newest first, by kind, by alarm and by what nobody has labelled", async () => {
    await keepAll(["a", "random"], ["b", "alarm"], ["c", "alarm"]);
    store.keep(aFrame({ id: "d", alarm: "alarm-7", timeUs: 1 }));
    await store.settled();
    await store.label(aLabel("c"), signal);
    expect(await ids()).toEqual(["c", "b", "a", "d"]);
    const kinds = await store.list({ kind: "alarm", unlabelledOnly: true, most: 5 }, signal);
    expect(kinds.map(({ id }) => id)).toEqual(["b", "d"]);
    expect((await store.list({ most: 1 }, signal)).map(({ id }) => id)).toEqual(["c"]);
    expect((await store.list({ alarm: "alarm-7", most: 5 }, signal)).map(({ id }) => id)).toEqual(["d"]);
  });

  it("knows frames and labels again after a restart", async () => {
    await keepAll(["a", "alarm"]);
    await store.label(aLabel("a", { verdict: "real" }), signal);
    await store.label(aLabel("a", { verdict: "false", by: "ben" }), signal);
    await store.close();
    store = await open();
    expect(await store.find("a", signal)).toMatchObject({ id: "a", label: { verdict: "false", by: "ben" } });
    const text = await readFile(join(folder.path, "labels", `${keyOf("a")}.json`), "utf8");
    expect(JSON.parse(text).labels.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      "real",
      "false",
    ]);
  });

  it("says so when there is no such frame to label", async () => {
    expect(await store.label(aLabel("gone"), signal)).toBe(false);
  });

  it("lets the least worth go first: random, drift, labelled, then the oldest", async () => {
    await store.close();
    store = await open({ mostBytes: 4 * oneFrame + 20 });
    await keepAll(["x-01", "alarm"], ["x-02", "random"], ["x-03", "drift"], ["x-04", "disagreement"]);
    await store.label(aLabel("x-01"), signal);
    await keepAll(["x-05", "alarm"]);
    expect(await ids()).not.toContain("x-02");
    await keepAll(["x-06", "alarm"]);
    expect(await ids()).not.toContain("x-03");
    await keepAll(["x-07", "alarm"]);
    expect(await ids()).not.toContain("x-01");
    expect((await ids()).sort()).toEqual(["x-04", "x-05", "x-06", "x-07"]);
    expect(store.counts().displaced).toEqual({ alarm: 1, disagreement: 0, drift: 1, random: 1 });
    expect(await readdir(join(folder.path, "labels"))).toEqual([]);
  });

  it("turns a newcomer away that is worth less than all that is there", async () => {
    await store.close();
    store = await open({ mostBytes: 2 * oneFrame + 20 });
    await keepAll(["x-01", "alarm"], ["x-02", "alarm"], ["x-03", "random"]);
    expect((await ids()).sort()).toEqual(["x-01", "x-02"]);
    expect(store.counts()).toMatchObject({ dropped: 1, frames: 2 });
  });

  it("never takes more room than it may, on disk", async () => {
    await store.close();
    const mostBytes = 3 * oneFrame + 20;
    store = await open({ mostBytes });
    for (let i = 10; i < 40; i += 1) await keepAll([`x-${i}`, i % 2 ? "random" : "drift"]);
    let bytes = 0;
    for (const name of await readdir(framesFolder())) bytes += (await stat(join(framesFolder(), name))).size;
    expect(bytes).toBeLessThanOrEqual(mostBytes);
    expect(store.counts().bytes).toBe(bytes);
  });

  it("keeps a frame once, and anew when it turns out to be worth more", async () => {
    await keepAll(["a", "random"], ["a", "random"]);
    store.keep(aFrame({ id: "a", kind: "alarm", alarm: "alarm-1" }));
    store.keep(aFrame({ id: "a", kind: "drift" }));
    await store.settled();
    expect(await store.list(all, signal)).toMatchObject([{ id: "a", kind: "alarm", alarm: "alarm-1" }]);
    expect(store.counts().frames).toBe(1);
  });

  it("drops and counts what the disk is too slow for", async () => {
    await store.close();
    store = await open({ queueFrames: 2 });
    for (const id of ["a", "b", "c", "d"]) store.keep(aFrame({ id }));
    await store.settled();
    expect(await ids()).toHaveLength(2);
    expect(store.counts().dropped).toBe(2);
  });

  it("takes nothing after its end", async () => {
    await store.close();
    store.keep(aFrame({ id: "late" }));
    expect(store.counts()).toMatchObject({ frames: 0, dropped: 1 });
  });

  it("puts aside what it cannot read at its start, and goes on", async () => {
    await keepAll(["good", "alarm"], ["torn", "alarm"], ["labelled", "alarm"]);
    await store.label(aLabel("labelled"), signal);
    await store.close();
    const torn = join(framesFolder(), `${keyOf("torn")}.frame`);
    await writeFile(torn, (await readFile(torn)).subarray(0, 90));
    await writeFile(join(framesFolder(), `${keyOf("noise")}.frame`), "not a frame");
    await writeFile(join(framesFolder(), `${keyOf("swapped")}.frame`), encodeFrame(aFrame({ id: "other" })));
    await writeFile(join(framesFolder(), "half-written.frame.123"), "rest of a write that was cut off");
    await writeFile(join(folder.path, "labels", `${keyOf("labelled")}.json`), "{}");
    store = await open();
    expect((await ids()).sort()).toEqual(["good", "labelled"]);
    expect(store.counts().quarantined).toBe(4);
    expect(await readdir(join(folder.path, "quarantine"))).toHaveLength(4);
    expect((await readdir(framesFolder())).sort()).toEqual(
      [`${keyOf("good")}.frame`, `${keyOf("labelled")}.frame`].sort(),
    );
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toHaveLength(4);
  });

  it("puts a frame aside whose bytes have changed since", async () => {
    await keepAll(["a", "alarm"]);
    const file = join(framesFolder(), `${keyOf("a")}.frame`);
    const bytes = await readFile(file);
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect(await store.find("a", signal)).toBeUndefined();
    expect(store.counts()).toMatchObject({ frames: 0, quarantined: 1 });
  });

  it("keeps only some of what it put aside", async () => {
    await store.close();
    for (let i = 0; i < 20; i += 1) await writeFile(join(framesFolder(), `${keyOf(`${i}`)}.frame`), "noise");
    store = await open();
    expect(await readdir(join(folder.path, "quarantine"))).toHaveLength(16);
  });

  it("counts and tells once what could not be written", async () => {
    // A folder in the place of the file: the rename fails as it does on a broken disk.
    for (const id of ["a", "b"])
      await mkdir(join(framesFolder(), `${keyOf(id)}.frame`, "in the way"), { recursive: true });
    await keepAll(["a", "alarm"], ["b", "alarm"], ["c", "alarm"]);
    expect(store.counts().failed).toBe(2);
    expect(logger.lines.filter((line) => line.startsWith("error"))).toHaveLength(1);
    expect(await ids()).toEqual(["c"]);
  });

  it("has every label that it acknowledged after kill -9", { timeout: 60_000 }, async () => {
    await store.close();
    const child = spawn(process.execPath, [join(import.meta.dirname, "killed-store.ts"), folder.path]);
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 25) child.kill("SIGKILL");
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    store = await open();
    for (const id of acknowledged) {
      expect(await store.find(id, signal)).toMatchObject({ id, label: { frame: id, verdict: "false" } });
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(25);
    expect(store.counts().quarantined).toBe(0);
  });
});
