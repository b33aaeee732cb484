import { describe, expect, it } from "vitest";
import { diagnose } from "./diagnose.ts";
import type { Findings } from "./findings.ts";
import {
  type FactValue,
  type Labels,
  PROTOCOL_IDS,
  type ProtocolId,
  type ProtocolSeen,
} from "./fingerprint.ts";
import { PROBES } from "./probes/registry.ts";
import type { DeviceProfile } from "./profile-types.ts";
import { factsOf } from "./testing/facts.ts";

const ports = Object.fromEntries(PROTOCOL_IDS.map((id) => [id, PROBES[id].defaultPort])) as Findings["ports"];

function codes(
  seen: Partial<Record<ProtocolId, ProtocolSeen["state"]>>,
  facts: Readonly<Record<string, FactValue>>,
  labels: Labels = { vendor: "V" },
  worked?: DeviceProfile,
): readonly string[] {
  const protocols = Object.entries(seen).map(([id, state]) => ({
    id: id as ProtocolId,
    port: ports[id as ProtocolId],
    state,
    hasDriver: true,
  }));
  const found = diagnose({ host: "plc7", labels, facts: factsOf(facts), protocols, ports }, worked);
  for (const { observed } of found) expect(observed).not.toBe("");
  return found.map(({ code }) => code);
}

const WORKED: DeviceProfile = {
  mode: "s7-compat",
  port: 102,
  why: "it did",
  connectTimeoutMs: 1,
  requestTimeoutMs: 1,
  minGapMs: 0,
  jobsInFlight: 1,
  localTsap: 0x0100,
  remoteTsap: 0x0302,
  pduSize: 240,
  maxReadBytes: 222,
  maxMergeGap: 0,
};
const S7 = { "s7.speaks": true, "s7.tsap": 0x0302, "s7.pduSize": 240 };

