import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deviceChannels } from "@stethos/edge-agent/core";
import { createRegistry, generateKey, type Pointer, trustPem } from "@stethos/models";
import { testKey } from "@stethos/models/testing";
import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fleet, Pointing } from "../ports/fleet.ts";
import { createFleet, type FleetOptions } from "./fleet.ts";
import { aPlace, aReport, never, type Place } from "./test-kit.ts";

const NODE = "node-1.plant";
const { candidate, stable } = deviceChannels(NODE);
const DAY_MS = 86_400_000;
let place: Place;
let warned: string[];
const clock = createManualClock();
let pointing: Pointing;

const open = (over: Partial<FleetOptions> = {}): Promise<Fleet> =>
  createFleet(
    { ...place.options, ...over },
    { clock, logger: { warn: (_, message) => void warned.push(message) } },
  );

const pointerOf = (channel: string): Promise<Pointer | undefined> =>
  createRegistry(place.store, { clock }).pointer(
    "listener",
    channel,
    place.controller.trust,
    clock.nowUs() / 1000,
    never,
  );

beforeEach(async () => {
  place = await aPlace();
  warned = [];
  pointing = { model: "listener", node: NODE, version: "2.0.0", digest: "2".repeat(64), expiresDays: 90 };
});
afterEach(() => place.remove());

describe("a published version", () => {
  it("is told by the digest of its manifest", async () => {
    const digest = await place.publish("2.0.0", 2);
    const fleet = await open();
    expect(await fleet.published("listener", "2.0.0", never)).toEqual({ version: "2.0.0", digest });
    expect(await fleet.published("listener", "3.0.0", never)).toBeUndefined();
  });

  it("is none when somebody else signed it, also when the controller's own key did", async () => {
    await place.publish("2.0.0", 2, testKey());
    await place.publish("3.0.0", 3, place.controller);
    const fleet = await open();
    expect(await fleet.published("listener", "2.0.0", never)).toBeUndefined();
    expect(await fleet.published("listener", "3.0.0", never)).toBeUndefined();
    expect(warned).toEqual(Array(2).fill("the version cannot be rolled out"));
  });
});

describe("an offer", () => {
  it("points the candidate channel of the device, and no other", async () => {
    const fleet = await open();
    await fleet.offer(pointing, never);
    expect(await pointerOf(candidate)).toMatchObject({
      version: "2.0.0",
      manifestSha256: pointing.digest,
      sequence: 1,
      isRollback: false,
    });
    expect(await pointerOf(stable)).toBeUndefined();
  });

  it("that stands already is not made again, until two thirds of its time are over", async () => {
    const fleet = await open();
    await fleet.offer(pointing, never);
    await fleet.offer(pointing, never);
    await clock.advance(50 * DAY_MS);
    await fleet.offer(pointing, never);
    expect(await pointerOf(candidate)).toMatchObject({ sequence: 1 });
    await clock.advance(11 * DAY_MS);
    await fleet.offer(pointing, never);
    expect(await pointerOf(candidate)).toMatchObject({ sequence: 2, version: "2.0.0" });
  });

  it("whose time is over is made anew", async () => {
    const fleet = await open();
    await fleet.offer(pointing, never);
    await clock.advance(91 * DAY_MS);
    await fleet.offer(pointing, never);
    expect(await pointerOf(candidate)).toMatchObject({ sequence: 2 });
  });

  it("to a device whose name is none is refused", async () => {
    await expect((await open()).offer({ ...pointing, node: "a/b" }, never)).rejects.toMatchObject({
      code: "refused",
    });
  });

  it("of two controllers at once is a conflict for one of them, and stands when it is repeated", async () => {
    // Whoever waits for the folder's lock does so by the clock.
    const deps = { clock: createSystemClock(), logger: { warn: () => undefined } };
    const first = await createFleet(place.options, deps);
    const second = await createFleet(place.options, deps);
    const offers = [first.offer(pointing, never), second.offer({ ...pointing, version: "3.0.0" }, never)];
    const results = await Promise.allSettled(offers);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "conflict" });
    }
    expect(results.some(({ status }) => status === "fulfilled")).toBe(true);
    await second.offer({ ...pointing, version: "3.0.0" }, never);
    const registry = createRegistry(place.store, deps);
    const nowMs = deps.clock.nowUs() / 1000;
    expect(await registry.pointer("listener", candidate, place.controller.trust, nowMs, never)).toMatchObject(
      { version: "3.0.0" },
    );
  });

  it("stands beside two hundred others that were made at once", async () => {
    const fleet = await open();
    const nodes = Array.from({ length: 200 }, (_, i) => `node-${i}`);
    await Promise.all(nodes.map((node) => fleet.offer({ ...pointing, node }, never)));
    const all = await Promise.all(nodes.map((node) => pointerOf(deviceChannels(node).candidate)));
    expect(all.every((pointer) => pointer?.sequence === 1)).toBe(true);
  });
});

