import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createRandom } from "../random.ts";
import { zooProfiles } from "./index.ts";
import { connectModbus, readModbusTag } from "./modbus-reader.ts";
import { createClientIdentity, readOpcuaTags, visitOpcua } from "./opcua-reader.ts";
import { otherProfiles } from "./other-profiles.ts";
import type { ZooDevice, ZooEndpoint, ZooProfile } from "./zoo-profile.ts";

/** Devices that answer another unit than 1. */
const UNITS: Readonly<Record<string, number>> = {
  "modicon-m340": 255,
  "codesys-modbus": 255,
  "modicon-quantum": 255,
  "single-socket-meter": 0,
};

const running: ZooDevice[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((device) => device.close()));
});

async function start(profile: ZooProfile): Promise<ZooDevice> {
  const device = await profile.start({ seed: 7, latencyScale: 0.02 });
  running.push(device);
  return device;
}

/** Values by tag name, as a client reads them that knows nothing of Stethos. */
async function readAll(profile: ZooProfile, device: ZooDevice): Promise<Record<string, unknown>> {
  const { host, ports } = device.endpoints[0];
  const isOpcua = profile.tags.some(({ address }) => address.startsWith("ns="));
  return isOpcua
    ? await readOpcua(profile, `opc.tcp://${host}:${ports.opcua}`)
    : await readModbus(profile, host, ports.modbus ?? 0);
}

async function readModbus(profile: ZooProfile, host: string, port: number): Promise<Record<string, unknown>> {
  const client = await connectModbus(host, port, 2000);
  try {
    const values: Record<string, unknown> = {};
    for (const tag of profile.tags) {
      values[tag.name] = await readModbusTag(client, tag, UNITS[profile.id] ?? 1);
    }
    return values;
  } finally {
    await new Promise<void>((resolve) => client.close(() => resolve()));
  }
}

async function readOpcua(profile: ZooProfile, url: string): Promise<Record<string, unknown>> {
  const identity = profile.id === "opcua-basic256sha256-only" ? await createClientIdentity() : undefined;
  try {
    return await visitOpcua(url, identity, (session) => readOpcuaTags(session, profile.tags));
  } finally {
    await identity?.forget();
  }
}

const wanted = (profile: ZooProfile) =>
  Object.fromEntries(profile.tags.map(({ name, value }) => [name, value]));

/** Ports on which somebody listens on TCP; those of protocols that the device has not are below 1024. */
const served = ({ bacnet: _udpAlone, ...ports }: ZooEndpoint["ports"]) =>
  Object.values(ports).filter((port) => port >= 1024);

/** Sockets, servers and children of this process. */
const handles = () =>
  process.getActiveResourcesInfo().filter((kind) => /^(TCP|UDP|Process|Pipe)/.test(kind)).length;

async function sendGarbage(host: string, port: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  const socket = connect(port, host);
  // The device may reset at any byte.
  socket.on("error", () => undefined);
  socket.end(Buffer.from(Array.from({ length: 600 }, () => Math.floor(random.uniform() * 256))));
  socket.resume();
  socket.setTimeout(300, () => socket.destroy());
  await once(socket, "close");
}

/** What a client of the device's own protocol can read; S7 addresses that are mapped to registers are not of them. */
const readable = otherProfiles.filter(
  ({ expected, tags, tunnelAreas }) =>
    expected.diagnosis === undefined && tags.length > 0 && tunnelAreas === undefined,
);

describe.each(readable)("$id", (profile) => {
  it("gives a client of its protocol the values of its tags", async () => {
    expect(await readAll(profile, await start(profile))).toEqual(wanted(profile));
  });

  it("serves on after bytes that mean nothing", async () => {
    const device = await start(profile);
    const { host, ports } = device.endpoints[0];
    for (const port of served(ports)) await sendGarbage(host, port, port);
    expect(await readAll(profile, device)).toEqual(wanted(profile));
  });
});

describe.each(zooProfiles)("$id", (profile) => {
  it("leaves nothing open when it is closed", async () => {
    const before = handles();
    const device = await profile.start({ seed: 7, latencyScale: 0.02 });
    expect(handles()).toBeGreaterThan(before);
    await device.close();
    await vi.waitFor(() => expect(handles()).toBeLessThanOrEqual(before));
  });
});
