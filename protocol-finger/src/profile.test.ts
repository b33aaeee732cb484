import { describe, expect, it } from "vitest";
import type { Findings } from "./findings.ts";
import type { FactValue, Labels, ProtocolId, ProtocolSeen } from "./fingerprint.ts";
import { PROTOCOL_IDS } from "./fingerprint.ts";
import { PROBES } from "./probes/registry.ts";
import { chooseProfiles } from "./profile.ts";
import { factsOf } from "./testing/facts.ts";

const ports = Object.fromEntries(PROTOCOL_IDS.map((id) => [id, PROBES[id].defaultPort])) as Findings["ports"];

type Seen = Partial<Record<ProtocolId, ProtocolSeen["state"]>>;

function findings(
  labels: Labels,
  facts: Readonly<Record<string, FactValue>>,
  seen: Seen,
  host = "plc7",
): Findings {
  const protocols = Object.entries(seen).map(([id, state]) => ({
    id: id as ProtocolId,
    port: ports[id as ProtocolId],
    state,
    hasDriver: true,
  }));
  return { host, labels, facts: factsOf(facts), protocols, ports };
}

const chosen = (...args: Parameters<typeof findings>) => chooseProfiles(findings(...args));
const modes = ({ profile, alternatives }: ReturnType<typeof chooseProfiles>) =>
  [profile, ...alternatives].map(({ mode }) => mode);

const S7_300: Labels = { vendor: "Siemens", family: "S7-300", firmware: "V2.6.1", nature: "plc" };
const S7_FACTS = {
  "s7.speaks": true,
  "s7.tsap": 0x0302,
  "s7.pduSize": 240,
  "s7.connections": 16,
  "s7.jobLatencyMs": 4,
};
const MB_SERVER = {
  "modbus.speaks": true,
  "modbus.unit": 1,
  "modbus.fc3": "answer",
  "modbus.exceptionPattern": "43:01,17:01",
};

describe("the profile of an S7", () => {
  it("is compat for an S7-300 V2.6.1: PDU 240, one job, basic connection, slot 2", () => {
    expect(chosen(S7_300, S7_FACTS, { s7: "speaks" }).profile).toEqual({
      mode: "s7-compat",
      port: 102,
      why: "S7-300 with firmware V2.6.1: PDU 240, one job at a time",
      connectionBudget: 16,
      connectTimeoutMs: 5000,
      requestTimeoutMs: 2000,
      minGapMs: 0,
      jobsInFlight: 1,
      localTsap: 0x0100,
      remoteTsap: 0x0302,
      pduSize: 240,
      maxReadBytes: 222,
      maxMergeGap: 32,
    });
  });

  it.each([
    [
      "firmware below 3, whatever it grants",
      { firmware: "V2.6.9" },
      { "s7.pduSize": 480, "s7.connections": 64 },
      "s7-compat",
    ],
    ["PDU 240", { firmware: "V3.2.6" }, { "s7.connections": 64 }, "s7-compat"],
    ["sixteen connections", { firmware: "V3.2.6" }, { "s7.pduSize": 480 }, "s7-compat"],
    ["none of these", { firmware: "V3.2.6" }, { "s7.pduSize": 480, "s7.connections": 64 }, "s7-native"],
  ])("of an S7-300 with %s", (_, labels, facts, mode) => {
    expect(chosen({ ...S7_300, ...labels }, { ...S7_FACTS, ...facts }, { s7: "speaks" }).profile.mode).toBe(
      mode,
    );
  });

  it("asks for 160 bytes a job and waits longer where a CP stands between", () => {
    expect(chosen(S7_300, { ...S7_FACTS, "s7.jobLatencyMs": 45 }, { s7: "speaks" }).profile).toMatchObject({
      maxReadBytes: 160,
      requestTimeoutMs: 5000,
      why: expect.stringContaining("160 bytes"),
    });
  });

  it.each([
    [
      "S7-400",
      { "s7.tsap": 0x0303, "s7.pduSize": 480 },
      { mode: "s7-native", remoteTsap: 0x0303, pduSize: 480, maxReadBytes: 462, jobsInFlight: 2 },
    ],
    [
      "S7-1200",
      { "s7.tsap": 0x0300, "s7.pduSize": 240 },
      { mode: "s7-native", remoteTsap: 0x0300, pduSize: 240, jobsInFlight: 3 },
    ],
    [
      "S7-1500",
      { "s7.tsap": 0x0301, "s7.pduSize": 480 },
      { mode: "s7-native", pduSize: 960, maxReadBytes: 942, jobsInFlight: 8 },
    ],
    [
      "LOGO!",
      { "s7.tsap": 0x0202, "s7.pduSize": 240 },
      { mode: "s7-compat", remoteTsap: 0x0202, maxMergeGap: 32 },
    ],
  ])("of an %s is the family's", (family, facts, expected) => {
    expect(
      chosen({ vendor: "Siemens", family }, { "s7.speaks": true, ...facts }, { s7: "speaks" }).profile,
    ).toMatchObject(expected);
  });

  it("merges nothing for a drive in slot 0", () => {
    expect(chosen({}, { ...S7_FACTS, "s7.tsap": 0x0300 }, { s7: "speaks" }).profile).toMatchObject({
      mode: "s7-compat",
      remoteTsap: 0x0300,
      maxMergeGap: 0,
    });
  });

  it("never takes the programmer's connection", () => {
    expect(chosen(S7_300, { ...S7_FACTS, "s7.tsap": 0x0102 }, { s7: "speaks" }).profile).toMatchObject({
      remoteTsap: 0x0202,
    });
  });

  it("names the ways that were not tried, last", () => {
    expect(modes(chosen(S7_300, S7_FACTS, { s7: "speaks" }))).toEqual(["s7-compat", "modbus-tunnel"]);
    expect(modes(chosen(S7_300, S7_FACTS, { s7: "speaks", modbus: "closed" }))).toEqual(["s7-compat"]);
    const { alternatives } = chosen({ family: "S7-1500" }, S7_FACTS, { s7: "speaks" });
    expect(alternatives).toMatchObject([
      { mode: "opcua", why: expect.stringContaining("not tried") },
      { mode: "modbus-tunnel" },
    ]);
  });

  it("goes on when the greeting was not answered, for another connection type may be", () => {
    expect(chosen({}, { "s7.tsap": 0x0302, "s7.setup": "silence" }, { s7: "open" }).profile.mode).toBe(
      "s7-compat",
    );
  });

  it.each(["s7comm-plus", "mms"])("is none where %s is spoken on its port", (protocol) => {
    const facts = { "s7.tsap": 0x0302, "s7.speaks": true, "s7.protocol": protocol };
    expect(modes(chosen({}, facts, { s7: "speaks" }))).toEqual(["none"]);
    expect(modes(chosen({}, { ...facts, "opcua.speaks": true }, { s7: "speaks", opcua: "speaks" }))).toEqual([
      "opcua",
    ]);
  });
});