describe("diagnoses of an examination", () => {
  it("finds nothing where all is well", () => {
    expect(codes({ s7: "speaks" }, S7)).toEqual([]);
    expect(codes({ modbus: "speaks" }, { "modbus.speaks": true, "modbus.unit": 1 })).toEqual([]);
  });

  it("tells a closed port from a host that is silent", () => {
    const facts = { "tcp.s7.state": "closed", "tcp.modbus.state": "filtered" };
    expect(codes({ s7: "closed", modbus: "filtered" }, facts)).toEqual(["PORT_CLOSED"]);
    expect(codes({ s7: "filtered", modbus: "filtered" }, {})).toEqual(["HOST_SILENT"]);
    expect(codes({}, {})).toEqual(["HOST_SILENT"]);
  });

  it("names many ports by their numbers alone", () => {
    const shown = ["s7", "modbus", "opcua", "enip"] as const;
    const protocols = shown.map((id) => ({
      id,
      port: ports[id],
      state: id === "opcua" ? ("filtered" as const) : ("closed" as const),
      hasDriver: true,
    }));
    const [found] = diagnose({ host: "plc7", labels: {}, facts: [], protocols, ports }, undefined);
    expect(found?.observed).toBe("closed: ports 102, 502, 44818; no answer: ports 4840");
  });

  it("takes a refused TSAP for a wrong one, and for no free connection where S7 worked before", () => {
    const facts = { "cotp.refusal": "reset", "s7.refusedTsaps": "03.02,03.00" };
    expect(codes({ s7: "open" }, facts)).toEqual(["S7_TSAP_REFUSED"]);
    expect(codes({ s7: "open" }, facts, {}, WORKED)).toEqual(["S7_NO_FREE_CONNECTION"]);
    expect(codes({ s7: "open" }, { "tcp.s7.behaviour": "mute" })).toEqual(["S7_TSAP_REFUSED"]);
  });

  it.each([
    ["something else than ISO-on-TCP", { s7: "open" }, { "s7.firstBytes": "5353482d" }, ["MALFORMED_ANSWER"]],
    [
      "a greeting that nobody answers",
      { s7: "open" },
      { "s7.tsap": 0x0302, "s7.setup": "silence" },
      ["S7_NO_SETUP_REPLY"],
    ],
    ["S7comm-plus alone", { s7: "open" }, { "s7.tsap": 0x0302, "s7.protocol": "s7comm-plus" }, ["NO_DRIVER"]],
    [
      "only the programmer's connection",
      { s7: "speaks" },
      { ...S7, "s7.tsap": 0x0102 },
      ["S7_NO_FREE_CONNECTION"],
    ],
    ["PUT/GET off", { s7: "speaks" }, { ...S7, "s7.readRefused": 0x8104 }, ["S7_PUT_GET_OFF"]],
    ["a password", { s7: "speaks" }, { ...S7, "s7.readRefused": 0xd241 }, ["S7_PROTECTED"]],
    ["protection level 3", { s7: "speaks" }, { ...S7, "s7.protectionLevel": 3 }, ["S7_PROTECTED"]],
    ["protection level 2", { s7: "speaks" }, { ...S7, "s7.protectionLevel": 2 }, []],
    ["a byte that it has not", { s7: "speaks" }, { ...S7, "s7.readRefused": 5 }, []],
    ["text on 502", { modbus: "open" }, { "modbus.firstBytes": "5353482d" }, ["MALFORMED_ANSWER"]],
    ["silence on 502", { modbus: "open" }, { "tcp.modbus.behaviour": "mute" }, ["MODBUS_UNIT_SILENT"]],
    ["a hang-up on 502", { modbus: "open" }, { "tcp.modbus.behaviour": "hangs-up" }, ["MODBUS_BUSY"]],
    [
      "a reset after the connection to 502",
      { modbus: "open" },
      { "tcp.modbus.behaviour": "resets" },
      ["MODBUS_BUSY"],
    ],
    [
      "a gateway alone",
      { modbus: "speaks" },
      { "modbus.speaks": true, "modbus.deadUnits": "1" },
      ["MODBUS_GATEWAY_TARGET"],
    ],
    [
      "exception 06",
      { modbus: "speaks" },
      { "modbus.unit": 1, "modbus.exceptionPattern": "43:01,3:06" },
      ["MODBUS_BUSY"],
    ],
    [
      "exception 01 to function 3",
      { modbus: "speaks" },
      { "modbus.unit": 1, "modbus.exceptionPattern": "3:01" },
      ["MODBUS_FUNCTION_REFUSED"],
    ],
    [
      "exception 02 to function 3",
      { modbus: "speaks" },
      { "modbus.unit": 1, "modbus.exceptionPattern": "43:01,3:02" },
      ["MODBUS_ADDRESS_REFUSED"],
    ],
    [
      "exception 01 to function 43",
      { modbus: "speaks" },
      { "modbus.unit": 1, "modbus.exceptionPattern": "43:01" },
      [],
    ],
    [
      "late answers",
      { modbus: "speaks" },
      { "modbus.unit": 1, "modbus.lateAnswers": 2 },
      ["MODBUS_LATE_REPLY"],
    ],
    [
      "a URL that the server refuses",
      { opcua: "speaks" },
      { "opcua.error": "BadTcpEndpointUrlInvalid" },
      ["OPCUA_ENDPOINT_HOST"],
    ],
    [
      "a certificate that it refuses",
      { opcua: "speaks" },
      { "opcua.error": "BadCertificateUntrusted" },
      ["OPCUA_UNTRUSTED"],
    ],
    ["too many sessions", { opcua: "speaks" }, { "opcua.error": "BadTooManySessions" }, ["OPCUA_LIMIT"]],
    ["another error", { opcua: "speaks" }, { "opcua.error": "BadShutdown" }, []],
    [
      "a protocol without a driver",
      { s7: "closed", bacnet: "speaks" },
      { "bacnet.speaks": true },
      ["NO_DRIVER"],
    ],
  ] as const)("tells %s", (_, seen, facts, expected) => {
    expect(codes(seen, facts)).toEqual(expected);
  });

  it("says plainly that it does not know a device", () => {
    expect(codes({ modbus: "speaks" }, { "modbus.unit": 1 }, {})).toEqual(["UNKNOWN_DEVICE"]);
    expect(codes({ iec104: "speaks" }, {}, {})).toEqual(["NO_DRIVER", "UNKNOWN_DEVICE"]);
  });

  it("says of a pretender nothing else", () => {
    const facts = { ...S7, "tcp.s7.behaviour": "http", "s7.readRefused": 0x8104 };
    expect(codes({ s7: "speaks" }, facts, { nature: "web-server" })).toEqual(["NOT_A_CONTROLLER"]);
  });
});
