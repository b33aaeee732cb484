import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveNodeId, StatusCode, StatusCodes } from "node-opcua";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { causes, linkIs, newest, startWire, type Wanted, type Watch, watch } from "./opcua-kit.ts";
import { type OpcuaServer, type OpcuaServerOptions, startOpcuaServer } from "./opcua-server.ts";

const BAD_NOT_CONNECTED = 0x808a0000;
const BAD_NODE_ID_UNKNOWN = 0x80340000;

let shared: OpcuaServer;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  shared = await startOpcuaServer();
});
afterAll(() => shared.close());
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function run(wanted: Wanted, options: Record<string, unknown> = {}): Watch {
  const watched = watch(wanted, { endpoint: shared.url, ...options });
  cleanUps.push(() => watched.stop());
  return watched;
}

async function serve(options: OpcuaServerOptions = {}): Promise<OpcuaServer> {
  const server = await startOpcuaServer(options);
  cleanUps.push(() => server.close());
  return server;
}

async function wire(port: number, host?: string) {
  const between = await startWire(port, host);
  cleanUps.push(() => between.close());
  return between;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "opcua-client-"));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

let names = 0;
const name = () => {
  names += 1;
  return `v${names}`;
};

const samplesOf = (count: number, first: number) => Float32Array.from({ length: count }, (_, i) => first + i);

