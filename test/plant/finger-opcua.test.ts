import { builtInSignatures, identify, openOpcuaReader, parseAllowList } from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { type OpcuaServer, type OpcuaServerOptions, startOpcuaServer } from "./opcua-server.ts";

const clock = createSystemClock();
const { signal } = new AbortController();
const servers: OpcuaServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(options: OpcuaServerOptions = {}): Promise<OpcuaServer> {
  const server = await startOpcuaServer(options);
  servers.push(server);
  return server;
}

/** Only over OPC UA, whatever else listens on this machine. */
async function examine(server: OpcuaServer) {
  const fingerprint = await identify(
    { host: "127.0.0.1", ports: { opcua: server.port }, protocols: ["opcua"] },
    { clock, allow: parseAllowList(["127.0.0.1"]), signatures: await builtInSignatures() },
    signal,
  );
  const facts = Object.fromEntries(fingerprint.facts.map(({ key, value }) => [key, value]));
  return { ...fingerprint, facts };
}

const read = (endpointUrl: string, nodes: readonly string[]) =>
  openOpcuaReader({ endpointUrl, connectTimeoutMs: 5000, requestTimeoutMs: 5000 }, { clock }, signal).then(
    async (reader) => {
      const values = await reader.read(nodes, signal);
      await reader.close();
      return values;
    },
  );

/** Type, what the server has, what the reader makes of it. */
const TYPES = [
  ["Boolean", true, true],
  ["SByte", -7, -7],
  ["Byte", 200, 200],
  ["Int16", -30_000, -30_000],
  ["UInt16", 60_000, 60_000],
  ["Int32", -2_000_000_000, -2_000_000_000],
  ["UInt32", 4_000_000_000, 4_000_000_000],
  ["Float", 1.5, 1.5],
  ["Double", -21.25, -21.25],
  ["String", "Ünïcode", "Ünïcode"],
  ["DateTime", new Date(1_700_000_000_123), "2023-11-14T22:13:20.123Z"],
  ["ByteString", Buffer.from("ab"), "YWI="],
  ["Guid", "72962B91-FA75-4AE6-8D28-B404DC7DAF63", "72962b91-fa75-4ae6-8d28-b404dc7daf63"],
] as const;

describe("protocol-finger before an OPC UA server of node-opcua", () => {
  it("learns application, build and limits in eight frames and leaves no session", async () => {
    const server = await serve({
      securityModes: ["None", "SignAndEncrypt"],
      limits: { nodesPerRead: 120, itemsPerCall: 130, sessions: 7 },
    });
    const seen = await examine(server);
    expect(seen.facts).toMatchObject({
      "opcua.speaks": true,
      "opcua.productUri": "NodeOPCUA-Server",
      "opcua.policies": "None,Basic256Sha256",
      "opcua.anonymous": true,
      "opcua.endpointHostMatches": true,
      "opcua.productName": "NodeOPCUA-Server",
      "opcua.maxNodesPerRead": 120,
      "opcua.maxMonitoredItemsPerCall": 130,
      "opcua.maxSessions": 7,
    });
    expect(seen.facts["opcua.certificateSubject"]).toContain("CN=NodeOPCUA@");
    expect(seen.facts["opcua.certificateThumbprint"]).toMatch(/^[0-9a-f]{40}$/);
    expect(seen.nature).toBe("simulator");
    expect(seen.spent).toMatchObject({ connections: 1, frames: 8 });
    expect(server.sessions()).toBe(0);
    expect(server.requests("WriteRequest") + server.requests("CallMethodRequest")).toBe(0);
  });

  it("opens no session where security is wanted, and tells what the server calls its host", async () => {
    const server = await serve({ securityModes: ["SignAndEncrypt"], hostnameOverride: "line7.invalid" });
    const seen = await examine(server);
    expect(seen.facts).toMatchObject({
      "opcua.policies": "Basic256Sha256",
      "opcua.anonymous": false,
      "opcua.endpointHosts": "line7.invalid",
      "opcua.endpointHostMatches": false,
    });
    expect(server.requests("CreateSessionRequest")).toBe(0);
  });

  it("opens no session where a user is wanted", async () => {
    const server = await serve({ users: { anna: "secret" } });
    const seen = await examine(server);
    expect(seen.facts["opcua.anonymous"]).toBe(false);
    expect(server.requests("CreateSessionRequest")).toBe(0);
  });

  it("reads each type", async () => {
    const server = await serve();
    const nodes = TYPES.map(([type, value]) => server.add(type, type, value));
    const values = await read(server.url, nodes);
    expect(values.map(({ value }) => value)).toEqual(TYPES.map(([, , expected]) => expected));
    for (const { status, sourceTimeUs } of values) {
      expect(status).toBe(0);
      expect(sourceTimeUs).toBeGreaterThan(1_600_000_000_000_000);
    }
  });

  it("reads arrays, bad values and unknown nodes side by side, and leaves no session", async () => {
    const server = await serve();
    const array = server.add("Array", "Int16", new Int16Array([1, -2, 3]));
    const secret = server.add("Secret", "Double", 1, { isReadable: false });
    const values = await read(server.url, [array, secret, "ns=1;s=nowhere", "i=2256"]);
    expect(values.map(({ value }) => value)).toEqual([[1, -2, 3], null, null, null]);
    expect(values.map(({ status }) => status >= 0x8000_0000)).toEqual([false, true, true, false]);
    expect(server.sessions()).toBe(0);
  });

  it("says who can read a server that wants security", async () => {
    const server = await serve({ securityModes: ["SignAndEncrypt"] });
    await expect(read(server.url, ["i=2258"])).rejects.toMatchObject({
      code: "PLC_REFUSED",
      diagnosis: "OPCUA_UNTRUSTED",
      message: expect.stringContaining("Basic256Sha256 (SignAndEncrypt)"),
    });
  });
});
