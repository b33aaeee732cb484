import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { mqttSinkOptions } from "../../edge-agent/src/adapters/mqtt/options.ts";
import { createMqttSink } from "../../edge-agent/src/adapters/mqtt/sink.ts";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";
import { batchOfStream, ordinaryBatch, readingsOf, TAGS } from "../contract/sink-batches.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { makeCertificates } from "./certificates.ts";
import { type MosquittoOptions, startMosquitto } from "./mosquitto.ts";
import { observe } from "./observer.ts";
import { openOldServer } from "./old-server.ts";

const never = new AbortController().signal;

describe("the MQTT sink", () => {
  const ends: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function broker(options: MosquittoOptions = {}) {
    const mosquitto = await startMosquitto(options);
    ends.push(() => mosquitto.close());
    return mosquitto;
  }

  async function watch(port: number) {
    const observer = await observe(port);
    ends.push(() => observer.close());
    return observer;
  }

  function open(port: number, options: object = {}, scheme = "mqtt"): Sink {
    const url = `${scheme}://127.0.0.1:${port}`;
    const sink = createMqttSink(
      mqttSinkOptions.parse({ url, ackTimeoutMs: 20_000, connectTimeoutMs: 20_000, ...options }),
      {
        name: "plant",
        node: "edge-1",
        clock: createSystemClock(),
        logger: silentLogger,
      },
    );
    ends.push(() => sink.close());
    return sink;
  }

  const json = (payload: Uint8Array | undefined): unknown =>
    JSON.parse(Buffer.from(payload ?? []).toString("utf8"));

  it("sends a reading as JSON on the topic of its tag, with QoS 1 and the row's name", async () => {
    const { port } = await broker();
    const observer = await watch(port);
    await open(port).deliver([readingsOf(7, [{ tag: 0, value: 21.5, sequence: 41 }])], never);
    await observer.caughtUp();
    const [, reading] = observer.seen;
    expect(reading).toMatchObject({ topic: "stethos/site/area/line/cell/pump/temp", qos: 1, retain: false });
    expect(json(reading?.payload)).toEqual({
      tag: "site/area/line/cell/pump/temp",
      value: 21.5,
      unit: "Cel",
      quality: "good",
      statusCode: 0,
      status: "Good",
      sourceTime: "2026-11-23T08:00:07.000000Z",
      agentTime: "2026-11-23T08:00:07.000250Z",
      sequence: 41,
      device: "plc-1",
      protocol: "s7",
      address: "DB1,REAL0",
      stream: "readings",
      node: "edge-1",
      epoch: "00c0ffee00c0ffee",
      number: 7,
      row: 0,
    });
  });

  it("sends the other streams on topics of their own", async () => {
    const { port } = await broker();
    const observer = await watch(port);
    const streams = ["scores", "health", "alarms", "gaps"] as const;
    await open(port).deliver(
      streams.map((stream, i) => batchOfStream(i + 1, stream)),
      never,
    );
    await observer.caughtUp();
    expect(observer.seen.slice(1).map(({ topic }) => topic)).toEqual([
      "stethos/_scores/site/area/line/cell/pump/vibration",
      "stethos/_health/site/area/line/cell/pump",
      "stethos/_alarms/site/area/line/cell/pump",
      "stethos/_gaps/edge-1",
    ]);
  });

  it("sends the readings of a device together where it is told to, a line each", async () => {
    const { port } = await broker();
    const observer = await watch(port);
    await open(port, { mode: "batch" }).deliver([ordinaryBatch(1)], never);
    await observer.caughtUp();
    const lines = observer.seen
      .slice(1)
      .map(({ topic, payload }) => [
        topic,
        Buffer.from(payload).toString("utf8").trimEnd().split("\n").length,
      ]);
    expect(lines).toEqual([
      ["stethos/_batches/edge-1/plc-1", 15],
      ["stethos/_batches/edge-1/plc-2", 5],
    ]);
  });

  it("says by a retained message that it is online, and offline when it ends, goodbye or not", async () => {
    const { port } = await broker();
    const observer = await watch(port);
    const status = () =>
      observer.seen
        .filter(({ topic }) => topic === "stethos/_status/edge-1")
        .map(({ payload }) => json(payload));
    const [online, offline] = [true, false].map((is) => ({ node: "edge-1", online: is }));
    const sink = open(port);
    await sink.deliver([ordinaryBatch(1)], never);
    await sink.close();
    await observer.caughtUp();
    expect(status()).toEqual([online, offline]);
    // The other one takes over its session: the server sends the will of the first.
    await open(port, { clientId: "c" }).deliver([ordinaryBatch(2)], never);
    await open(port, { clientId: "c" }).deliver([ordinaryBatch(3)], never);
    await observer.until(({ topic }) => topic === "stethos/_status/edge-1", 5);
    expect(status().slice(2)).toEqual(expect.arrayContaining([online, offline, online]));
    const late = await watch(port);
    await late.caughtUp();
    expect(late.seen.map(({ topic, retain }) => [topic, retain])).toEqual([["stethos/_status/edge-1", true]]);
  });

  it.each(["code", "hang-up"] as const)("takes MQTT 3.1.1 where a server knows no 5 (%s)", async (how) => {
    const { port } = await broker();
    const old = await openOldServer(port, how);
    ends.push(() => old.close());
    const sink = open(old.port);
    expect(await sink.deliver([ordinaryBatch(1)], never)).toEqual({ refused: [] });
    expect(old.levels).toEqual([5, 4]);
    await sink.close();
    const strict = open(old.port, { protocolVersion: "5" });
    await expect(strict.deliver([ordinaryBatch(1)], never)).rejects.toThrow();
  });

  it("speaks TLS with an authority and a certificate of its own, and to nobody whom it does not know", async () => {
    const made = await makeCertificates();
    ends.push(() => made.remove());
    const tls = { caFile: made.caFile, ...made.server };
    const { port } = await broker({
      tls,
      extra: ["require_certificate true", "use_identity_as_username true"],
    });
    const known = { caFile: made.caFile, ...made.client };
    expect(await open(port, known, "mqtts").deliver([ordinaryBatch(1)], never)).toEqual({ refused: [] });
    await expect(open(port, made.client, "mqtts").deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({
      fault: "denied",
      message: expect.stringContaining("caFile"),
    });
    await expect(
      open(port, { caFile: made.caFile }, "mqtts").deliver([ordinaryBatch(1)], never),
    ).rejects.toThrow();
  });

  it("says which file it cannot read, and never what is in one", async () => {
    const { port, folder } = await broker({ users: { edge: "secret-1" } });
    const passwordFile = join(folder, "password");
    const sink = open(port, { username: "edge", passwordFile });
    await expect(sink.deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({
      fault: "denied",
      message: expect.stringContaining(passwordFile),
    });
    await writeFile(passwordFile, "secret-2\n");
    const refused = await sink.deliver([ordinaryBatch(1)], never).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ fault: "denied" });
    expect(String(refused)).not.toContain("secret");
    await writeFile(passwordFile, "secret-1\n");
    expect(await sink.deliver([ordinaryBatch(1)], never)).toEqual({ refused: [] });
  });

  it("refuses what is longer than the server takes, and sends the rest", async () => {
    const { port } = await broker({ extra: ["max_packet_size 2000"] });
    const observer = await watch(port);
    const rows = [
      { tag: 0, value: 1, sequence: 1 },
      { tag: 2, value: "x".repeat(2000), sequence: 1 },
      { tag: 3, value: 2, sequence: 1 },
    ];
    const batch = readingsOf(1, rows);
    const { refused } = await open(port).deliver([batch], never);
    expect(refused).toMatchObject([
      { row: 1, reason: expect.stringMatching(/^its message has \d+ bytes, and \d+ are the most$/) },
    ]);
    await observer.caughtUp();
    expect(observer.seen.slice(1).map(({ topic }) => topic)).toEqual(
      [0, 3].map((tag) => `stethos/${TAGS[tag]?.id}`),
    );
    const many = Array.from({ length: 60 }, (_, i) => ({ tag: 0, value: i, sequence: i }));
    expect(await open(port, { mode: "batch" }).deliver([readingsOf(2, many)], never)).toEqual({
      refused: [],
    });
  });

  it("refuses a reading without a time, and sends the rest", async () => {
    const { port } = await broker();
    const rows = [1, 2, 3].map((value) => ({ tag: 0, value, sequence: value }));
    const batch = readingsOf(1, rows);
    if (batch.content.stream !== "readings") throw new Error("no readings");
    batch.content.sourceTimeUs[1] = Number.NaN;
    const { refused } = await open(port).deliver([batch], never);
    expect(refused).toEqual([{ batch, row: 1, reason: "NaN us is not a time" }]);
  });

  it("keeps the order of a thousand messages with few of them on their way", async () => {
    const { port } = await broker();
    const observer = await watch(port);
    const rows = Array.from({ length: 1000 }, (_, i) => ({ tag: 0, value: i, sequence: i }));
    await open(port, { inFlight: 7 }).deliver([readingsOf(1, rows)], never);
    await observer.caughtUp();
    const values = observer.seen.slice(1).map(({ payload }) => (json(payload) as { value: number }).value);
    expect(values).toEqual(rows.map(({ value }) => value));
  });
});