describe("an OPC UA driver", () => {
  it("gives values of every type", async () => {
    const values = [
      ["Boolean", true, true],
      ["SByte", -128, -128],
      ["Byte", 255, 255],
      ["Int16", -32_768, -32_768],
      ["UInt16", 65_535, 65_535],
      ["Int32", -2_147_483_648, -2_147_483_648],
      ["UInt32", 4_294_967_295, 4_294_967_295],
      ["Int64", [0xffffffff, 0xfffffffe], -2],
      ["UInt64", [0xffffffff, 0xffffffff], "18446744073709551615"],
      ["Float", 1.5, 1.5],
      ["Double", -1e300, -1e300],
      ["String", "läuft", "läuft"],
      ["DateTime", new Date("2026-11-22T08:15:30.123Z"), "2026-11-22T08:15:30.123000Z"],
      ["Guid", "72962B91-FA75-4AE6-8D28-B404DC7DAF63", "72962B91-FA75-4AE6-8D28-B404DC7DAF63"],
      ["ByteString", Buffer.from([0, 255, 16]), "AP8Q"],
      ["NodeId", resolveNodeId("ns=1;s=Pump"), "ns=1;s=Pump"],
      ["StatusCode", StatusCodes.BadNodeIdUnknown, BAD_NODE_ID_UNKNOWN],
      ["QualifiedName", { namespaceIndex: 1, name: "Pump" }, "1:Pump"],
      ["LocalizedText", { locale: "de", text: "Pumpe" }, "Pumpe"],
    ] as const;
    const tags = values.map(([type, value]) => {
      const own = name();
      // A pair is one 64-bit integer, not an array.
      const address = shared.add(own, type, Array.isArray(value) ? [0, 0] : value, {
        isReadable: true,
        isArray: false,
      });
      shared.set(own, value);
      return address;
    });
    const watched = run({ tags });
    for (const [tag, [, , expected]] of values.entries()) {
      expect(await watched.until(newest(tag))).toMatchObject({ value: expected, status: 0 });
    }
  });

  it("gives arrays, and parts of them", async () => {
    const array = shared.add(name(), "Int16", new Int16Array([10, 11, 12, 13]));
    const texts = shared.add(name(), "String", ["a", "b"]);
    const watched = run({ tags: [array, `${array}[1:2]`, texts, `i=2255[0:0]`, `${array}[3:3]`] });
    expect(await watched.until(newest(0))).toMatchObject({ value: [10, 11, 12, 13] });
    expect(await watched.until(newest(1))).toMatchObject({ value: [11, 12] });
    expect(await watched.until(newest(2))).toMatchObject({ value: ["a", "b"] });
    expect(await watched.until(newest(3))).toMatchObject({ value: "http://opcfoundation.org/UA/" });
    expect(await watched.until(newest(4))).toMatchObject({ value: 13 });
  });

  it("gives every change, with its status and the time of its source", async () => {
    const own = name();
    const watched = run({ tags: [shared.add(own, "Double", 1)] });
    await watched.until(newest(0));
    const sourceTime = new Date("2026-11-22T08:15:30.123Z");
    shared.set(own, 2.5, { status: StatusCodes.UncertainLastUsableValue, sourceTime });
    expect(await watched.until(newest(0, ({ value }) => value === 2.5))).toEqual({
      tag: 0,
      value: 2.5,
      status: 0x40900000,
      sourceTimeUs: 1_795_335_330_123_000,
    });
    shared.set(own, 3, { status: StatusCodes.BadSensorFailure });
    expect(await watched.until(newest(0, ({ status }) => status === 0x808c0000))).toMatchObject({
      value: null,
    });
    shared.set(own, Number.NaN);
    expect(await watched.until(newest(0, ({ status }) => status === 0x803c0000))).toMatchObject({
      value: null,
    });
  });

  it("takes a status that nobody knows for bad, without a word on the console", async () => {
    const warn = vi.spyOn(console, "warn");
    const own = name();
    const watched = run({ tags: [shared.add(own, "Double", 1)] });
    await watched.until(newest(0));
    const unknown = StatusCode.makeStatusCode("Good");
    Object.defineProperty(unknown, "value", { value: 0x20ff0000 });
    shared.set(own, 2, { status: unknown });
    expect(await watched.until(newest(0, ({ status }) => status !== 0))).toMatchObject({
      value: null,
      status: 0x80000000,
    });
    expect(warn).not.toHaveBeenCalled();
  });

  it("tells what is wrong with one node while the others go on", async () => {
    const good = shared.add(name(), "Double", 7);
    const secret = shared.add(name(), "Double", 7, { isReadable: false });
    const watched = run({ tags: ["ns=1;s=nobody", "nsu=urn:nobody;i=1", secret, good] });
    expect(await watched.until(newest(0))).toMatchObject({ value: null, status: BAD_NODE_ID_UNKNOWN });
    expect(await watched.until(newest(1))).toMatchObject({ value: null, status: BAD_NODE_ID_UNKNOWN });
    // BadNotReadable
    expect(await watched.until(newest(2))).toMatchObject({ value: null, status: 0x803a0000 });
    expect(await watched.until(newest(3))).toMatchObject({ value: 7, status: 0 });
  });

  it("knows numeric, text, GUID and opaque identifiers and namespaces by their URI", async () => {
    const watched = run({
      tags: [
        "i=2259",
        "nsu=http://opcfoundation.org/UA/;i=2259",
        "ns=1;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63",
        "ns=1;b=AQI=",
      ],
    });
    expect(await watched.until(newest(0))).toMatchObject({ value: 0, status: 0 });
    expect(await watched.until(newest(1))).toMatchObject({ value: 0, status: 0 });
    expect(await watched.until(newest(2))).toMatchObject({ status: BAD_NODE_ID_UNKNOWN });
    expect(await watched.until(newest(3))).toMatchObject({ status: BAD_NODE_ID_UNKNOWN });
  });

  it("makes one subscription for each scan group, and ends them and the session when it stops", async () => {
    const server = await serve();
    const tags = [server.add("a", "Double", 1), server.add("b", "Double", 2)];
    const watched = run({ tags, groups: [[0], [1]] }, { endpoint: server.url });
    await watched.until(newest(0));
    await watched.until(newest(1));
    expect([server.sessions(), server.subscriptions()]).toEqual([1, 2]);
    await watched.stop();
    expect([server.sessions(), server.subscriptions()]).toEqual([0, 0]);
    expect(server.requests("CloseSessionRequest")).toBe(1);
  });

  it("sends no request larger than the server allows", async () => {
    const server = await serve({ limits: { itemsPerCall: 7 } });
    const tags = Array.from({ length: 40 }, (_, i) => server.add(`v${i}`, "UInt16", i));
    const watched = run({ tags }, { endpoint: server.url });
    await watched.until(({ rows }) => (rows.length === 40 ? true : undefined));
    expect(watched.rows.map(({ value }) => value).sort()).toEqual(tags.map((_, i) => i).sort());
    expect(server.requests("CreateMonitoredItemsRequest")).toBe(6);
  });

  it("finds out what the server allows where it was told too much", async () => {
    const server = await serve({ limits: { itemsPerCall: 7 } });
    const tags = Array.from({ length: 20 }, (_, i) => server.add(`v${i}`, "UInt16", i));
    const watched = run({ tags }, { endpoint: server.url, maxItemsPerCall: 1000 });
    await watched.until(({ rows }) => (rows.length === 20 ? true : undefined));
    // 20 and 10 are refused; then 5 + 5 + 5 + 5.
    expect(server.requests("CreateMonitoredItemsRequest")).toBe(6);
    expect(watched.notes).toContainEqual({ kind: "learnt", limits: { maxNodesPerCall: 5 } });
  });
});

