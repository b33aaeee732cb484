import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import snap7 from "node-snap7";
import NodeS7 from "nodes7";
import { afterEach, describe, expect, it } from "vitest";
import { zooProfiles } from "./index.ts";
import { runInNamespace } from "./namespace.ts";
import type { ZooDevice, ZooProfile } from "./zoo-profile.ts";

/** Clients that others wrote must see in our simulators what the profiles say. */

const running: ZooDevice[] = [];
const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await Promise.all(running.splice(0).map((device) => device.close()));
});

function profileOf(id: string): ZooProfile {
  const profile = zooProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new TypeError(`no profile ${id}`);
  return profile;
}

async function start(id: string): Promise<number> {
  const device = await profileOf(id).start({ seed: 1, latencyScale: 0.1 });
  running.push(device);
  return device.endpoints[0].ports.s7 ?? 0;
}

/** Profiles that tell who they are, by the slot of their CPU. */
const NAMED: readonly (readonly [string, number])[] = [
  ["s7-315-v26", 2],
  ["s7-315-2dp-cp343-lean", 2],
  ["im151-8", 2],
  ["s7-300-protected", 2],
  ["s7-300-pg-full", 2],
  ["s7-315-v26-modbuspn", 2],
  ["s7-317-cp343-modbuscp", 2],
  ["s7-416-cp443", 3],
  ["s7-400h", 3],
  ["s7-1200-putget-off", 1],
  ["s7-1511-2013", 1],
];

/** S7 connections of the OP's type: the programmer's are taken in one profile. */
const OP = 2;

type Done<T> = (error: number | false | null, result: T) => void;

describe("snap7's client", () => {
  async function connect(id: string, slot: number): Promise<InstanceType<typeof snap7.S7Client>> {
    const port = await start(id);
    const client = new snap7.S7Client();
    client.SetParam(client.RemotePort, port);
    client.SetConnectionType(OP);
    await ask<undefined>(client, (done) =>
      client.ConnectTo("127.0.0.1", 0, slot, (error) => done(error, undefined)),
    );
    open.push(() => void client.Disconnect());
    return client;
  }

  function ask<T>(client: InstanceType<typeof snap7.S7Client>, call: (done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) =>
      call((error, result) => {
        if (typeof error === "number" && error !== 0) reject(new Error(client.ErrorText(error)));
        else resolve(result);
      }),
    );
  }

  it.each(NAMED)("is told by %s who it is", async (id, slot) => {
    const { expected } = profileOf(id);
    const client = await connect(id, slot);
    // Its version is the last three bytes of the list: the boot loader's, "A" 32.9.9, not the firmware's.
    expect(await ask(client, (done) => client.GetOrderCode(done))).toEqual({
      Code: expected.orderNumber?.padEnd(20),
      V1: 32,
      V2: 9,
      V3: 9,
    });
    expect(await ask(client, (done) => client.GetCpuInfo(done))).toMatchObject({
      ModuleTypeName: expected.model,
      SerialNumber: expected.serial,
      Copyright: "Original Siemens Equipment",
    });
    expect(await ask(client, (done) => client.PlcStatus(done))).toBe(client.S7CpuStatusRun);
  });

  it.each([
    ["s7-315-v26", 1, 0, 1],
    ["s7-300-protected", 1, 3, 3],
  ])("is told by %s how it is protected", async (id, schal, par, rel) => {
    const client = await connect(id, 2);
    expect(await ask(client, (done) => client.GetProtection(done))).toMatchObject({
      sch_schal: schal,
      sch_par: par,
      sch_rel: rel,
    });
  });

  it.each([
    ["s7-315-v26", 240, 16],
    ["s7-315-2dp-cp343-lean", 240, 4],
    ["im151-8", 240, 12],
    ["s7-416-cp443", 480, 64],
  ])("is told by %s how much it takes", async (id, pdu, connections) => {
    const client = await connect(id, id.startsWith("s7-416") ? 3 : 2);
    expect(client.PDULength()).toBe(pdu);
    expect(await ask(client, (done) => client.GetCpInfo(done))).toMatchObject({
      MaxPduLength: pdu,
      MaxConnections: connections,
    });
  });

  it("reads a data block", async () => {
    const client = await connect("s7-315-v26", 2);
    const bytes = await ask<Buffer>(client, (done) => client.DBRead(1, 0, 12, done));
    expect(bytes.toString("hex")).toBe("422a0000fa380e07075bcd15");
    await expect(ask(client, (done) => client.DBRead(99, 0, 12, done))).rejects.toThrow("Item not available");
    await expect(ask(client, (done) => client.DBRead(1, 250, 12, done))).rejects.toThrow(
      "Address out of range",
    );
  });

  it("is told by snap7's own server that it is in STOP", async () => {
    const client = await connect("s7-300-stop", 2);
    expect(await ask(client, (done) => client.PlcStatus(done))).toBe(client.S7CpuStatusStop);
  });

  it("is kept out as a programmer where others hold those connections", async () => {
    const port = await start("s7-300-pg-full");
    const client = new snap7.S7Client();
    client.SetParam(client.RemotePort, port);
    await expect(
      ask(client, (done) => client.ConnectTo("127.0.0.1", 0, 2, (error) => done(error, undefined))),
    ).rejects.toThrow();
  });
});

