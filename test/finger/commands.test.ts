import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fingerprint } from "@stethos/protocol-finger";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startScript, temporaryFolder } from "../e2e/processes.ts";
import { type ModbusServer, startModbusServer } from "../plant/modbus-server.ts";
import { type OpcuaServer, startOpcuaServer } from "../plant/opcua-server.ts";
import { type S7Server, startS7Server } from "../plant/s7-server.ts";
import { zooProfiles } from "../plant/zoo/index.ts";
import type { ZooDevice } from "../plant/zoo/zoo-profile.ts";

/** The command line as a process of its own, against servers that others have written. */

const schemaFile = join(import.meta.dirname, "../../edge-agent/schemas/reading.schema.json");
const isReading = new Ajv2020({ allErrors: true, allowUnionTypes: true })
  .addFormat("date-time", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  .compile(JSON.parse(readFileSync(schemaFile, "utf8")) as object);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

interface Ran {
  readonly code: number | string;
  readonly output: string;
  readings(): readonly Record<string, unknown>[];
}

async function finger(...args: string[]): Promise<Ran> {
  const child = startScript("protocol-finger/src/main.ts", args, { XDG_STATE_HOME: folder.path });
  const code = await child.ended();
  const output = child.output();
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  return { code, output, readings: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

/** Each reading has the form of the agent's. */
function values({ readings }: Ran): readonly unknown[] {
  return readings().map((reading) => {
    expect(isReading(reading), JSON.stringify(isReading.errors)).toBe(true);
    return reading["value"];
  });
}

describe("an S7 controller (snap7's own server)", () => {
  let plc: S7Server;
  let at: string[];

  beforeAll(async () => {
    plc = await startS7Server({ pduSize: 240 });
    const block = plc.addDataBlock(1, 64);
    block.bytes.writeFloatBE(21.5, 0);
    block.bytes.writeInt16BE(-7, 4);
    block.bytes.writeUInt8(0b100, 6);
    block.bytes.set([10, 5, ...Buffer.from("pumps")], 8);
    block.publish();
    at = ["--port", `s7=${plc.port}`, "--protocols", "s7", "--spacing", "0"];
  });
  afterAll(() => plc.close());

  it("is read by its addresses, bad ones with their reasons", async () => {
    const ran = await finger(
      "read",
      "127.0.0.1",
      "DB1,REAL0",
      "DB1.DBW4:INT",
      "DB1,X6.2",
      "DB1,STRING8.10",
      "DB9,INT0",
      "DB1,INT200",
      ...at,
    );
    expect(values(ran)).toEqual([21.5, -7, true, "pumps", null, null]);
    expect(ran.readings().map(({ status }) => status)).toEqual([
      "Good",
      "Good",
      "Good",
      "Good",
      "BadNodeIdUnknown",
      "BadNodeIdUnknown",
    ]);
    expect(ran.code).toBe(0);
  });

  it("is known, and explained from memory without another byte", async () => {
    const file = join(folder.path, "plc.json");
    const probe = await finger("probe", "127.0.0.1", "--json", ...at);
    const fingerprint = probe.readings()[0] as unknown as Fingerprint;
    expect(fingerprint).toMatchObject({
      vendor: "Siemens",
      orderNumber: expect.stringMatching(/^6ES7 315-2EH14/),
    });
    expect(fingerprint.spent.connections).toBeLessThanOrEqual(4);
    expect(fingerprint.spent.frames).toBeLessThanOrEqual(12);
    await writeFile(file, JSON.stringify(fingerprint));
    const explained = await finger("explain", file);
    expect(explained.output).toMatch(/Evidence\n[├└]─ s7, port \d+\n/);
    expect(explained.output).toMatch(/source {2}\S/);
  });
});

describe("a Modbus device (modbus-serial's server)", () => {
  let plc: ModbusServer;
  let at: string[];

  beforeAll(async () => {
    plc = await startModbusServer();
    plc.holding.set([0x41ac, 0, 0, 0x41ac, 0xffff, 3], 10);
    plc.input.set([0x1234, 0x5678, 0x9abc, 0xdef0], 0);
    plc.coils.set([1, 0, 1], 4);
    plc.discrete[7] = 1;
    at = ["--port", `modbus=${plc.port}`, "--protocols", "modbus", "--spacing", "0"];
  });
  afterAll(() => plc.close());

  it("is read from all of its tables, in every order of words", async () => {
    const ran = await finger(
      ...[
        "read",
        "127.0.0.1",
        "hr:10,FLOAT32",
        "hr:12,FLOAT32@CDAB",
        "hr:14,INT16",
        "hr:14",
        "hr:15.1",
        "40016",
      ],
      ...["ir:0,UINT32", "ir:0,UINT32@DCBA", "ir:0,UINT64", "30001,UINT16[2]", "coil:4[3]", "di:7", "00005"],
      ...at,
    );
    expect(values(ran)).toEqual([
      21.5,
      21.5,
      -1,
      65_535,
      true,
      3,
      0x12345678,
      0x78563412,
      "1311768467463790320",
      [0x1234, 0x5678],
      [true, false, true],
      true,
      true,
    ]);
    expect(ran.code).toBe(0);
  });

  it("is read by S7 addresses too where its registers are told", async () => {
    const areas = join(folder.path, "areas.yaml");
    await writeFile(areas, "- { kind: holding, db: 7, startRegister: 10, endRegister: 19, byteBase: 100 }\n");
    const ran = await finger("read", "127.0.0.1", "DB7,REAL100", "DB7,WORD108", "--areas", areas, ...at);
    expect(values(ran)).toEqual([21.5, 0xffff]);
  });
});

describe("an OPC UA server (node-opcua's)", () => {
  let server: OpcuaServer;
  let at: string[];
  let addresses: string[];

  beforeAll(async () => {
    server = await startOpcuaServer();
    addresses = [
      server.add("temperature", "Double", 21.5),
      server.add("running", "Boolean", true),
      server.add("curve", "Int16", [1, -2, 3]),
    ];
    at = ["--port", `opcua=${server.port}`, "--protocols", "opcua", "--spacing", "0"];
  });
  afterAll(() => server.close());

  it("is read by node ids, with the server's own time", async () => {
    const ran = await finger("read", "127.0.0.1", ...addresses, "ns=1;s=nothing", ...at);
    expect(values(ran)).toEqual([21.5, true, [1, -2, 3], null]);
    expect(ran.readings()[3]).toMatchObject({ status: "BadNodeIdUnknown", protocol: "opcua" });
    const [first] = ran.readings();
    expect(first?.["sourceTime"]).not.toBe(first?.["agentTime"]);
    expect(server.sessions()).toBe(0);
    expect(ran.code).toBe(0);
  });
});

describe("the process", () => {
  it("ends quietly when its reader leaves", async () => {
    const plc = await startModbusServer();
    const child = startScript("protocol-finger/src/main.ts", [
      ...["read", "127.0.0.1", "hr:0", "--period", "1", "--no-memory"],
      ...["--port", `modbus=${plc.port}`, "--protocols", "modbus", "--spacing", "0"],
    ]);
    await child.line(/"sequence":1/);
    child.process.stdout?.destroy();
    expect(await child.ended()).toBe(0);
    expect(child.output()).not.toContain("EPIPE");
    await plc.close();
  });

  it("ends a tunnel politely on SIGTERM", async () => {
    const plc = await startModbusServer();
    const areas = join(folder.path, "areas.yaml");
    await writeFile(areas, "- { kind: holding, db: 1, startRegister: 0, endRegister: 9 }\n");
    const child = startScript("protocol-finger/src/main.ts", [
      ...["tunnel", "--listen", "127.0.0.1:0", "--plc", `modbus://127.0.0.1:${plc.port}`, "--areas", areas],
    ]);
    await child.line(/connected to the PLC/);
    expect(await child.stop("SIGTERM")).toBe(0);
    expect(child.output()).toContain("ended: 0 clients");
    await plc.close();
  });
});

describe("a device of the zoo", () => {
  let device: ZooDevice | undefined;
  afterEach(() => device?.close());

  async function start(id: string, ...protocols: ("s7" | "modbus")[]): Promise<string[]> {
    device = await zooProfiles.find((profile) => profile.id === id)?.start({ seed: 7, latencyScale: 0.02 });
    const ports = device?.endpoints[0].ports ?? {};
    const at = protocols.flatMap((protocol) => ["--port", `${protocol}=${ports[protocol]}`]);
    return [...at, "--protocols", protocols.join(","), "--spacing", "0"];
  }

  it("that refuses S7 is not given up without a word of the way through its registers", async () => {
    const at = await start("s7-315-v26-tunnel-only", "s7", "modbus");
    const { code, output } = await finger("read", "127.0.0.1", "DB1,REAL0", ...at);
    expect(output).toMatch(/^S7_TSAP_REFUSED\n {2}\S/m);
    expect(output).toContain(
      "may travel through this device's Modbus registers: name them with --areas FILE",
    );
    expect(code).toBe(1);
  });

  it("that only plays a controller is called what it is, with as much certainty, and is no unknown device", async () => {
    const at = await start("decoy-conpot", "s7");
    const { code, output } = await finger("probe", "127.0.0.1", ...at);
    expect(output).toMatch(/127\.0\.0\.1: no controller \(honeypot\)\n {2}sure {8}9\d % \(honeypot\)/);
    expect(code).toBe(1);
    const told = await finger("explain", "127.0.0.1", ...at);
    expect(told.output).toMatch(/It is a honeypot, which only plays a controller, and that is 9\d % sure\./);
    expect(told.output).not.toContain("name plate");
  });
});
