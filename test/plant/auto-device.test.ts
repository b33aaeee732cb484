import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import type { DriverEvent } from "../../edge-agent/src/ports/driver.ts";
import { type AutoWatch, diagnosisIs, link, memoryFolder, watchAuto } from "./auto-kit.ts";
import { putFloat32, startModbusServer } from "./modbus-server.ts";
import { startWire } from "./opcua-kit.ts";
import { startOpcuaServer } from "./opcua-server.ts";
import { startS7Server } from "./s7-server.ts";
import { zooProfiles } from "./zoo/index.ts";

let memory: Awaited<ReturnType<typeof memoryFolder>>;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  memory = await memoryFolder();
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await memory.remove();
});

async function watching(
  addresses: readonly string[],
  ports: Readonly<Record<string, number>>,
): Promise<AutoWatch> {
  const watch = await watchAuto(addresses, { ports }, memory.path);
  closers.push(watch.stop);
  return watch;
}

const value =
  (tag: number) =>
  ({ values }: AutoWatch) =>
    values.get(tag);
const count = (events: readonly DriverEvent[], kind: DriverEvent["kind"]) =>
  events.filter((event) => event.kind === kind).length;

/** A device of the zoo. */
async function inhabitant(id: string) {
  const profile = zooProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new RangeError(`the zoo has no ${id}`);
  const device = await profile.start({ seed: 7, latencyScale: 0.02 });
  closers.push(device.close);
  return { profile, device, ports: device.endpoints[0].ports as Readonly<Record<string, number>> };
}

/** Of the newest row of a tag. */
function statusOf({ events }: AutoWatch, tag: number): number | undefined {
  const event = events.findLast((one) => one.kind === "batch" && one.batch.tag.includes(tag));
  return event?.kind === "batch" ? event.batch.status[event.batch.tag.indexOf(tag)] : undefined;
}