describe("the tunnel", () => {
  it("comes first where S7 is refused and the exceptions are an S7's", () => {
    const choice = chosen({}, MB_SERVER, { s7: "open", modbus: "speaks" });
    expect(modes(choice)).toEqual(["modbus-tunnel", "modbus", "s7-compat"]);
    expect(choice.profile).toMatchObject({
      maxRegisters: 111,
      jobsInFlight: 1,
      connectionBudget: 1,
      unit: 1,
    });
  });

  it("asks for 80 registers where a CP stands between", () => {
    const facts = { ...MB_SERVER, "modbus.latencyMs": 80 };
    expect(chosen({}, facts, { s7: "open", modbus: "speaks" }).profile).toMatchObject({ maxRegisters: 80 });
  });

  it("comes after plain Modbus where S7 was not even tried for, or the first register is refused", () => {
    expect(modes(chosen({}, MB_SERVER, { s7: "closed", modbus: "speaks" }))).toEqual([
      "modbus",
      "modbus-tunnel",
    ]);
    const refused = { ...MB_SERVER, "modbus.fc3": "exception 2", "modbus.exceptionPattern": "43:01,3:02" };
    expect(modes(chosen({}, refused, { s7: "open", modbus: "speaks" }))).toEqual([
      "modbus",
      "modbus-tunnel",
      "s7-compat",
    ]);
  });

  it.each([
    ["another vendor", { vendor: "WAGO" }, {}],
    ["a name of its own", {}, { "modbus.vendor": "Example" }],
    ["an exception that no S7 has", {}, { "modbus.exceptionPattern": "43:01,3:04" }],
    ["function 43", {}, { "modbus.exceptionPattern": "17:01" }],
    ["units behind it", {}, { "modbus.deadUnits": "1", "modbus.unit": 255 }],
  ])("is not offered to a server with %s", (_, labels, facts) => {
    expect(modes(chosen(labels, { ...MB_SERVER, ...facts }, { s7: "open", modbus: "speaks" }))).toEqual([
      "modbus",
    ]);
  });

  it("comes before an S7 that refuses to be read, OPC UA before both", () => {
    const labels = { vendor: "Siemens", family: "S7-1200" };
    const facts = { ...S7_FACTS, ...MB_SERVER, "s7.readRefused": 0x8104, "opcua.speaks": true };
    expect(modes(chosen(labels, facts, { s7: "speaks", modbus: "speaks", opcua: "closed" }))).toEqual([
      "modbus-tunnel",
      "modbus",
      "s7-native",
    ]);
    expect(modes(chosen(labels, facts, { s7: "speaks", modbus: "speaks", opcua: "speaks" }))).toEqual([
      "opcua",
      "modbus-tunnel",
      "modbus",
      "s7-native",
    ]);
  });

  it("is not sent to by one byte that cannot be read", () => {
    expect(chosen(S7_300, { ...S7_FACTS, "s7.readRefused": 5 }, { s7: "speaks" }).profile.mode).toBe(
      "s7-compat",
    );
  });
});

