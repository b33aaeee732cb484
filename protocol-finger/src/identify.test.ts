import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parseAllowList } from "./allow-list.ts";
import { createSystemClock } from "./clock/system-clock.ts";
import { type FactValue, PROTOCOL_IDS, type ProtocolId } from "./fingerprint.ts";
import { fingerprintSchema } from "./fingerprint-schema.ts";
import { type IdentifyDeps, type IdentifyStep, identify } from "./identify.ts";
import type { VerdictMemory } from "./memory.ts";
import { createVerdictMemory } from "./memory-file.ts";
import type { Probe, Visit } from "./probes/probe.ts";
import { PROBES } from "./probes/registry.ts";
import { closedPort, MANNERS, startPeer } from "./probes/testing/tcp-peer.ts";
import { builtInSignatures } from "./signatures/load.ts";
import { factsOf } from "./testing/facts.ts";

const never = new AbortController().signal;
const signatures = await builtInSignatures();
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Behaviour = Readonly<Record<string, FactValue>> | ((visit: Visit, signal: AbortSignal) => Promise<void>);

/** Probes that note what they are told; nothing is sent. */
function probesThat(behaviours: Partial<Record<ProtocolId, Behaviour>>) {
  const ran: ProtocolId[] = [];
  const lefts: Visit["left"][] = [];
  const probeOf = (protocol: ProtocolId): Probe => ({
    ...PROBES[protocol],
    async run(visit, signal) {
      ran.push(protocol);
      lefts.push(visit.left);
      const behaviour = behaviours[protocol] ?? {};
      if (typeof behaviour === "function") await behaviour(visit, signal);
      else factsOf(behaviour).forEach(visit.note);
    },
  });
  const probes = Object.fromEntries(PROTOCOL_IDS.map((id) => [id, probeOf(id)])) as Record<ProtocolId, Probe>;
  return { probes, ran, lefts };
}

const deps = (more: Partial<IdentifyDeps>): IdentifyDeps => ({
  clock: createSystemClock(),
  allow: parseAllowList(["127.0.0.1", "localhost"]),
  signatures,
  budget: { spacingMs: 0, connectTimeoutMs: 500, answerTimeoutMs: 50 },
  neighbour: async () => undefined,
  ...more,
});

const S7_315 = {
  "s7.speaks": true,
  "s7.tsap": 0x0302,
  "s7.pduSize": 240,
  "s7.connections": 16,
  "s7.orderNumber": "6ES7 315-2EH13-0AB0",
  "s7.firmware": "V2.6.1",
  "s7.moduleType": "CPU 315-2 PN/DP",
};
const MODBUS = {
  "modbus.speaks": true,
  "modbus.unit": 1,
  "modbus.fc3": "answer",
  "modbus.exceptionPattern": "43:01",
};

async function memoryFile(): Promise<VerdictMemory> {
  const folder = await mkdtemp(join(tmpdir(), "identify-"));
  closers.push(() => rm(folder, { recursive: true }));
  return createVerdictMemory(join(folder, "verdicts.json"), { clock: createSystemClock() });
}

