import { describe, expect, it } from "vitest";
import { tsapsOf } from "../adapters/s7/options.ts";
import { autoOptions, hostOf } from "../config/auto-options.ts";
import { modbusProfile, opcuaProfile, s7Profile } from "../flow/testing/fingerprints.ts";
import { modbusOptionsOf, opcuaOptionsOf, s7OptionsOf, tunnelOptionsOf } from "./profile-options.ts";

describe("options from a profile", () => {
  it("are for S7 the profile's TSAPs, sizes and pace, at the host that was configured", () => {
    const profile = s7Profile({
      port: 1102,
      pduSize: 240,
      maxReadBytes: 160,
      minGapMs: 5,
      remoteTsap: 0x0203,
    });
    const options = s7OptionsOf(profile, "10.0.0.5");
    expect(options).toMatchObject({
      host: "10.0.0.5",
      port: 1102,
      pduSize: 240,
      maxReadBytes: 160,
      minGapMs: 5,
    });
    expect(options).toMatchObject({ jobsInFlight: 1, connectTimeoutMs: 5000, refusedRetryMs: 60_000 });
    expect(tsapsOf(options)).toEqual({ local: 0x0100, remote: 0x0203 });
  });

  it("are for Modbus the profile's unit, order and limits, and what was learnt", () => {
    const profile = modbusProfile({ unit: 255, wordOrder: "CDAB", maxRegisters: 100, jobsInFlight: 4 });
    expect(modbusOptionsOf(profile, "h", {}, undefined)).toMatchObject({
      host: "h",
      port: 502,
      unit: 255,
      wordOrder: "CDAB",
      maxRegisters: 100,
      jobsInFlight: 4,
    });
    expect(modbusOptionsOf(profile, "h", { maxRegisters: 32 }, undefined)).toMatchObject({
      maxRegisters: 32,
    });
  });

  it("are for Modbus what the operator knows better", () => {
    const own = { unit: 3, wordOrder: "DCBA", addressBase: 1 } as const;
    expect(modbusOptionsOf(modbusProfile(), "h", {}, own)).toMatchObject(own);
  });

  it("ask for one Modbus answer at a time where there is to be a pause after each", () => {
    const profile = modbusProfile({ minGapMs: 20, jobsInFlight: 8 });
    expect(modbusOptionsOf(profile, "h", {}, undefined)).toMatchObject({ minGapMs: 20, jobsInFlight: 1 });
  });

  it("are for the tunnel the profile's pace and limits, and the areas that were configured", () => {
    const areas = [{ kind: "holding", db: 10, startRegister: 0, endRegister: 99 }];
    const options = autoOptions.parse({ endpoint: "auto://h", tunnel: { areas } });
    const profile = modbusProfile({ mode: "modbus-tunnel", unit: 255, minGapMs: 5, maxRegisters: 80 });
    expect(tunnelOptionsOf(profile, "h", { maxRegisters: 32 }, options)).toMatchObject({
      host: "h",
      unit: 255,
      minGapMs: 5,
      maxRegisters: 32,
      areas: [{ db: 10, byteBase: 0 }],
    });
    const own = autoOptions.parse({ endpoint: "auto://h", tunnel: { areas, unit: 2 }, modbus: { unit: 3 } });
    expect(tunnelOptionsOf(profile, "h", {}, own)).toMatchObject({ unit: 2, maxRegisters: 80 });
    expect(() => tunnelOptionsOf(profile, "h", {}, autoOptions.parse({ endpoint: "auto://h" }))).toThrow(
      TypeError,
    );
  });

  it("are for OPC UA the profile's endpoint and calls, with the security that was configured", () => {
    const { opcua } = autoOptions.parse({ endpoint: "auto://h", opcua: { securityMode: "None" } });
    const options = opcuaOptionsOf(opcuaProfile(), opcua, { maxNodesPerCall: 50 }, "/pki");
    expect(options).toMatchObject({
      endpoint: "opc.tcp://10.0.0.5:4840",
      securityMode: "None",
      maxItemsPerCall: 50,
      certificateFolder: "/pki",
    });
    const own = { ...opcua, maxItemsPerCall: 7, certificateFolder: "/own" };
    expect(opcuaOptionsOf(opcuaProfile(), own, {}, "/pki")).toMatchObject({
      maxItemsPerCall: 7,
      certificateFolder: "/own",
    });
  });

  it("are within what the adapters take, whatever a profile says", () => {
    for (const wild of [-1, 0, 0.4, 1e9]) {
      const patience = { connectTimeoutMs: wild, requestTimeoutMs: wild, minGapMs: wild, jobsInFlight: wild };
      const s7 = s7Profile({ ...patience, pduSize: wild, maxReadBytes: wild, maxMergeGap: wild });
      expect(() => s7OptionsOf(s7, "h")).not.toThrow();
      const modbus = modbusProfile({ ...patience, unit: wild, maxRegisters: wild, maxBits: wild });
      expect(() => modbusOptionsOf(modbus, "h", { maxRegisters: wild }, undefined)).not.toThrow();
      const { opcua } = autoOptions.parse({ endpoint: "auto://h" });
      const profile = opcuaProfile({ maxNodesPerCall: wild });
      expect(() => opcuaOptionsOf(profile, opcua, {}, "/pki")).not.toThrow();
    }
  });
});

describe("an endpoint of a device that is found out", () => {
  it("names an address or a host, and nothing else", () => {
    expect(hostOf("auto://10.0.0.5")).toBe("10.0.0.5");
    expect(hostOf("auto://plc-7.plant")).toBe("plc-7.plant");
    expect(hostOf("auto://[fe80::1]")).toBe("fe80::1");
    for (const endpoint of ["10.0.0.5", "auto://", "auto://10.0.0.5:102", "auto://a/b", "s7://10.0.0.5"])
      expect(autoOptions.safeParse({ endpoint }).success, endpoint).toBe(false);
  });
});
