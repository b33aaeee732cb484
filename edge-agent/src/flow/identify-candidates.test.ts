import type { Fingerprint } from "@stethos/protocol-finger";
import { describe, expect, it } from "vitest";
import {
  candidatesOf,
  causeOfNone,
  isSameProfile,
  protocolIdOf,
  type Wanted,
} from "./identify-candidates.ts";
import { fingerprint, modbusProfile, opcuaProfile, s7Profile, seen } from "./testing/fingerprints.ts";

const s7: Wanted = { kind: "s7", tunnel: undefined };
const tunnelled: Wanted = { kind: "s7", tunnel: { port: 1502 } };
const modbus: Wanted = { kind: "modbus", tunnel: undefined };
const opcua: Wanted = { kind: "opcua", tunnel: undefined };

const compat = s7Profile({ mode: "s7-compat", pduSize: 240 });
const everything = fingerprint({
  profile: s7Profile(),
  alternatives: [compat, modbusProfile({ mode: "modbus-tunnel" }), modbusProfile(), opcuaProfile()],
});
const modesOf = (wanted: Wanted) => candidatesOf(everything, wanted).map(({ mode }) => mode);

describe("candidates for tags", () => {
  it("are the profiles that suit their addresses, in the order of the fingerprint, each once", () => {
    expect(modesOf(s7)).toEqual(["s7-native", "s7-compat"]);
    expect(modesOf(tunnelled)).toEqual(["s7-native", "s7-compat", "modbus-tunnel"]);
    expect(modesOf(modbus)).toEqual(["modbus"]);
    expect(modesOf(opcua)).toEqual(["opcua"]);
  });

  it("end with the tunnel that the configuration tells of, also where nobody looked for it", () => {
    const modes = (more: Partial<Fingerprint>) =>
      candidatesOf(fingerprint(more), tunnelled).map(({ mode, port }) => `${mode} ${port}`);
    expect(modes({})).toEqual(["s7-native 102", "modbus-tunnel 1502"]);
    expect(modes({ protocols: [seen("s7"), seen("modbus", "closed", 1502)] })).toEqual(["s7-native 102"]);
    expect(modes({ profile: { mode: "none", why: "a honeypot" } })).toEqual([]);
  });

  it("do not include what nobody should talk to", () => {
    const none = fingerprint({ profile: { mode: "none", why: "a honeypot" } });
    expect(candidatesOf(none, s7)).toEqual([]);
  });

  it("differ where the way to the device does, not where limits do", () => {
    expect(isSameProfile(s7Profile(), s7Profile({ maxReadBytes: 64, why: "learnt" }))).toBe(true);
    expect(isSameProfile(s7Profile(), s7Profile({ remoteTsap: 0x0202 }))).toBe(false);
    expect(isSameProfile(modbusProfile(), modbusProfile({ unit: 255 }))).toBe(false);
    expect(isSameProfile(opcuaProfile(), opcuaProfile({ endpointUrl: "opc.tcp://h:1" }))).toBe(false);
  });

  it("name the protocol that they speak", () => {
    const all = [
      s7Profile(),
      compat,
      modbusProfile({ mode: "modbus-tunnel" }),
      modbusProfile(),
      opcuaProfile(),
    ];
    expect(all.map(protocolIdOf)).toEqual(["s7", "s7", "modbus", "modbus", "opcua"]);
  });
});

describe("a device without a candidate", () => {
  const none = { mode: "none", why: "no driver" } as const;

  it("is told by what the fingerprint concluded, first of all where it is no controller", () => {
    const decoy = { code: "NOT_A_CONTROLLER", observed: "a honeypot" } as const;
    const closed = { code: "PORT_CLOSED", observed: "reset" } as const;
    expect(causeOfNone(fingerprint({ diagnoses: [closed, decoy] }), s7)).toBe(decoy);
    expect(causeOfNone(fingerprint({ diagnoses: [closed], protocols: [] }), s7)).toBe(closed);
  });

  it("speaks another protocol than its tags are written for, and the tunnel is named where it would help", () => {
    const speaking = fingerprint({ protocols: [seen("s7", "closed"), seen("modbus")] });
    expect(causeOfNone(speaking, s7)).toEqual({
      code: "NO_DRIVER",
      observed:
        "the tags have S7 addresses, and the device speaks modbus on port 502; name the registers in connection.tunnel.areas to read them through Modbus",
    });
    expect(causeOfNone(speaking, opcua)).toEqual({
      code: "NO_DRIVER",
      observed: "the tags have OPC UA node ids, and the device speaks modbus on port 502",
    });
  });

  it.each([
    ["filtered", "HOST_SILENT"],
    ["closed", "PORT_CLOSED"],
    ["open", "UNKNOWN_DEVICE"],
  ] as const)("whose own port is %s has the cause %s", (state, code) => {
    const silent = fingerprint({ profile: none, protocols: [seen("s7", state)] });
    expect(causeOfNone(silent, s7).code).toBe(code);
  });

  it("is unknown where nothing else can be said", () => {
    expect(causeOfNone(fingerprint({ protocols: [] }), modbus)).toEqual({
      code: "UNKNOWN_DEVICE",
      observed: "no profile fits the tags",
    });
  });
});