describe("the order of an examination", () => {
  it("stops at the first certain verdict", async () => {
    const { probes, ran } = probesThat({ s7: S7_315, modbus: MODBUS });
    const steps: IdentifyStep[] = [];
    const fingerprint = await identify(
      { host: "127.0.0.1" },
      deps({ probes, onStep: (step) => steps.push(step) }),
      never,
    );
    expect(ran).toEqual(["s7"]);
    expect(fingerprint).toMatchObject({
      vendor: "Siemens",
      family: "S7-300",
      firmware: "V2.6.1",
      nature: "plc",
      host: "127.0.0.1",
      profile: { mode: "s7-compat" },
      diagnoses: [],
      spent: { connections: 0, frames: 0 },
    });
    expect(fingerprint.confidence).toBeGreaterThanOrEqual(0.9);
    expect(steps.map(({ kind }) => kind)).toEqual(["probing", "probed", "stopped"]);
    expect(fingerprintSchema.parse(fingerprint)).toEqual(fingerprint);
  });

  it("goes on for an inventory, through all that the budget allows", async () => {
    const { probes, ran } = probesThat({ s7: S7_315 });
    await identify({ host: "127.0.0.1", inventory: true }, deps({ probes }), never);
    expect(ran.slice(0, 5)).toEqual(["s7", "modbus", "opcua", "enip", "fins"]);
    expect([...ran].sort()).toEqual([...PROTOCOL_IDS].sort());
  });

  it("goes on where the controller is known and refuses to be read", async () => {
    const { probes, ran } = probesThat({ s7: { ...S7_315, "s7.readRefused": 0xd241 }, modbus: MODBUS });
    await identify({ host: "127.0.0.1" }, deps({ probes }), never);
    expect(ran).toContain("modbus");
  });

  it("tries the ports that the user names first", async () => {
    const { probes, ran } = probesThat({});
    await identify({ host: "127.0.0.1", ports: { fox: 1911, opcua: 4841 } }, deps({ probes }), never);
    expect(ran.slice(0, 4)).toEqual(["opcua", "fox", "s7", "modbus"]);
  });

  it("tries only the protocols that the user names, in his order", async () => {
    const { probes, ran } = probesThat({});
    await identify({ host: "127.0.0.1", protocols: ["opcua", "s7", "opcua"] }, deps({ probes }), never);
    expect(ran).toEqual(["opcua", "s7"]);
  });

  it("keeps a connection for what comes after, and frames for OPC UA", async () => {
    const { probes, lefts } = probesThat({});
    await identify({ host: "127.0.0.1", protocols: ["s7", "modbus", "opcua"] }, deps({ probes }), never);
    expect(lefts).toEqual([
      { connections: 3, frames: 12 },
      { connections: 3, frames: 4 },
      { connections: 4, frames: 12 },
    ]);
  });

  it("stops where there is no way to the host", async () => {
    const { probes, ran } = probesThat({
      s7: async (visit, signal) => void (await visit.connect("s7", signal)),
    });
    const allow = parseAllowList(["255.255.255.255"]);
    const fingerprint = await identify({ host: "255.255.255.255" }, deps({ probes, allow }), never);
    expect(ran).toEqual(["s7"]);
    expect(fingerprint).toMatchObject({ diagnoses: [{ code: "HOST_SILENT" }], profile: { mode: "none" } });
  });

  it("stops at a decoy, though nothing is certain but that", async () => {
    const peer = await startPeer(MANNERS["answers as a web server"]);
    closers.push(peer.close);
    const { probes, ran } = probesThat({ s7: PROBES.s7.run });
    const fingerprint = await identify(
      { host: "127.0.0.1", ports: { s7: peer.port } },
      deps({ probes }),
      never,
    );
    expect(ran).toEqual(["s7"]);
    expect(fingerprint).toMatchObject({
      nature: "web-server",
      profile: { mode: "none" },
      diagnoses: [{ code: "NOT_A_CONTROLLER" }],
    });
  });

  it("stops when the device shows distress, and says so", async () => {
    let asked = 0;
    const peer = await startPeer((socket) => {
      socket.on("data", () => {
        asked += 1;
        setTimeout(() => socket.write(Buffer.from("0300000702f080", "hex")), asked === 1 ? 0 : 300);
      });
    });
    closers.push(peer.close);
    const cr = Buffer.from("0300001611e00000001400c1020100c2020302c0010a", "hex");
    const { probes, ran } = probesThat({
      async s7(visit, signal) {
        const connected = await visit.connect("s7", signal);
        if (connected.kind !== "open") return;
        for (let i = 0; i < 3; i += 1) await connected.line.ask(cr, () => 7, signal);
      },
    });
    const steps: IdentifyStep[] = [];
    const budget = { spacingMs: 0, answerTimeoutMs: 2000 };
    const set = deps({ probes, budget, onStep: (step) => steps.push(step) });
    const fingerprint = await identify({ host: "127.0.0.1", ports: { s7: peer.port } }, set, never);
    expect(ran).toEqual(["s7"]);
    expect(fingerprint.spent.frames).toBe(2);
    expect(steps.at(-1)).toMatchObject({ kind: "stopped", reason: expect.stringContaining("distress") });
    expect(fingerprint.facts.find(({ key }) => key === "tcp.distress")?.observed).toContain("took");
  });

  it("closes what a probe left open, also when it breaks", async () => {
    const peer = await startPeer(MANNERS.silent);
    closers.push(peer.close);
    const { probes } = probesThat({
      async s7(visit, signal) {
        await visit.connect("s7", signal);
        throw new RangeError("a bug");
      },
    });
    await expect(
      identify({ host: "127.0.0.1", ports: { s7: peer.port } }, deps({ probes }), never),
    ).rejects.toThrow("a bug");
    expect(peer.finished).toBe(1);
  });
});