describe("the profile of a Modbus device", () => {
  it("has the unit that answered and all that the protocol allows", () => {
    const labels = { vendor: "Siemens", family: "SENTRON PAC", nature: "meter" } as const;
    expect(
      chosen(
        labels,
        { "modbus.speaks": true, "modbus.unit": 0, "modbus.vendor": "Siemens AG" },
        { modbus: "speaks" },
      ).profile,
    ).toEqual({
      mode: "modbus",
      port: 502,
      why: "Modbus/TCP, unit 0 of Siemens SENTRON PAC",
      connectTimeoutMs: 5000,
      requestTimeoutMs: 2000,
      minGapMs: 0,
      jobsInFlight: 1,
      unit: 0,
      wordOrder: "ABCD",
      addressBase: 0,
      maxRegisters: 125,
      maxBits: 2000,
    });
  });

  it("is patient with a gateway", () => {
    const facts = { "modbus.speaks": true, "modbus.deadUnits": "1", "modbus.unit": 255 };
    const expected = { requestTimeoutMs: 6000, minGapMs: 20, why: expect.stringContaining("gateway") };
    expect(chosen({}, facts, { modbus: "speaks" }).profile).toMatchObject(expected);
    expect(
      chosen({ vendor: "Moxa", nature: "gateway" }, MB_SERVER, { modbus: "speaks" }).profile,
    ).toMatchObject(expected);
    expect(chosen({ vendor: "Schneider Electric" }, facts, { modbus: "speaks" }).profile).toMatchObject({
      minGapMs: 0,
    });
  });

  it("knows how many clients a family has room for", () => {
    expect(
      chosen({ family: "Modicon M218" }, { "modbus.speaks": true }, { modbus: "speaks" }).profile,
    ).toMatchObject({ connectionBudget: 4 });
  });
});

describe("the profile of an OPC UA server", () => {
  it("dials the host that was dialled", () => {
    expect(
      chosen({}, { "opcua.speaks": true, "opcua.anonymous": true }, { opcua: "speaks" }, "fd00::7").profile,
    ).toMatchObject({
      endpointUrl: "opc.tcp://[fd00::7]:4840",
      maxNodesPerCall: 50,
      why: "OPC UA",
    });
  });

  it.each([
    [{ family: "S7-1200" }, {}, 100, 500],
    [{ family: "S7-1500" }, { "opcua.maxNodesPerRead": 1000 }, 500, 500],
    [{ family: "S7-1500" }, { "opcua.maxNodesPerRead": 0, "opcua.maxMonitoredItemsPerCall": 200 }, 200, 500],
    [{}, { "opcua.productName": "KEPServerEX" }, 1000, 100],
    [{}, { "opcua.applicationName": "Ignition OPC UA Server" }, 100, 100],
    [{ model: "Prosys Simulation Server" }, {}, 800, 100],
  ])("of %o with %o asks for so many nodes at once", (labels, facts, nodes, publishing) => {
    expect(chosen(labels, { "opcua.speaks": true, ...facts }, { opcua: "speaks" }).profile).toMatchObject({
      maxNodesPerCall: nodes,
      leastPublishingMs: publishing,
    });
  });
});

describe("no profile", () => {
  it.each(["honeypot", "tar-pit", "web-server", "port-forward"] as const)(
    "for a %s, however well it speaks",
    (nature) => {
      expect(chosen({ ...S7_300, nature }, S7_FACTS, { s7: "speaks" })).toMatchObject({
        profile: { mode: "none" },
        alternatives: [],
      });
    },
  );

  it("says what is spoken that has no driver", () => {
    expect(chosen({}, { "bacnet.speaks": true }, { s7: "closed", bacnet: "speaks" }).profile).toEqual({
      mode: "none",
      why: "it speaks bacnet, for which there is no driver",
    });
  });

  it("says that nothing was recognised", () => {
    expect(chosen({}, {}, { s7: "open" }).profile).toEqual({
      mode: "none",
      why: "nothing that it speaks was recognised",
    });
  });
});