/** A server that does with each connection what the test says. */
async function startRaw(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

describe("a device at auto://", () => {
  it("is read over S7 by S7 addresses, and after a restart without being asked again who it is", async () => {
    const server = await startS7Server();
    closers.push(server.close);
    const block = server.addDataBlock(1, 100);
    block.bytes.writeFloatBE(42, 0);
    block.publish();
    const first = await watching(["DB1,REAL0"], { s7: server.port });
    expect(await first.until(value(0))).toBe(42);
    expect([first.protocol, first.probed[0]]).toEqual(["s7", "s7"]);
    expect(first.events.map(({ kind }) => kind).slice(0, 4)).toEqual([
      "identified",
      "profile",
      "link",
      "batch",
    ]);
    await first.stop();

    const second = await watching(["DB1,REAL0"], { s7: server.port });
    expect(await second.until(value(0))).toBe(42);
    expect(second.probed).toEqual([]);
    expect(second.events.map(({ kind }) => kind).slice(0, 2)).toEqual(["identified", "profile"]);
  });

  it("is read over Modbus by Modbus addresses", async () => {
    const server = await startModbusServer({ unit: 1 });
    closers.push(server.close);
    putFloat32(server.holding, 10, [21.5]);
    const watch = await watching(["hr:10,FLOAT32"], { modbus: server.port });
    expect(await watch.until(value(0))).toBe(21.5);
    expect([watch.protocol, watch.probed[0]]).toEqual(["modbus-tcp", "modbus"]);
  });

  it("is read over OPC UA by node ids", async () => {
    const server = await startOpcuaServer({ securityModes: ["None"] });
    closers.push(server.close);
    const address = server.add("temperature", "Float", 61.5);
    const watch = await watching([address], { opcua: server.port });
    expect(await watch.until(value(0))).toBe(61.5);
    expect([watch.protocol, watch.probed[0]]).toEqual(["opcua", "opcua"]);
  });

  it("is lost, told so, and read on when it is back, after a look whether it is still the same", async () => {
    const server = await startS7Server();
    const block = server.addDataBlock(1, 100);
    block.bytes.writeFloatBE(42, 0);
    block.publish();
    const watch = await watching(["DB1,REAL0"], { s7: server.port });
    await watch.until(value(0));
    const asked = watch.probed.length;
    await server.close();
    await watch.until(diagnosisIs("LINK_LOST"));
    await watch.until(diagnosisIs("PORT_CLOSED"));
    expect(new Set(watch.probed.slice(asked))).toEqual(new Set(["s7"]));
    const again = await startS7Server({ port: server.port });
    closers.push(again.close);
    const other = again.addDataBlock(1, 100);
    other.bytes.writeFloatBE(43, 0);
    other.publish();
    await watch.until(({ values }) => (values.get(0) === 43 ? true : undefined));
    expect(link(watch)).toMatchObject({ up: true });
    expect(count(watch.events, "identified")).toBe(1);
  });

  it("that refuses every address goes on being read, and says which block is missing", async () => {
    const server = await startS7Server();
    closers.push(server.close);
    const watch = await watching(["DB7,REAL0"], { s7: server.port });
    await watch.until(diagnosisIs("S7_BLOCK_MISSING"));
    await watch.until((seen) => (link(seen)?.up ? true : undefined));
    expect(watch.values.size).toBe(0);
    expect(server.clients()).toBe(1);
  });

  it("that nobody is at has closed ports", async () => {
    const watch = await watching(["DB1,REAL0"], {});
    await watch.until(diagnosisIs("PORT_CLOSED"));
    expect(link(watch)).toMatchObject({ up: false });
  });

  it("that takes connections and hangs up on every S7 request is refused a connection, not called a PLC", async () => {
    const port = await startRaw((socket) => socket.on("data", () => socket.destroy()));
    const watch = await watching(["DB1,REAL0"], { s7: port });
    await watch.until(diagnosisIs("S7_TSAP_REFUSED"));
    expect(count(watch.events, "profile")).toBe(0);
  });

  it("that is a web server is no controller, and is left alone", async () => {
    let connections = 0;
    const port = await startRaw((socket) => {
      connections += 1;
      socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
    });
    const watch = await watching(["hr:0"], { modbus: port });
    await watch.until((seen) => (link(seen) === undefined ? undefined : true));
    expect(link(watch)).toMatchObject({
      up: false,
      diagnosis: { code: expect.stringMatching(/NOT_A_CONTROLLER|MALFORMED_ANSWER/) },
    });
    expect(connections).toBeLessThanOrEqual(4);
    expect(count(watch.events, "profile")).toBe(0);
  });

  it("that speaks another protocol than its tags are written for says which", async () => {
    const server = await startModbusServer({ unit: 1 });
    closers.push(server.close);
    const watch = await watching(["ns=2;s=Temp"], { modbus: server.port });
    await watch.until(diagnosisIs("NO_DRIVER"));
    expect(link(watch)?.reason).toContain(
      `the tags have OPC UA node ids, and the device speaks modbus on port ${server.port}`,
    );
  });

  it("is read through the tunnel where S7 itself is refused, and what cannot travel is marked as such", async () => {
    const { profile, device, ports } = await inhabitant("s7-315-v26-tunnel-only");
    const areas = profile.tunnelAreas ?? [];
    const addresses = [...profile.tags.map(({ address }) => address), "MW10"];
    const watch = await watchAuto(addresses, { ports, tunnel: { areas } }, memory.path);
    closers.push(watch.stop);
    await watch.until(({ values }) => values.size === profile.tags.length || undefined);
    expect(watch.protocol).toBe("s7-tunnel");
    profile.tags.forEach(({ value: expected }, tag) => {
      const got = watch.values.get(tag);
      if (typeof expected === "number") expect(got).toBeCloseTo(expected, 3);
      else expect(got).toBe(expected);
    });
    expect(statusOf(watch, profile.tags.length)).toBe(StatusCode.BadNotSupported);
    expect(device.received.every(({ protocol }) => protocol === "s7" || protocol === "modbus")).toBe(true);
  });

  it("that forbids reading says which switch to set, and goes on being read", async () => {
    const { ports } = await inhabitant("s7-1200-putget-off");
    const watch = await watching(["DB1,REAL0"], ports);
    await watch.until(diagnosisIs("S7_PUT_GET_OFF"));
    expect(link(watch)).toMatchObject({ up: true });
    expect(watch.values.size).toBe(0);
  });

  it("that comes back with other firmware is another device: it is identified anew", async () => {
    const { profile, device, ports } = await inhabitant("s7-315-v26");
    const wire = await startWire(ports["s7"] ?? 0);
    closers.push(wire.close);
    const [first] = profile.tags;
    const watch = await watching([first?.address ?? ""], { s7: Number(new URL(wire.url).port) });
    await watch.until(value(0));
    device.setFirmware?.("V3.2.6");
    wire.cut();
    await watch.until(diagnosisIs("DEVICE_CHANGED"));
    await watch.until(({ events }) => (count(events, "profile") === 2 ? true : undefined));
    const verdicts = watch.events.flatMap((event) =>
      event.kind === "identified" ? [event.fingerprint.firmware] : [],
    );
    expect(verdicts).toEqual(["V2.6.1", "V3.2.6"]);
  });

  it("is identified afresh on request while it is read, and read on", async () => {
    const server = await startS7Server();
    closers.push(server.close);
    server.addDataBlock(1, 100).publish();
    const watch = await watching(["DB1,REAL0"], { s7: server.port });
    await watch.until(value(0));
    const asked = watch.probed.length;
    expect(watch.driver.identify?.()).toBe(true);
    await watch.until(({ events }) => (count(events, "profile") === 2 ? true : undefined));
    expect(watch.probed.length).toBeGreaterThan(asked);
    expect(server.clients()).toBe(1);
  });
});
