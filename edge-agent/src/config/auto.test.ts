import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { checkConfig } from "../config.ts";
import { kindOfAddress } from "./address-kind.ts";
import { ConfigError } from "./problem.ts";

const asset = "area/line/cell/press";
const modelFolder = import.meta.dirname;

function check(addresses: readonly string[], connection: object = {}, protocol = "auto") {
  const tags = addresses.map((address, i) => ({ name: `t${i}`, asset, address, unit: "1" }));
  const device = {
    name: "press",
    protocol,
    connection: { ...(protocol === "auto" && { endpoint: "auto://10.0.0.5" }), ...connection },
    groups: [{ name: "g", periodMs: 1000, tags }],
  };
  return checkConfig("agent.yaml", stringify({ version: 1, site: "s", devices: [device] }), {
    modelFolder,
    modelKeys: [],
  });
}

function problemsOf(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe("the notation of an address", () => {
  it.each([
    ["DB1,REAL0", "s7"],
    ["DB1.DBD0:REAL", "s7"],
    ["MW10", "s7"],
    ["T5", "s7"],
    ["hr:100,FLOAT32", "modbus"],
    ["40001", "modbus"],
    ["coil:3", "modbus"],
    ["hr:65536", "modbus"],
    ["hr:0,REAL", "modbus"],
    ["ns=2;s=Line1.Temp", "opcua"],
    ["i=2258", "opcua"],
    ["nsu=urn:plant;s=T", "opcua"],
    ["temperature", undefined],
    ["", undefined],
  ] as const)("of %s is %s", (address, kind) => {
    expect(kindOfAddress(address)).toBe(kind);
  });
});

describe("a device of protocol auto", () => {
  it("takes tags of any one notation", () => {
    for (const addresses of [
      ["DB1,REAL0", "MW10"],
      ["hr:0", "40001"],
      ["i=2258", "ns=2;s=a"],
    ]) {
      const { devices, tags } = check(addresses);
      expect(devices[0]?.plan.protocol).toBe("auto");
      expect(tags.map(({ protocol }) => protocol)).toEqual(["auto", "auto"]);
    }
  });

  it("refuses tags of two notations, naming the tag", () => {
    expect(problemsOf(() => check(["DB1,REAL0", "hr:0", "i=2258"]))).toEqual([
      expect.stringMatching(
        /^devices\[0\]\.groups\[0\]\.tags\[1\]\.address: is a Modbus address, and other tags of this device have an S7 address.*devices of their own/,
      ),
      expect.stringMatching(/tags\[2\]\.address: is an OPC UA node id/),
    ]);
  });

  it("refuses what is in no notation, or badly written in that of the others", () => {
    expect(problemsOf(() => check(["temperature"]))[0]).toContain("is neither an S7 address (DB1,REAL0)");
    expect(problemsOf(() => check(["DB1,REAL0", "DB1,REEL4"]))[0]).toMatch(
      /tags\[1\]\.address: .*character \d+/,
    );
    expect(problemsOf(() => check(["hr:0,REAL"]))[0]).toMatch(/unknown type REAL; write FLOAT32/);
    expect(problemsOf(() => check(["hr:1", "hr:65536"], { modbus: { addressBase: 1 } }))).toEqual([]);
    expect(problemsOf(() => check(["hr:0"], { modbus: { addressBase: 1 } }))[0]).toContain("tags[0].address");
  });

  it("has the defaults of a careful visitor", () => {
    expect(check(["DB1,REAL0"]).devices[0]?.device.connection).toMatchObject({
      spacingMs: 1000,
      scarceWaitMs: 60_000,
      opcua: { securityMode: "SignAndEncrypt", trustServer: "listed" },
    });
  });

  it("refuses an allow-list that is none, or that does not hold the device", () => {
    expect(problemsOf(() => check(["DB1,REAL0"], { allow: ["10.0.0.0/24", "plc-7"] }))).toEqual([]);
    expect(problemsOf(() => check(["DB1,REAL0"], { allow: ["10.0.0.0/99"] }))[0]).toMatch(
      /allow.*is no address, network/,
    );
    expect(problemsOf(() => check(["DB1,REAL0"], { allow: ["10.9.0.0/24"] }))[0]).toContain(
      "allow: does not hold the address of the endpoint",
    );
    const named = { endpoint: "auto://plc-7", allow: ["10.9.0.0/24"] };
    expect(problemsOf(() => check(["DB1,REAL0"], named))).toEqual([]);
  });

  it("warns of tags that the tunnel cannot carry, and takes them all the same", () => {
    const areas = [{ kind: "holding", db: 10, startRegister: 0, endRegister: 99 }];
    const { warnings, tags } = check(["DB10,REAL4", "MW10", "DB10,REAL198", "DB11,INT0"], {
      tunnel: { areas },
    });
    expect(tags).toHaveLength(4);
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      expect.stringMatching(/tags\[1\]\.address: S7 only, .*bit memory \(M\) cannot travel.*\("MW10"\)$/),
      expect.stringMatching(/tags\[2\]\.address: S7 only, .*DB10/),
      expect.stringMatching(/tags\[3\]\.address: S7 only, .*DB11/),
    ]);
    expect(check(["MW10"]).warnings).toEqual([]);
  });

  it("finds files of its OPC UA settings beside the configuration file", () => {
    const { devices } = check(["i=2258"], {
      opcua: { user: "u", passwordFile: "secret", certificateFolder: "pki" },
    });
    const { connection } = devices[0]?.device ?? {};
    expect(JSON.stringify(connection)).toContain(JSON.stringify(`${process.cwd()}/secret`));
    expect(JSON.stringify(connection)).toContain(JSON.stringify(`${process.cwd()}/pki`));
  });
});

describe("a device of protocol s7-tunnel", () => {
  const connection = {
    host: "10.0.0.5",
    areas: [{ kind: "holding", db: 10, startRegister: 0, endRegister: 99 }],
  };

  it("takes S7 addresses that its registers hold", () => {
    const { tags } = check(["DB10,REAL4", "DB10,X8.0"], connection, "s7-tunnel");
    expect(tags.map(({ protocol }) => protocol)).toEqual(["s7-tunnel", "s7-tunnel"]);
  });

  it("refuses what cannot travel, with the reason", () => {
    expect(problemsOf(() => check(["MW10", "DB11,INT0", "hr:0"], connection, "s7-tunnel"))).toEqual([
      expect.stringMatching(/tags\[0\]\.address: bit memory \(M\) cannot travel through Modbus registers/),
      expect.stringMatching(/tags\[1\]\.address: DB11 has no area of registers/),
      expect.stringMatching(/tags\[2\]\.address: an address begins with DB/),
    ]);
  });
});