describe("an OPC UA driver that loses its server", () => {
  it("says so once, marks every tag, and is back with the server", async () => {
    const server = await startOpcuaServer();
    const address = server.add("v", "Double", 1);
    const watched = run({ tags: [address, "ns=1;s=other"] }, { endpoint: server.url });
    await watched.until(newest(0, ({ value }) => value === 1));
    await server.close();
    expect(await watched.until(linkIs(false))).toContain("made anew");
    expect(await watched.until(newest(0))).toMatchObject({ value: null, status: BAD_NOT_CONNECTED });
    expect(await watched.until(newest(1))).toMatchObject({ status: BAD_NOT_CONNECTED });
    const again = await serve({ port: server.port });
    again.add("v", "Double", 2);
    await watched.until(linkIs(true, 2));
    await watched.until(newest(0, ({ value }) => value === 2));
    const links = watched.notes.flatMap((event) => (event.kind === "link" ? [event.up] : []));
    expect(links).toEqual([true, false, true]);
    expect(causes(watched)).toEqual(["LINK_LOST", "PORT_CLOSED"]);
    expect(watched.rows.filter(({ status }) => status === BAD_NOT_CONNECTED)).toHaveLength(2);
  });

  it("stays connected while nothing changes", async () => {
    const server = await serve();
    const watched = run(
      { tags: [server.add("v", "Double", 1)] },
      { endpoint: server.url, connectTimeoutMs: 1000, heartbeatMs: 1200 },
    );
    await watched.until(newest(0));
    const before = server.requests("ReadRequest");
    await vi.waitUntil(() => server.requests("ReadRequest") >= before + 2, { timeout: 20_000 });
    server.set("v", 2);
    await watched.until(newest(0, ({ value }) => value === 2));
    expect(watched.notes).toEqual([{ kind: "link", up: true, reason: "connected" }]);
  });

  it("connects anew when the connection is cut", async () => {
    const between = await wire(shared.port);
    const own = name();
    const watched = run(
      { tags: [shared.add(own, "Double", 1)] },
      { endpoint: between.url, rewriteHost: true },
    );
    await watched.until(newest(0));
    shared.set(own, 2);
    between.cut();
    await watched.until(newest(0, ({ value }) => value === 2));
  });

  it("notices a connection that is open on one side only", async () => {
    const between = await wire(shared.port, "127.0.0.2");
    const own = name();
    const watched = run(
      { tags: [shared.add(own, "Double", 1)] },
      { endpoint: between.url, heartbeatMs: 100, requestTimeoutMs: 300, connectTimeoutMs: 300 },
    );
    await watched.until(newest(0));
    between.freeze();
    expect(await watched.until(linkIs(false))).toContain("gave no answer (reading i=2259)");
    between.thaw();
    shared.set(own, 2);
    await watched.until(newest(0, ({ value }) => value === 2));
  });

  it("ends although the connection is dead", async () => {
    const between = await wire(shared.port, "127.0.0.2");
    const watched = run({ tags: [shared.add(name(), "Double", 1)] }, { endpoint: between.url });
    await watched.until(newest(0));
    between.freeze();
    await watched.stop();
    expect(watched.logged.join("\n")).toContain("session not closed");
  });

  it("subscribes anew when the server drops its subscriptions", async () => {
    const server = await serve();
    const watched = run({ tags: [server.add("v", "Double", 1)] }, { endpoint: server.url });
    await watched.until(newest(0));
    server.dropSubscriptions();
    expect(await watched.until(linkIs(false))).toMatch(/subscription|notifications/);
    expect(causes(watched)).toEqual(["OPCUA_SUBSCRIPTION_LOST"]);
    server.set("v", 2);
    await watched.until(newest(0, ({ value }) => value === 2));
    expect(server.sessions()).toBe(1);
  });

  it("waits for a server that is not there yet", async () => {
    const server = await startOpcuaServer();
    const { port, url } = server;
    await server.close();
    const watched = run({ tags: ["ns=1;s=v"] }, { endpoint: url });
    expect(await watched.until(linkIs(false))).toContain("nothing listens there");
    const late = await serve({ port });
    late.add("v", "Double", 5);
    await watched.until(newest(0, ({ value }) => value === 5));
  });

  it("ends when it is told to, whatever it waits for", async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const watched = run(
      { tags: ["i=1"] },
      { endpoint: `opc.tcp://127.0.0.1:${typeof address === "object" ? address?.port : 0}` },
    );
    await new Promise((resolve) => silent.once("connection", resolve));
    await watched.stop();
    expect(watched.notes).toEqual([]);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it("ends politely where its consumer walks away", async () => {
    const server = await serve();
    const watched = run({ tags: [server.add("v", "Double", 1)] }, { endpoint: server.url });
    await watched.until(newest(0));
    const left = watched.leave();
    server.set("v", 2);
    await left;
    expect(server.sessions()).toBe(0);
  });
});

describe("an OPC UA driver that dials", () => {
  it("keeps to the host that was written where the server calls itself otherwise", async () => {
    const server = await serve({ hostnameOverride: "plc.invalid", path: "/UA/Plant" });
    const address = server.add("v", "Double", 1);
    const watched = run({ tags: [address] }, { endpoint: `opc.tcp://127.0.0.1:${server.port}` });
    await watched.until(newest(0, ({ value }) => value === 1));
  });

  it("follows the server's own name where it is told to", async () => {
    const server = await serve({ hostnameOverride: "plc.invalid" });
    const watched = run({ tags: ["i=1"] }, { endpoint: server.url, rewriteHost: false });
    expect(await watched.until(linkIs(false))).toContain("plc.invalid");
    expect(server.sessions()).toBe(0);
  });

  it("falls back to the written port where a gateway maps ports", async () => {
    const own = name();
    // The server listens on 127.0.0.1 alone: its own port leads nowhere from here.
    const gateway = await wire(shared.port, "127.0.0.2");
    const watched = run({ tags: [shared.add(own, "Double", 1)] }, { endpoint: gateway.url });
    await watched.until(newest(0, ({ value }) => value === 1));
    expect(gateway.open).toBe(1);
  });

  it("says what the server offers where that is not what was asked for", async () => {
    const watched = run(
      { tags: ["i=1"] },
      { securityMode: "Sign", certificateFolder: await temporaryFolder() },
    );
    expect(await watched.until(linkIs(false))).toContain("does not offer Sign; it offers None with None");
  });

  it("says that the user is not known", async () => {
    const watched = run({ tags: ["i=1"] }, { user: "operator", passwordEnv: "HOME" });
    expect(await watched.until(linkIs(false))).toContain("does not accept this user");
  });

  it("says that a password is missing", async () => {
    const server = await serve({ users: { operator: "secret" } });
    const nobody = run({ tags: ["i=1"] }, { endpoint: server.url });
    expect(await nobody.until(linkIs(false))).toContain("takes no anonymous users");
    const unset = run(
      { tags: ["i=1"] },
      { endpoint: server.url, user: "operator", passwordEnv: "STETHOS_TEST_UNSET" },
    );
    expect(await unset.until(linkIs(false))).toContain("STETHOS_TEST_UNSET");
    const absent = run(
      { tags: ["i=1"] },
      { endpoint: server.url, user: "operator", passwordFile: "/nowhere/password" },
    );
    expect(await absent.until(linkIs(false))).toContain("/nowhere/password");
  });

  it("says that the server has no session left", async () => {
    const server = await serve({ limits: { sessions: 1 } });
    const address = server.add("v", "Double", 1);
    const first = run({ tags: [address] }, { endpoint: server.url });
    await first.until(newest(0));
    const second = run({ tags: [address] }, { endpoint: server.url });
    expect(await second.until(linkIs(false))).toContain("all its sessions are in use");
    expect(causes(second)).toEqual(["OPCUA_LIMIT"]);
    await first.stop();
    await second.until(newest(0, ({ value }) => value === 1));
  });
});

describe("an OPC UA driver facing garbage", () => {
  const ack = "41434b461c000000000000000000010000000100000000000000000000";
  it.each([
    ["random bytes", "deadbeef0102030405060708090a0b0c"],
    ["HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n").toString("hex")],
    ["a truncated acknowledge", ack.slice(0, 20)],
    ["an acknowledge and no more", ack],
    ["an acknowledge and rubbish", `${ack}4f504e46ffffff7f00000000`],
    ["an error message", "455252461000000000007d8000000000"],
    ["a length beyond reason", "41434b46ffffffff"],
    ["nothing but a farewell", ""],
  ])("stays alive and says why it is not connected: %s", async (_, hex) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(Buffer.from(hex, "hex")));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanUps.push(() => new Promise((resolve) => server.close(() => resolve())));
    const address = server.address();
    const endpoint = `opc.tcp://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const watched = run({ tags: ["i=1"] }, { endpoint, connectTimeoutMs: 500 });
    expect(await watched.until(linkIs(false))).toContain(endpoint);
    await watched.stop();
  });
});

describe("a waveform of an OPC UA server", () => {
  it("is read when its sequence changes, and what was missed is counted", async () => {
    const own = name();
    const at = shared.addWaveform(own, "Float", samplesOf(256, 0));
    const watched = run({ waveforms: [{ ...at, samples: 256 }] });
    const first = await watched.until(({ blocks }) => blocks[0]);
    expect(first).toMatchObject({ tag: 0, sampleRateHz: 1000, sequence: 0, missed: 0, status: 0 });
    expect(first.samples).toEqual(samplesOf(256, 0));
    shared.setBlock(own, samplesOf(256, 1000), 4);
    const second = await watched.until(({ blocks }) => blocks[1]);
    expect(second).toMatchObject({ sequence: 4, missed: 3, status: 0 });
    expect(second.samples).toEqual(samplesOf(256, 1000));
  });

  it("goes on counting across connections, and takes a count that runs backwards for a new start", async () => {
    const between = await wire(shared.port, "127.0.0.2");
    const own = name();
    const at = shared.addWaveform(own, "Float", samplesOf(16, 0));
    shared.setBlock(own, samplesOf(16, 1), 10);
    const watched = run({ waveforms: [{ ...at, samples: 16 }] }, { endpoint: between.url });
    await watched.until(({ blocks }) => blocks[0]);
    shared.setBlock(own, samplesOf(16, 2), 13);
    between.cut();
    const next = await watched.until(({ blocks }) => blocks.find(({ sequence }) => sequence === 13));
    expect(next.missed).toBe(2);
    await watched.until(linkIs(true, 2));
    shared.setBlock(own, samplesOf(16, 3), 1);
    expect(await watched.until(({ blocks }) => blocks.find(({ sequence }) => sequence === 1))).toMatchObject({
      missed: 0,
    });
  });

  it("is read again when the device rewrites it meanwhile", async () => {
    const own = name();
    const at = shared.addWaveform(own, "Double", new Float64Array(64));
    let reads = 0;
    shared.onBlockRead(own, () => {
      reads += 1;
      if (reads === 1) shared.setBlock(own, new Float64Array(64).fill(5), 1);
    });
    const watched = run({ waveforms: [{ ...at, samples: 64 }] });
    const block = await watched.until(({ blocks }) => blocks[0]);
    expect(block).toMatchObject({ sequence: 1, missed: 0 });
    expect(block.samples).toEqual(new Float32Array(64).fill(5));
    expect(watched.notes).toContainEqual({ kind: "torn-block", waveform: 0, given: "reread" });
  });

  it("is given up where the device never holds still", async () => {
    const own = name();
    const at = shared.addWaveform(own, "Int16", new Int16Array(64));
    let sequence = 0;
    shared.onBlockRead(own, () => {
      sequence += 1;
      if (sequence <= 3) shared.setBlock(own, new Int16Array(64), sequence);
    });
    const watched = run({ waveforms: [{ ...at, samples: 64 }] });
    const torn = await watched.until(({ notes }) => {
      const all = notes.filter((event) => event.kind === "torn-block");
      return all.length >= 3 ? all : undefined;
    });
    expect(torn.map((event) => event.kind === "torn-block" && event.given)).toEqual([
      "reread",
      "reread",
      "up",
    ]);
    // The change that came last is read once the device holds still.
    expect(await watched.until(({ blocks }) => blocks[0])).toMatchObject({ sequence: 3 });
  });

  it("is read in pieces where it is large", async () => {
    const own = name();
    const samples = Float64Array.from({ length: 150_000 }, (_, i) => i);
    const at = shared.addWaveform(own, "Double", samples);
    const watched = run({ waveforms: [{ ...at, samples: 150_000 }] });
    const block = await watched.until(({ blocks }) => blocks[0]);
    expect(block.samples).toEqual(Float32Array.from(samples));
  });

  it("may be a part of an array", async () => {
    const own = name();
    const at = shared.addWaveform(own, "Int32", new Int32Array([0, 1, 2, 3, 4, 5, 6, 7]));
    const watched = run({ waveforms: [{ ...at, address: `${at.address}[2:5]`, samples: 4 }] });
    const block = await watched.until(({ blocks }) => blocks[0]);
    expect([...block.samples]).toEqual([2, 3, 4, 5]);
  });

  it("is cut to the samples that were asked for", async () => {
    const at = shared.addWaveform(name(), "Float", samplesOf(32, 0));
    const watched = run({ waveforms: [{ ...at, samples: 16 }] });
    expect(await watched.until(({ blocks }) => blocks[0])).toMatchObject({ samples: samplesOf(16, 0) });
  });

  it.each([
    ["shorter than the configuration says", "Float", [1, 2, 3], 0x80890000],
    ["with a sample that is no number", "Float", [...samplesOf(15, 0), Number.NaN], 0x803c0000],
    ["of texts", "String", Array.from({ length: 16 }, () => "x"), 0x80740000],
  ] as const)("that is %s is an empty block of bad status, told once", async (_, type, samples, status) => {
    const own = name();
    const at = shared.addWaveform(own, type, samples as ArrayLike<number>);
    const good = shared.addWaveform(name(), "Float", samplesOf(16, 0));
    const watched = run({
      waveforms: [
        { ...at, samples: 16 },
        { ...good, samples: 16 },
      ],
    });
    const block = await watched.until(({ blocks }) => blocks.find(({ tag }) => tag === 0));
    expect(block).toMatchObject({ status, samples: new Float32Array(0), missed: 0 });
    expect(await watched.until(({ blocks }) => blocks.find(({ tag }) => tag === 1))).toMatchObject({
      status: 0,
    });
    shared.setBlock(own, samples as ArrayLike<number>, 1);
    shared.setBlock(own, samples as ArrayLike<number>, 2);
    await watched.stop();
    expect(watched.blocks.filter(({ tag }) => tag === 0)).toHaveLength(1);
  });

  it("without a sequence or a block is told as such", async () => {
    const at = shared.addWaveform(name(), "Float", samplesOf(16, 0));
    const text = shared.add(name(), "String", "one");
    const missing = "ns=1;s=nobody";
    const watched = run({
      waveforms: [
        { ...at, sequenceAddress: missing, samples: 16 },
        { ...at, address: missing, samples: 16 },
        { ...at, sequenceAddress: text, samples: 16 },
        { ...at, address: "nsu=urn:nobody;i=1", samples: 16 },
      ],
    });
    const statusOf = (waveform: number) =>
      watched.until(({ blocks }) => blocks.find(({ tag }) => tag === waveform)?.status);
    expect(await statusOf(0)).toBe(BAD_NODE_ID_UNKNOWN);
    expect(await statusOf(1)).toBe(BAD_NODE_ID_UNKNOWN);
    expect(await statusOf(2)).toBe(0x80740000);
    expect(await statusOf(3)).toBe(BAD_NODE_ID_UNKNOWN);
  });
});