describe("an examination", () => {
  it("is of allowed devices alone", async () => {
    const { probes, ran } = probesThat({});
    await expect(identify({ host: "127.0.0.2" }, deps({ probes }), never)).rejects.toMatchObject({
      code: "TARGET_NOT_ALLOWED",
    });
    expect(ran).toEqual([]);
  });

  it("ends with the caller's reason", async () => {
    const stop = new AbortController();
    const { probes } = probesThat({
      async s7(visit, signal) {
        stop.abort(new Error("enough"));
        await visit.connect("s7", signal);
      },
    });
    await expect(identify({ host: "127.0.0.1" }, deps({ probes }), stop.signal)).rejects.toThrow("enough");
  });

  it("ends in an honest unknown, with what was seen", async () => {
    const { probes } = probesThat({ modbus: { ...MODBUS, "modbus.exceptionPattern": "17:04" } });
    const fingerprint = await identify({ host: "localhost" }, deps({ probes }), never);
    expect(fingerprint).toMatchObject({
      host: "localhost",
      nature: "unknown",
      confidence: 0,
      diagnoses: [{ code: "UNKNOWN_DEVICE" }],
      profile: { mode: "modbus" },
      protocols: [{ id: "modbus", port: 502, state: "speaks", hasDriver: true }],
    });
    expect(fingerprint.vendor).toBeUndefined();
    expect(fingerprint.facts.map(({ key }) => key)).toContain("modbus.exceptionPattern");
  });

  it("takes the MAC of the neighbour table, which may fill only while it runs", async () => {
    const { probes, ran } = probesThat({});
    const neighbour = async () => (ran.length > 0 ? "00:1b:1b:00:00:07" : undefined);
    const fingerprint = await identify({ host: "127.0.0.1" }, deps({ probes, neighbour }), never);
    expect(fingerprint).toMatchObject({ mac: "00:1b:1b:00:00:07", vendor: "Siemens" });
    expect(fingerprint.confidence).toBeLessThan(0.5);
  });

  it("offers the tunnel where S7 is refused and registers answer as an S7's", async () => {
    const peer = await startPeer(MANNERS["resets when asked"]);
    closers.push(peer.close);
    const { probes } = probesThat({ s7: PROBES.s7.run, modbus: MODBUS });
    const target = { host: "127.0.0.1", ports: { s7: peer.port, modbus: await closedPort() } };
    const fingerprint = await identify(target, deps({ probes }), never);
    expect(fingerprint.profile.mode).toBe("modbus-tunnel");
    expect(fingerprint.diagnoses.map(({ code }) => code)).toEqual(["S7_TSAP_REFUSED", "UNKNOWN_DEVICE"]);
    expect(peer.acceptedMs.length).toBe(3);
  });
});

