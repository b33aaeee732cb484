import { connect } from "node:net";
import {
  type ByteEntry,
  builtInSignatures,
  type Fingerprint,
  identify,
  type ProtocolId,
  parseAllowList,
} from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { startModbusServer } from "./modbus-server.ts";
import { startOpcuaServer } from "./opcua-server.ts";
import { startS7Server } from "./s7-server.ts";
import { type Door, openDoor } from "./zoo/tcp-door.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Stands before a server and keeps what comes for it. */
async function openRecorder(port: number): Promise<{ readonly door: Door; readonly received: Buffer[] }> {
  const received: Buffer[] = [];
  const door = await openDoor({}, (client) => {
    const server = connect(port, "127.0.0.1");
    server.once("close", () => client.destroy());
    client.once("close", () => server.destroy());
    server.on("error", () => client.destroy());
    client.on("data", (chunk) => received.push(chunk));
    client.pipe(server);
    server.pipe(client);
  });
  closers.push(() => door.close());
  return { door, received };
}

/** Asks everything of one server, and compares what it saw with what we say that we sent. */
async function examine(protocol: ProtocolId, port: number): Promise<Fingerprint> {
  const { door, received } = await openRecorder(port);
  const sent: ByteEntry[] = [];
  const fingerprint = await identify(
    { host: "127.0.0.1", ports: { [protocol]: door.port }, protocols: [protocol], inventory: true },
    {
      clock: createSystemClock(),
      allow: parseAllowList(["127.0.0.0/8"]),
      signatures: await builtInSignatures(),
      budget: { spacingMs: 0 },
      onBytes: (entry) => {
        if (entry.direction === "sent") sent.push(entry);
      },
    },
    new AbortController().signal,
  );
  expect(Buffer.concat(received).toString("hex")).toBe(
    Buffer.concat(sent.map(({ bytes }) => bytes)).toString("hex"),
  );
  expect(fingerprint.spent).toMatchObject({ connections: door.accepted, frames: sent.length });
  expect(door.accepted).toBeLessThanOrEqual(4);
  expect(sent.length).toBeLessThanOrEqual(12);
  expect(sent.every(({ rule }) => rule !== undefined)).toBe(true);
  return fingerprint;
}

describe("the budget of a fingerprint, before servers that others wrote", () => {
  it("knows snap7's server for what it plays and for what it is", async () => {
    const server = await startS7Server({ pduSize: 240 });
    closers.push(server.close);
    const fingerprint = await examine("s7", server.port);
    expect(fingerprint).toMatchObject({ vendor: "Siemens", family: "S7-300", nature: "simulator" });
    expect(fingerprint.confidence).toBeLessThan(0.9);
    expect(fingerprint.profile).toMatchObject({ mode: "s7-compat", pduSize: 240, jobsInFlight: 1 });
  });

  it("finds the unit that modbus-serial's server answers as, and claims no maker", async () => {
    const server = await startModbusServer({ unit: 1 });
    closers.push(server.close);
    const fingerprint = await examine("modbus", server.port);
    expect(fingerprint.protocols).toMatchObject([{ id: "modbus", state: "speaks" }]);
    expect(fingerprint.profile).toMatchObject({ mode: "modbus", unit: 1 });
    expect(fingerprint.confidence).toBeLessThan(0.9);
    expect(fingerprint.diagnoses).toMatchObject([{ code: "UNKNOWN_DEVICE" }]);
  });

  it("reads what node-opcua's server was built as and takes its leave", async () => {
    const server = await startOpcuaServer();
    closers.push(server.close);
    const fingerprint = await examine("opcua", server.port);
    expect(fingerprint.protocols).toMatchObject([{ id: "opcua", state: "speaks" }]);
    expect(fingerprint.profile).toMatchObject({
      mode: "opcua",
      endpointUrl: expect.stringContaining("127.0.0.1"),
    });
    expect(server.sessions()).toBe(0);
  });
});