describe("nodes7", () => {
  /** What differs from rack 0 and slot 2 of a programmer, which is how nodes7 connects. */
  const PATHS: Readonly<Record<string, object>> = {
    "s7-300-pg-full": { localTSAP: 0x0100, remoteTSAP: 0x0202 },
    "s7-416-cp443": { slot: 3 },
    "s7-400h": { slot: 3 },
    "s7-1511-2013": { slot: 1 },
    "logo-8": { localTSAP: 0x0100, remoteTSAP: 0x2000 },
    "sinamics-g120": { slot: 0, doNotOptimize: true },
  };

  const READABLE = [
    "s7-315-v26",
    "im151-8",
    "s7-300-pg-full",
    "s7-315-v26-modbuspn",
    "s7-315-v32",
    "s7-300-stop",
    "snap7-pdu-480",
    "snap7-pdu-960",
    "snap7-default",
    "s7-416-cp443",
    "s7-400h",
    "s7-1511-2013",
    "logo-8",
    "s7-200-smart",
    "sinamics-g120",
  ];

  async function readAll(id: string): Promise<Readonly<Record<string, unknown>>> {
    const port = await start(id);
    const client = new NodeS7({ silent: true });
    const parameters = { host: "127.0.0.1", port, rack: 0, slot: 2, timeout: 5_000, ...PATHS[id] };
    await new Promise<void>((resolve, reject) =>
      client.initiateConnection(parameters, (error) => (error === undefined ? resolve() : reject(error))),
    );
    open.push(() => new Promise((resolve) => client.dropConnection(() => resolve())));
    client.addItems(profileOf(id).tags.map(({ address }) => address));
    return await new Promise((resolve) => client.readAllItems((_, values) => resolve(values)));
  }

  it.each(READABLE)("reads every tag of %s", async (id) => {
    const wanted = profileOf(id).tags.map(({ address, value }) => [address, value]);
    expect(await readAll(id)).toEqual(Object.fromEntries(wanted));
  });
});

describe("mbpoll", () => {
  it.each([
    ["a REAL of the first area", ["-t", "4:float", "-B", "-r", "0"], "42.5"],
    ["an INT of the first area", ["-t", "4", "-r", "2"], "64056 (-1480)"],
    ["a DINT of the first area", ["-t", "4:int", "-B", "-r", "4"], "123456789"],
    ["a REAL of the second area", ["-t", "4:float", "-B", "-r", "2100"], "325000"],
    ["a coil", ["-t", "0", "-r", "10"], "1"],
  ])("reads %s of an S7-300 that runs MODBUSPN", async (_, args, value) => {
    const device = await profileOf("s7-315-v26-modbuspn").start({ seed: 1, latencyScale: 0.1 });
    running.push(device);
    const port = `${device.endpoints[0].ports.modbus}`;
    const once = ["-m", "tcp", "-a", "1", "-0", "-c", "1", "-1", "-q", "-p", port, ...args, "127.0.0.1"];
    const { stdout } = await promisify(execFile)("mbpoll", once);
    expect(stdout).toContain(`\t${value}\n`);
  });
});

describe("nmap", () => {
  const child = join(import.meta.dirname, "judge-child.ts");

  it("names every device by s7-info", async () => {
    const ids = ["s7-315-v26", "s7-315-2dp-cp343-lean", "im151-8", "s7-1200-putget-off"];
    const reports = await Promise.all(
      ids.map((id) =>
        runInNamespace(child, [id, "nmap", "-n", "-Pn", "-sV", "-p102", "--script", "s7-info", "127.0.0.1"]),
      ),
    );
    for (const [i, report] of reports.entries()) {
      const { orderNumber, firmware, serial } = profileOf(ids[i] ?? "").expected;
      expect(report).toContain("Siemens S7 PLC");
      expect(report).toContain(`Module: ${orderNumber}`);
      expect(report).toContain(`Version: ${firmware?.slice(1)}\n`);
      expect(report).toContain(`Serial Number: ${serial}`);
    }
  });
});
