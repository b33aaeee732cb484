import { setTimeout as pause } from "node:timers/promises";
import type { OutboxBatch } from "@stethos/edge-agent/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";
import { type Sink, SinkError } from "../../edge-agent/src/ports/sink.ts";
import { ordinaryBatch, ordinaryBatches, readingsOf, TAGS } from "../contract/sink-batches.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { type Mosquitto, startMosquitto } from "./mosquitto.ts";
import { PacketType, packetsOf, readConnect, readPublish } from "./mqtt-packets.ts";
import { type Observer, observe } from "./observer.ts";
import { memoryFile, NODE, type NodeMessage, nodeMessages, sparkplugSink } from "./sparkplug-bench.ts";
import { decodeSparkplug } from "./sparkplug-decode.ts";
import { openTcpGate, type TcpGate } from "./tcp-gate.ts";

const never = new AbortController().signal;
/** Longer than a busy machine takes for anything. */
const PATIENT = { connectTimeoutMs: 20_000, ackTimeoutMs: 20_000 };
/** protoc --encode: "Node Control/Rebirth" = true. */
const REBIRTH = Buffer.from(
  "08eaf2f5a8a02b12210a144e6f646520436f6e74726f6c2f5265626972746818eaf2f5a8a02b200b7001",
  "hex",
);
/** protoc --encode: a value for the pump's temperature. */
const WRITE = Buffer.from(
  "08eaf2f5a8a02b12310a1d736974652f617265612f6c696e652f63656c6c2f70756d702f74656d7018eaf2f5a8a02b200a690000000000c05840",
  "hex",
);
const NCMD = `spBv1.0/works/NCMD/${NODE}`;
const STATE = "spBv1.0/STATE/scada-1";
const state = (online: boolean, timestamp: number) => JSON.stringify({ online, timestamp });