describe("a device that was seen before", () => {
  const target = { host: "127.0.0.1", protocols: ["s7"] as const };

  it("is not probed again, and is read as it was read before", async () => {
    const memory = await memoryFile();
    const { probes, ran } = probesThat({ s7: S7_315 });
    const first = await identify(target, deps({ probes, memory }), never);
    const tunnel = first.alternatives[0] ?? first.profile;
    await memory.keep(target, tunnel);
    const again = await identify(target, deps({ probes, memory }), never);
    expect(ran).toEqual(["s7"]);
    expect(again).toMatchObject({
      profile: { mode: "modbus-tunnel" },
      alternatives: [{ mode: "s7-compat" }],
      at: first.at,
    });
    expect(again.spent).toMatchObject({ connections: 0, frames: 0 });
  });

  it("is probed again when it is asked for, or has another MAC", async () => {
    const memory = await memoryFile();
    const { probes, ran } = probesThat({ s7: S7_315 });
    const withMac = (mac: string) => deps({ probes, memory, neighbour: async () => mac });
    await identify(target, withMac("00:1b:1b:00:00:07"), never);
    await identify({ ...target, fresh: true }, withMac("00:1b:1b:00:00:07"), never);
    expect(ran.length).toBe(2);
    const other = await identify(target, withMac("00:1b:1b:00:00:08"), never);
    expect(ran.length).toBe(3);
    expect(other.diagnoses).toEqual([
      { code: "DEVICE_CHANGED", observed: "MAC 00:1b:1b:00:00:08 where it was 00:1b:1b:00:00:07" },
    ]);
  });

  it("is another one with another firmware, and what was learnt of it is dropped", async () => {
    const memory = await memoryFile();
    const first = await identify(target, deps({ probes: probesThat({ s7: S7_315 }).probes, memory }), never);
    await memory.keep(target, first.profile, { maxReadBytes: 160 });
    const { probes } = probesThat({ s7: { ...S7_315, "s7.firmware": "V3.3.12" } });
    const updated = await identify({ ...target, fresh: true }, deps({ probes, memory }), never);
    expect(updated.diagnoses).toMatchObject([
      { code: "DEVICE_CHANGED", observed: "firmware V3.3.12 where it was V2.6.1" },
    ]);
    expect(memory.recall(target)).toMatchObject({ limits: {}, fingerprint: { firmware: "V3.3.12" } });
    expect(memory.recall(target)?.worked).toBeUndefined();
  });

  it("has no free connection where it refuses what worked, and stays remembered as what it is", async () => {
    const memory = await memoryFile();
    const peer = await startPeer(MANNERS["hangs up when asked"]);
    closers.push(peer.close);
    const there = { ...target, ports: { s7: peer.port } };
    const first = await identify(there, deps({ probes: probesThat({ s7: S7_315 }).probes, memory }), never);
    await memory.keep(there, first.profile);
    const full = await identify({ ...there, fresh: true }, deps({ probes: PROBES, memory }), never);
    expect(full.diagnoses).toMatchObject([{ code: "S7_NO_FREE_CONNECTION" }]);
    expect(memory.recall(there)?.fingerprint.family).toBe("S7-300");
  });

  it("is told though it cannot be remembered", async () => {
    const full: VerdictMemory = {
      recall: () => undefined,
      remember: () => Promise.reject(new Error("ENOSPC: no space left on device")),
      keep: async () => undefined,
      forget: async () => undefined,
    };
    const steps: IdentifyStep[] = [];
    const { probes } = probesThat({ s7: S7_315 });
    const set = deps({ probes, memory: full, onStep: (step) => steps.push(step) });
    expect(await identify(target, set, never)).toMatchObject({ family: "S7-300" });
    expect(steps.at(-1)).toEqual({ kind: "unremembered", reason: "ENOSPC: no space left on device" });
  });

  it("is asked for the TSAPs that it was not asked for the last time", async () => {
    const memory = await memoryFile();
    const tsaps: string[] = [];
    const peer = await startPeer((socket) => {
      socket.once("data", (request: Buffer) => {
        tsaps.push(request.toString("hex", 17, 19));
        socket.end();
      });
    });
    closers.push(peer.close);
    const there = { host: "127.0.0.1", ports: { s7: peer.port, modbus: await closedPort() } };
    const both = { ...there, protocols: ["s7", "modbus"] as const };
    for (let run = 0; run < 4; run += 1) await identify(both, deps({ memory }), never);
    const rounds = [0, 3, 6, 9].map((at) =>
      tsaps
        .slice(at, at + 3)
        .sort()
        .join(),
    );
    expect(tsaps.length).toBe(12);
    expect(rounds[1]).not.toBe(rounds[0]);
    expect(new Set(tsaps.slice(0, 6)).size).toBe(6);
    expect(rounds[2]).toBe(rounds[0]);
  });
});