describe("a renewal", () => {
  const timesOf = (signedMs: number) => ({ signedMs, expiresMs: signedMs + 90 * DAY_MS });
  const nowMs = (): number => clock.nowUs() / 1000;

  it("signs a pointer anew when a quarter of its time is over, and tells its times", async () => {
    const fleet = await open();
    const offeredMs = nowMs();
    await fleet.offer(pointing, never);
    await clock.advance(22 * DAY_MS);
    expect(await fleet.renew(pointing, never)).toEqual(timesOf(offeredMs));
    expect(await pointerOf(candidate)).toMatchObject({ sequence: 1 });
    await clock.advance(DAY_MS);
    expect(await fleet.renew(pointing, never)).toEqual(timesOf(nowMs()));
    expect(await fleet.renew(pointing, never)).toEqual(timesOf(nowMs()));
    expect(await pointerOf(candidate)).toMatchObject({ sequence: 2, version: "2.0.0", isRollback: false });
    expect(await pointerOf(stable)).toBeUndefined();
  });

  it("signs one anew whose time is over, or that is gone", async () => {
    const fleet = await open();
    await fleet.offer(pointing, never);
    await clock.advance(91 * DAY_MS);
    expect(await fleet.renew(pointing, never)).toEqual(timesOf(nowMs()));
    expect(await pointerOf(candidate)).toMatchObject({ sequence: 2 });
    await fleet.renew({ ...pointing, node: "node-2" }, never);
    expect(await pointerOf(deviceChannels("node-2").candidate)).toMatchObject({ sequence: 1 });
  });

  it.each([
    ["another version", (fleet: Fleet) => fleet.offer({ ...pointing, version: "3.0.0" }, never)],
    ["another manifest", (fleet: Fleet) => fleet.offer({ ...pointing, digest: "3".repeat(64) }, never)],
    ["a return", (fleet: Fleet) => fleet.recall(pointing, never)],
  ])("leaves a pointer alone that names %s, however old", async (_, point) => {
    const fleet = await open();
    await point(fleet);
    await clock.advance(80 * DAY_MS);
    const before = await pointerOf(candidate);
    expect(await fleet.renew(pointing, never)).toBeUndefined();
    expect(await pointerOf(candidate)).toEqual(before);
  });
});

describe("a recall", () => {
  const back = (): Pointing => ({ ...pointing, version: "1.0.0", digest: "1".repeat(64) });

  it("points both channels back, declared, and once", async () => {
    const fleet = await open();
    await fleet.offer(pointing, never);
    await fleet.recall(back(), never);
    await fleet.recall(back(), never);
    expect(await pointerOf(candidate)).toMatchObject({ version: "1.0.0", sequence: 2, isRollback: true });
    expect(await pointerOf(stable)).toMatchObject({ version: "1.0.0", sequence: 1, isRollback: true });
  });

  it("that was cut off between the channels is finished", async () => {
    const fleet = await open();
    await fleet.offer(pointing, never);
    await fleet.recall(back(), never);
    await rm(join(place.folder, "registry/channels/listener", `${stable}.json`));
    await fleet.recall(back(), never);
    expect(await pointerOf(candidate)).toMatchObject({ sequence: 2 });
    expect(await pointerOf(stable)).toMatchObject({ version: "1.0.0" });
  });

  it("to the same version as an earlier one is a new one: the device has followed that already", async () => {
    const fleet = await open();
    await fleet.recall(back(), never);
    await clock.advance(1000);
    await fleet.offer(pointing, never);
    await clock.advance(1000);
    await fleet.recall(back(), never);
    expect(await pointerOf(stable)).toMatchObject({ version: "1.0.0", sequence: 2, isRollback: true });
  });
});

describe("a fleet", () => {
  it("reads reports from the place of the registry, or from their own", async () => {
    await place.report(aReport("node-1", 1), testKey());
    expect((await (await open()).reports(never)).reports).toHaveLength(1);
    const elsewhere = await open({ reports: { url: join(place.folder, "elsewhere") } });
    expect((await elsewhere.reports(never)).reports).toEqual([]);
  });

  it("opens a key with its passphrase, which comes from a file", async () => {
    const { privatePem, publicPem } = generateKey("open sesame");
    const signingKey = join(place.folder, "closed.pem");
    const passphraseFile = join(place.folder, "passphrase");
    await writeFile(signingKey, privatePem);
    await writeFile(passphraseFile, "open sesame\n");
    await expect(open({ signingKey })).rejects.toMatchObject({ code: "refused" });
    await (await open({ signingKey, passphraseFile })).offer(pointing, never);
    const registry = createRegistry(place.store, { clock });
    const trust = trustPem(publicPem);
    const nowMs = clock.nowUs() / 1000;
    expect(await registry.pointer("listener", candidate, trust, nowMs, never)).toMatchObject({ sequence: 1 });
  });

  it.each([
    ["signingKey", { signingKey: "/nowhere.pem" }],
    ["trustedKeys", { trustedKeys: ["/nowhere.pub"] }],
    ["registry", { registry: { url: "ftp://host/x" } }],
  ])("is refused without a usable %s", async (_, over) => {
    await expect(open(over)).rejects.toMatchObject({ name: "FleetError", code: "refused" });
  });

  it("says that the store is away", async () => {
    const url = "s3://bucket/x?endpoint=http://127.0.0.1:1&region=us-east-1";
    process.env["AWS_ACCESS_KEY_ID"] ??= "none";
    process.env["AWS_SECRET_ACCESS_KEY"] ??= "none";
    const fleet = await createFleet(
      { ...place.options, registry: { url } },
      { clock: createSystemClock(), logger: { warn: () => undefined } },
    );
    await expect(fleet.reports(never)).rejects.toMatchObject({ code: "unreachable" });
  });
});