describe("a Sparkplug edge node", () => {
  let mosquitto: Mosquitto;
  let gate: TcpGate;
  let observer: Observer;
  let stateFile: ReturnType<typeof memoryFile>;
  const sinks: Sink[] = [];

  beforeEach(async () => {
    mosquitto = await startMosquitto();
    gate = await openTcpGate(mosquitto.port);
    observer = await observe(mosquitto.port);
    stateFile = memoryFile();
  });

  afterEach(async () => {
    gate.set("up");
    for (const sink of sinks.splice(0)) await sink.close();
    await observer.close();
    await gate.close();
    await mosquitto.close();
  });

  function open(
    options: Partial<Parameters<typeof sparkplugSink>[0]> = {},
    deps: Parameters<typeof sparkplugSink>[1] = {},
  ): Sink {
    const urls = [`mqtt://127.0.0.1:${gate.port}`];
    const sink = sparkplugSink({ urls, rebirthMinMs: 0, ...PATIENT, ...options }, { stateFile, ...deps });
    sinks.push(sink);
    return sink;
  }

  /** What the node has said until now. */
  async function said(): Promise<NodeMessage[]> {
    await observer.caughtUp();
    return nodeMessages(observer.seen);
  }

  const verbs = (messages: readonly NodeMessage[]) => messages.map(({ verb }) => verb).join(" ");
  const bdSeqOf = ({ payload }: NodeMessage) => payload.metrics.find(({ name }) => name === "bdSeq")?.value;
  const ofVerb = (messages: readonly NodeMessage[], verb: string) =>
    messages.filter((message) => message.verb === verb);

  /** So many in all. */
  const births = (count: number) => observer.until(({ topic }) => topic.includes("/NBIRTH/"), count);

  it("tck-id-topics-nbirth-bdseq-increment: counts from 0, one more at each CONNECT, also over a restart", async () => {
    const first = open();
    await first.deliver([ordinaryBatch(1)], never);
    gate.reset();
    await deliver(first, [ordinaryBatch(2)]);
    await first.close();
    await deliver(open(), [ordinaryBatch(3)]);
    const messages = await said();
    expect(ofVerb(messages, "NBIRTH").map(bdSeqOf)).toEqual([0, 1, 2]);
    expect(stateFile.text).toBe('{"bdSeq":2}');
  });

  it("tck-id-payloads-nbirth-bdseq-inc: goes from 255 to 0", async () => {
    stateFile.text = '{"bdSeq":255}';
    await open().deliver([ordinaryBatch(1)], never);
    expect(ofVerb(await said(), "NBIRTH").map(bdSeqOf)).toEqual([0]);
  });

  it("tck-id-payloads-nbirth-bdseq-repeat: tells in the birth the bdSeq of this CONNECT's will", async () => {
    const sink = open();
    for (const number of [1, 2, 3]) {
      await deliver(sink, [ordinaryBatch(number)]);
      gate.reset();
    }
    await deliver(sink, [ordinaryBatch(4)]);
    const wills = connects().map(({ will }) => decodeSparkplug(will).metrics);
    const born = ofVerb(await said(), "NBIRTH").map(bdSeqOf);
    expect(born).toEqual([0, 1, 2, 3]);
    expect(wills.map(([metric]) => [metric?.name, metric?.datatype, metric?.value])).toEqual(
      born.map((bdSeq) => ["bdSeq", 4, bdSeq]),
    );
  });

  it("tck-id-operational-behavior-data-commands-rebirth-action-3: keeps the bdSeq at a rebirth", async () => {
    await open().deliver([ordinaryBatch(1)], never);
    await observer.publish(NCMD, REBIRTH);
    await births(2);
    expect(ofVerb(await said(), "NBIRTH").map(bdSeqOf)).toEqual([0, 0]);
    expect(connects()).toHaveLength(1);
  });

  it("tck-id-payloads-sequence-num-incrementing: counts 0 to 255 over all messages of the node", async () => {
    const sink = open();
    // Two devices in each, five messages a device: the rows of a tag lie in the same millisecond.
    await sink.deliver(ordinaryBatches(1, 30), never);
    const messages = await said();
    expect(messages.length).toBeGreaterThan(300);
    expect(messages.map(({ payload }) => payload.seq)).toEqual(messages.map((_, i) => i % 256));
    expect(new Set(messages.map(({ device }) => device))).toEqual(new Set([undefined, "plc-1", "plc-2"]));
  });

  it("tck-id-topics-ndeath-seq: gives a death no sequence number", async () => {
    const sink = open();
    await sink.deliver([ordinaryBatch(1)], never);
    gate.reset();
    await observer.until(({ topic }) => topic.includes("/NDEATH/"));
    await deliver(sink, [ordinaryBatch(2)]);
    await sink.close();
    const deaths = ofVerb(await said(), "NDEATH");
    expect(deaths.map(({ payload }) => payload.seq)).toEqual(deaths.map(() => undefined));
    expect(new Set(deaths.map(bdSeqOf))).toEqual(new Set([0, 1]));
  });

  it("tck-id-payloads-ndeath-will-message-qos: will of QoS 1 and all births and data of QoS 0, nothing retained", async () => {
    const sink = open();
    await sink.deliver(ordinaryBatches(1, 2), never);
    await observer.publish(NCMD, REBIRTH);
    await births(2);
    expect(connects()).toMatchObject([
      { willTopic: `spBv1.0/works/NDEATH/${NODE}`, willQos: 1, willRetain: false, cleanStart: true },
    ]);
    const sent = publishes();
    expect(sent.length).toBeGreaterThan(20);
    for (const { topic, qos, retain, dup } of sent)
      expect([topic, qos, retain, dup]).toEqual([topic, 0, false, false]);
  });

  it("tck-id-payloads-ddata-order: sends no data before NBIRTH and all DBIRTHs", async () => {
    await open().deliver([ordinaryBatch(1)], never);
    expect(verbs(await said())).toMatch(/^NBIRTH DBIRTH DBIRTH (DDATA ?)+( DDEATH)?$/);
  });

  it("tck-id-operational-behavior-data-commands-rebirth-action-1: stops data at once until the births are out", async () => {
    const sink = open();
    await sink.deliver([ordinaryBatch(1)], never);
    gate.set("slow");
    const all = deliver(sink, ordinaryBatches(2, 20));
    await observer.publish(NCMD, REBIRTH);
    gate.set("up");
    await births(2);
    await all;
    const messages = await said();
    // Whatever came between: each NBIRTH begins at 0, and its device births follow before any data.
    expect(verbs(messages).split("NBIRTH").slice(1)).toEqual([
      expect.stringMatching(/^( DBIRTH)+ DDATA/),
      expect.stringMatching(/^( DBIRTH)+( DDATA|$)/),
    ]);
    expectSequence(messages);
  });

  it("answers a storm of rebirth requests with one birth each interval", async () => {
    const sink = open({ rebirthMinMs: 300 });
    await sink.deliver([ordinaryBatch(1)], never);
    for (let i = 0; i < 50; i += 1) await observer.publish(NCMD, REBIRTH);
    await births(2);
    await sink.deliver([ordinaryBatch(2)], never);
    const times = ofVerb(await said(), "NBIRTH").map(({ payload }) => payload.timestamp ?? 0);
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    // The clock of the stamps and that of the pauses are two.
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(290);
  });

  it("tck-id-operational-behavior-data-publish-nbirth: names every tag before its first value, and a new one by a new birth", async () => {
    const sink = open();
    const [temp, , , flow] = TAGS;
    if (temp === undefined || flow === undefined) throw new Error("no tags");
    await sink.deliver([readingsOf(1, [{ tag: 0, value: 1, sequence: 1 }], { tags: [temp] })], never);
    const born = ofVerb(await said(), "DBIRTH").flatMap(({ payload }) =>
      payload.metrics.map(({ name }) => name),
    );
    expect(born.sort()).toEqual(TAGS.map(({ id }) => id).sort());
    const added = { ...flow, id: "site/area/line/cell/pump/added" };
    await sink.deliver([readingsOf(2, [{ tag: 0, value: 2, sequence: 1 }], { tags: [added] })], never);
    const messages = await said();
    const second = messages.slice(messages.findLastIndex(({ verb }) => verb === "NBIRTH"));
    expect(verbs(second)).toBe("NBIRTH DBIRTH DBIRTH DDATA");
    expect(second[2]?.payload.metrics.map(({ name }) => name)).toContain(added.id);
    expectSequence(messages);
  });

  it("tck-id-operational-behavior-data-publish-dbirth-values: gives the newest value in a birth, null where there is none", async () => {
    const sink = open();
    await sink.deliver([readingsOf(1, [{ tag: 0, value: 21.5, sequence: 1 }])], never);
    await observer.publish(NCMD, REBIRTH);
    await births(2);
    const last = ofVerb(await said(), "DBIRTH").findLast(({ device }) => device === "plc-1");
    const byName = new Map(last?.payload.metrics.map((metric) => [metric.name, metric]));
    const [temp = "", running = ""] = TAGS.map(({ id }) => id);
    expect(byName.get(temp)).toMatchObject({
      datatype: 10,
      value: 21.5,
      properties: { engUnit: { value: "Cel" } },
    });
    expect(byName.get(running)).toMatchObject({ isNull: true });
    expect(byName.get(running)).not.toHaveProperty("value");
  });

  it("tck-id-payloads-alias-uniqueness: gives no alias twice in the whole node", async () => {
    await open().deliver([ordinaryBatch(1)], never);
    const metrics = (await said())
      .filter(({ verb }) => verb.endsWith("BIRTH"))
      .flatMap(({ payload }) => payload.metrics);
    const aliases = metrics.map(({ alias }) => alias).filter((alias) => alias !== undefined);
    expect(new Set(aliases).size).toBe(aliases.length);
    expect(aliases.length).toBe(TAGS.length + 1);
  });

  it("tck-id-payloads-alias-data-cmd-requirement: sends data by alias alone, without name and type", async () => {
    await open().deliver([ordinaryBatch(1)], never);
    for (const { payload } of ofVerb(await said(), "DDATA")) {
      for (const metric of payload.metrics) {
        expect(metric).not.toHaveProperty("name");
        expect(metric).not.toHaveProperty("datatype");
        expect(metric.alias).toBeGreaterThan(0);
        expect(metric.timestamp).toBeGreaterThan(0);
      }
    }
  });

  it("tck-id-operational-behavior-data-commands-rebirth-name-aliases: offers the rebirth as false, by name and without alias", async () => {
    await open().deliver([ordinaryBatch(1)], never);
    const [birth] = ofVerb(await said(), "NBIRTH");
    const metric = birth?.payload.metrics.find(({ name }) => name === "Node Control/Rebirth");
    expect(metric).toMatchObject({ datatype: 11, value: false });
    expect(metric).not.toHaveProperty("alias");
  });

  it.each([
    ["3.1.1", []],
    ["5", [4]],
  ] as const)(
    "tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath: says NDEATH, then DISCONNECT (MQTT %s)",
    async (protocolVersion, reason) => {
      const sink = open({ protocolVersion });
      await sink.deliver([ordinaryBatch(1)], never);
      await sink.close();
      const packets = packetsOf(gate.sent()[0] ?? Buffer.alloc(0));
      const goodbye = packets.slice(-2);
      expect(goodbye.map(({ type }) => type)).toEqual([PacketType.PUBLISH, PacketType.DISCONNECT]);
      expect(readPublish(goodbye[0] ?? packets[0] ?? never0()).topic).toBe(`spBv1.0/works/NDEATH/${NODE}`);
      // tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50: reason 0x04, Disconnect with Will Message.
      expect([...(goodbye[1]?.body.subarray(0, 1) ?? [])]).toEqual(reason);
      const deaths = ofVerb(await said(), "NDEATH");
      expect(deaths.length).toBeGreaterThan(0);
      expect(deaths.map(bdSeqOf)).toEqual(deaths.map(() => 0));
    },
  );

  it("tck-id-operational-behavior-device-ddeath: buries a device that is gone, and gives it a birth when it is back", async () => {
    const sink = open();
    const gone = StatusCode.BadNotConnected;
    await sink.deliver([readingsOf(1, [{ tag: 3, value: 1, sequence: 1 }])], never);
    await sink.deliver([readingsOf(2, [{ tag: 3, value: null, sequence: 2, status: gone }])], never);
    await sink.deliver([readingsOf(3, [{ tag: 3, value: 2, sequence: 3 }])], never);
    const messages = await said();
    expect(verbs(messages.filter(({ device }) => device === "plc-2"))).toBe(
      "DBIRTH DDATA DDATA DDEATH DBIRTH DDATA",
    );
    expectSequence(messages);
  });

  describe("with a primary host", () => {
    const primary = { primaryHostId: "scada-1", hostWaitMs: 20_000 };

    it("tck-id-operational-behavior-edge-node-birth-sequence-wait: waits with its births for an online STATE", async () => {
      const sink = open({ ...primary, hostWaitMs: 300 });
      await expect(sink.deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({ fault: "unreachable" });
      expect(verbs(await said())).toBe("");
      await observer.publish(STATE, state(true, 1000), { qos: 1, retain: true });
      await deliver(sink, [ordinaryBatch(1)]);
      expect(verbs(await said())).toMatch(/^NBIRTH DBIRTH DBIRTH DDATA/);
      expect(connects()).toHaveLength(1);
    });

    it("tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp: does not believe what is older", async () => {
      await observer.publish(STATE, state(true, 2000), { qos: 1, retain: true });
      const sink = open(primary);
      await sink.deliver([ordinaryBatch(1)], never);
      // tck-id-operational-behavior-edge-node-termination-host-offline-timestamp
      await observer.publish(STATE, state(false, 1999), { qos: 1 });
      await observer.publish(STATE, "ONLINE", { qos: 1 });
      await observer.caughtUp();
      await sink.deliver([ordinaryBatch(2)], never);
      const messages = await said();
      expect(ofVerb(messages, "NDEATH")).toEqual([]);
      expect(connects()).toHaveLength(1);
    });

    it("tck-id-operational-behavior-edge-node-termination-host-offline: says NDEATH and leaves when the host goes", async () => {
      await observer.publish(STATE, state(true, 1000), { qos: 1, retain: true });
      const sink = open(primary);
      await sink.deliver([ordinaryBatch(1)], never);
      await observer.publish(STATE, state(false, 1000), { qos: 1, retain: true });
      await observer.until(({ topic }) => topic.includes("/NDEATH/"));
      await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({ fault: "unreachable" });
      const messages = await said();
      const death = messages.findIndex(({ verb }) => verb === "NDEATH");
      expect(verbs(messages.slice(death))).toMatch(/^(NDEATH ?)+$/);
    });

    it("tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk: goes on to the server that has the host", async () => {
      const second = await startMosquitto();
      const there = await observe(second.port);
      try {
        await observer.publish(STATE, state(true, 1000), { qos: 1, retain: true });
        await there.publish(STATE, state(true, 500), { qos: 1, retain: true });
        const urls = [`mqtt://127.0.0.1:${gate.port}`, `mqtt://127.0.0.1:${second.port}`];
        const sink = open({ ...primary, urls });
        await sink.deliver([ordinaryBatch(1)], never);
        await observer.publish(STATE, state(false, 1001), { qos: 1, retain: true });
        await observer.until(({ topic }) => topic.includes("/NDEATH/"));
        await deliver(sink, [ordinaryBatch(2)]);
        await there.caughtUp();
        expect(verbs(nodeMessages(there.seen))).toMatch(/^NBIRTH DBIRTH (DBIRTH )?DDATA/);
        // ...-single-server: at one at a time.
        expect(nodeMessages(there.seen).map(bdSeqOf)[0]).toBe(1);
        await sink.close();
      } finally {
        await there.close();
        await second.close();
      }
    });
  });

  it("marks the backlog as historical, and never as the current value of a birth", async () => {
    const sink = open();
    await sink.deliver([readingsOf(1, [{ tag: 0, value: 50, sequence: 9 }])], never);
    await sink.deliver([readingsOf(0, [{ tag: 0, value: 10, sequence: 1 }], { isBacklog: true })], never);
    await observer.publish(NCMD, REBIRTH);
    await births(2);
    const messages = await said();
    const data = ofVerb(messages, "DDATA").map(({ payload }) => payload.metrics[0]);
    expect(data.map((metric) => [metric?.value, metric?.isHistorical])).toEqual([
      [50, undefined],
      [10, true],
    ]);
    const last = ofVerb(messages, "DBIRTH").findLast(({ device }) => device === "plc-1");
    expect(last?.payload.metrics[0]?.value).toBe(50);
  });

  it("writes nothing: refuses and logs every command but the rebirth, also a rebirth that the server has kept", async () => {
    const lines: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (fields, message) => lines.push({ fields, message }),
      child: () => logger,
    };
    await observer.publish(NCMD, REBIRTH, { retain: true });
    await open({ protocolVersion: "3.1.1" }, { logger }).deliver([ordinaryBatch(1)], never);
    await observer.publish(NCMD, WRITE);
    await observer.publish(`spBv1.0/works/DCMD/${NODE}/plc-1`, WRITE);
    await observer.publish(`spBv1.0/works/DCMD/${NODE}/plc-1`, REBIRTH);
    await observer.publish(NCMD, Buffer.from([0xff, 0xff]));
    await observer.publish(NCMD, REBIRTH);
    await births(2);
    expect(ofVerb(await said(), "NBIRTH")).toHaveLength(2);
    expect(lines.map(({ message, fields }) => [message, fields["metrics"]])).toEqual([
      ["refused a Sparkplug command: nothing is written", ["site/area/line/cell/pump/temp"]],
      ["refused a Sparkplug command: nothing is written", ["site/area/line/cell/pump/temp"]],
      ["refused a Sparkplug command: nothing is written", ["Node Control/Rebirth"]],
      ["got a Sparkplug command that is none", undefined],
    ]);
  });

  it("warns of a second node with its group and id", async () => {
    const warnings: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (_, message) => warnings.push(message),
      child: () => logger,
    };
    await open({}, { logger }).deliver([ordinaryBatch(1)], never);
    await observer.caughtUp();
    expect(warnings).toEqual([]);
    const other = open({ clientId: "the-other" }, { stateFile: memoryFile('{"bdSeq":7}') });
    await other.deliver([ordinaryBatch(2)], never);
    await expect
      .poll(() => warnings, { timeout: 20_000 })
      .toEqual([expect.stringContaining("another Sparkplug edge node")]);
  });

  it("has delivered only what the server has answered for, though nobody acknowledges QoS 0", async () => {
    const sink = open({ ackTimeoutMs: 1000 });
    await deliver(sink, [ordinaryBatch(1)]);
    gate.set("cut-after-request");
    await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({ fault: "unreachable" });
    const last = packetsOf(gate.sent().at(-1) ?? Buffer.alloc(0)).at(-1);
    expect(last?.type).toBe(PacketType.SUBSCRIBE);
  });

  it("makes a metric a text when its values are of two types", async () => {
    const sink = open();
    await sink.deliver([readingsOf(1, [{ tag: 0, value: 1.5, sequence: 1 }])], never);
    await sink.deliver([readingsOf(2, [{ tag: 0, value: "stop", sequence: 2 }])], never);
    await sink.deliver(
      [
        readingsOf(3, [
          { tag: 0, value: true, sequence: 3 },
          { tag: 0, value: [1, 2], sequence: 4 },
        ]),
      ],
      never,
    );
    const messages = await said();
    expect(ofVerb(messages, "NBIRTH")).toHaveLength(2);
    expect(
      ofVerb(messages, "DDATA").flatMap(({ payload }) => payload.metrics.map(({ value }) => value)),
    ).toEqual([1.5, "stop", "true", "[1,2]"]);
  });

  const connects = () =>
    gate.sent().flatMap((stream) =>
      packetsOf(stream)
        .filter(({ type }) => type === PacketType.CONNECT)
        .map(readConnect),
    );
  const publishes = () =>
    gate.sent().flatMap((stream) =>
      packetsOf(stream)
        .filter(({ type }) => type === PacketType.PUBLISH)
        .map(readPublish),
    );
});

const never0 = (): never => {
  throw new Error("no packet");
};

/** As the agent does: again, until it is there. */
async function deliver(sink: Sink, batches: readonly OutboxBatch[]): Promise<void> {
  for (;;) {
    try {
      await sink.deliver(batches, never);
      return;
    } catch (thrown) {
      if (!(thrown instanceof SinkError)) throw thrown;
      await pause(10);
    }
  }
}

/** From each NBIRTH on: 0, 1, ... 255, 0. */
function expectSequence(messages: readonly NodeMessage[]): void {
  let next = 0;
  for (const { verb, payload } of messages) {
    if (verb === "NDEATH") continue;
    if (verb === "NBIRTH") next = 0;
    expect([verb, payload.seq]).toEqual([verb, next]);
    next = (next + 1) % 256;
  }
}
