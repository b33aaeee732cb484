import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { tagPlace } from "./modbus-reader.ts";
import { runInNamespace } from "./namespace.ts";
import { otherProfiles } from "./other-profiles.ts";
import type { ZooDevice, ZooProfile, ZooTag } from "./zoo-profile.ts";

/** Clients that others wrote must see in our simulators what the profiles say. */

const running: ZooDevice[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((device) => device.close()));
});

function profileOf(id: string): ZooProfile {
  const profile = otherProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new RangeError(`no profile ${id}`);
  return profile;
}

describe("nmap, with the device on its own ports", () => {
  /** @param scan -sT or -sU, port and script */
  function nmap(id: string, scan: string): Promise<string> {
    const child = join(import.meta.dirname, "judge-child.ts");
    return runInNamespace(child, [id, "nmap", "-n", "-Pn", ...scan.split(" "), "127.0.0.1"]);
  }

  it.each([
    ["sentron-pac3200", "Siemens AG SENTRON PAC3200 V2.2.3"],
    ["modicon-m218", "Schneider Electric TM218LDAE24DRHN V2.0.31"],
  ])("names %s by modbus-discover", async (id, identity) => {
    const report = await nmap(id, "-sT -p502 --script modbus-discover");
    expect(report).toContain(`Device identification: ${identity}`);
  });

  it("gets exception 0B from an M340, which is units 255 and 0 alone", async () => {
    const report = await nmap("modicon-m340", "-sT -p502 --script modbus-discover");
    expect(report).toContain("error: GATEWAY TARGET DEVICE FAILED TO RESPOND");
  });

  it.each(["-sT", "-sU"])("names the 1756-ENBT by enip-info %s", async (transport) => {
    const report = await nmap("logix-1756-enbt", `${transport} -p44818 --script enip-info`);
    expect(report).toContain("type: Communications Adapter (12)");
    expect(report).toContain("vendor: Rockwell Automation/Allen-Bradley (1)");
    expect(report).toContain("productName: 1756-ENBT/A");
    expect(report).toContain("revision: 4.3");
    expect(report).toContain("serialNumber: 0x00a1b2c3");
  });

  it("learns nothing from a 1756-ENET", async () => {
    const report = await nmap("logix-1756-enet", "-sT -p44818 --script enip-info");
    expect(report).toContain("44818/tcp open");
    expect(report).not.toContain("productName");
  });

  it.each(["-sT", "-sU"])("names the CP1L by omron-info %s", async (transport) => {
    const report = await nmap("omron-cp1l", `${transport} -p9600 --script omron-info`);
    expect(report).toContain("Controller Model: CP1L-EL20DR-D");
    expect(report).toContain("Controller Version: 01.00");
    expect(report).toContain("Program Area Size: 10");
  });

  it("names the NAE by bacnet-info", async () => {
    const report = await nmap("bacnet-nae", "-sU -p47808 --script bacnet-info");
    expect(report).toContain("Vendor ID: Johnson Controls Inc. (5)");
    expect(report).toContain("Object-identifier: 500");
    expect(report).toContain("Firmware: 5.1.0.4400");
    expect(report).toContain("Model Name: MS-NAE4510-2");
  });

  it("names the JACE by fox-info", async () => {
    const report = await nmap("niagara-jace", "-sT -p1911 --script fox-info");
    expect(report).toContain("app.name: Station");
    expect(report).toContain("app.version: 3.5.41.1");
    expect(report).toContain("brandId: vykon");
  });
});

describe("mbpoll", () => {
  /** By our type: table suffix of -t, and how the value looks. */
  const TYPES: Readonly<Record<string, string>> = {
    UINT16: "",
    INT16: "",
    INT32: ":int",
    FLOAT32: ":float",
  };
  const TABLES: Readonly<Record<string, string>> = { coil: "0", di: "1", ir: "3", hr: "4" };

  /** What it prints behind "[address]:". */
  async function poll(port: number, tag: ZooTag, unit: number): Promise<string> {
    const place = tagPlace(tag);
    const args = [
      ...["-m", "tcp", "-p", `${port}`, "-a", `${place.unit ?? unit}`, "-0", "-r", `${place.at}`, "-1"],
      ...["-t", `${TABLES[place.table]}${TYPES[place.type] ?? ""}`],
      ...(place.order === "CDAB" ? [] : ["-B"]),
      "127.0.0.1",
    ];
    const { stdout } = await promisify(execFile)("mbpoll", args);
    const value = /^\[\d+\]:\s+(\S+)/m.exec(stdout)?.[1];
    return value ?? stdout;
  }

  /** As mbpoll writes it: bits as 0 and 1, words without sign, or with it in brackets, floats with six digits. */
  function written({ value }: ZooTag, type: string): string {
    if (type === "INT16" && typeof value === "number" && value < 0) return `${value + 65_536}`;
    if (typeof value === "boolean") return value ? "1" : "0";
    return type === "FLOAT32" ? `${Number(Number(value).toPrecision(6))}` : `${value}`;
  }

  it.each([
    ["sentron-pac3200", 1],
    ["single-socket-meter", 0],
    ["word-swapped-box", 1],
    ["modicon-m340", 255],
    ["modicon-quantum", 255],
    ["modicon-m218", 1],
    ["wago-750-881", 1],
    ["serial-gateway", 1],
    ["codesys-modbus", 255],
  ])("reads the tags of %s from unit %i", async (id, unit) => {
    const profile = profileOf(id);
    const device = await profile.start({ seed: 7, latencyScale: 0.02 });
    running.push(device);
    for (const tag of profile.tags) {
      const { type } = tagPlace(tag);
      const isBit = typeof tag.value === "boolean";
      if (TYPES[type] === undefined && !isBit) continue;
      expect([tag.name, await poll(device.endpoints[0].ports.modbus ?? 0, tag, unit)]).toEqual([
        tag.name,
        written(tag, type),
      ]);
    }
  });
});
