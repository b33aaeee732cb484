import { describe, expect, it } from "vitest";
import { explain } from "./explain.ts";
import type { DeviceProfile } from "./profile-types.ts";
import { s7Fingerprint, unknownFingerprint } from "./testing/fingerprint.ts";

describe("an explanation", () => {
  it("leads from the verdict through what was seen, the bytes, the meaning and the source to the treatment", () => {
    expect(
      explain(s7Fingerprint("10.0.0.5"), "en"),
    ).toBe(`10.0.0.5 (00:0e:8c:d0:f9:cb): Siemens S7-300, CPU 315-2 PN/DP, 6ES7 315-2EH14-0AB0, firmware V3.2.7
It is a controller, and that is 97 % sure.

Evidence
├─ s7, port 102
│  └─ order number 6ES7 315-2EH14-0AB0 (SZL 0x0011)
│     ├─ fact    s7.orderNumber = 6ES7 315-2EH14-0AB0
│     ├─ bytes   03 00 00 99 02 f0 80 32
│     ├─ means   vendor Siemens, family S7-300
│     ├─ weight  0.95
│     └─ source  ITI/ICS-Security-Tools snap7_s300_everything.pcapng
└─ tcp, the handshake
   └─ TTL 30
      ├─ fact    tcp.ttl = 30
      ├─ means   vendor Siemens
      ├─ against nature simulator
      ├─ weight  0.3
      └─ source  ITI/ICS-Security-Tools s7comm_reading_plc_status.pcap

Noted as well
└─ s7.connections = 16: 16 connections in all

Ports
└─ s7, port 102: speaks

How to treat it
└─ s7-compat, port 102, TSAP 0x0302 (S7 basic connection, rack 0, slot 2)
   ├─ an S7-300 bears one job at a time
   ├─ PDU of 240 bytes, 222 bytes of data in one job, one job in flight, 5 ms between two
   └─ 16 connections for everybody together

Spent on the device: 1 connection, 5 frames, 212 ms (2026-11-23T03:00:00.000Z).`);
  });

  it("of an unknown device ends with a signature to begin with", () => {
    const text = explain(unknownFingerprint("10.0.0.9"), "en");
    expect(text).toContain("10.0.0.9: unknown device\nWhat it is, nothing tells.");
    expect(text).toContain("not at all");
    expect(text).toMatch(/please send them in:\n\n.*s7\.orderNumber/s);
  });

  it("asks for no signature of a device that answered nothing", () => {
    const closed = { id: "s7", port: 102, state: "closed", hasDriver: true } as const;
    expect(explain(unknownFingerprint("10.0.0.9", { protocols: [closed] }), "en")).not.toContain(
      "name plate",
    );
  });

  it("says of what only plays a controller what it is and how sure that is, and asks for no signature", () => {
    const evidence = {
      probe: "s7",
      observed: "serial number 88111222",
      bytes: "",
      source: "conpot",
    } as const;
    const text = explain(
      unknownFingerprint("10.0.0.9", {
        nature: "honeypot",
        evidence: [{ ...evidence, supports: { nature: "honeypot" }, weight: 0.95 }],
      }),
      "en",
    );
    expect(text).toContain(
      "10.0.0.9: no controller (honeypot)\nIt is a honeypot, which only plays a controller, and that is 95 % sure.",
    );
    expect(text).not.toContain("name plate");
  });

  it("tells cause and advice of what is wrong, in the reader's language", () => {
    const fingerprint = s7Fingerprint("10.0.0.5", {
      diagnoses: [{ code: "S7_PUT_GET_OFF", observed: "error 0x8104" }],
    });
    expect(explain(fingerprint, "en")).toMatch(/S7_PUT_GET_OFF: error 0x8104\n {3}├─ .*PUT\/GET.*\n {3}└─ /);
    expect(explain(fingerprint, "zh")).toMatch(/S7_PUT_GET_OFF: error 0x8104\n {3}├─ .*\p{Script=Han}/u);
  });

  it("says when nothing was sent, and what a port without driver speaks", () => {
    const text = explain(
      s7Fingerprint("10.0.0.5", {
        spent: { connections: 0, frames: 0, ms: 3 },
        protocols: [
          { id: "fins", port: 9600, state: "speaks", hasDriver: false },
          { id: "s7", port: 102, state: "filtered", hasDriver: true },
        ],
      }),
      "en",
    );
    expect(text).toContain("No connection was made and no frame sent for this");
    expect(text).toContain("fins, port 9600: speaks; Stethos has no driver for it");
    expect(text).toContain("s7, port 102: filtered: no answer");
  });

  it("shortens long bytes and names probes without a port", () => {
    const evidence = { observed: "x", supports: {}, weight: 0, source: "nobody" } as const;
    const text = explain(
      s7Fingerprint("10.0.0.5", {
        protocols: [],
        evidence: [
          { ...evidence, probe: "modbus", bytes: "ab".repeat(40) },
          { ...evidence, probe: "neighbour", bytes: "" },
          { ...evidence, probe: "traffic", bytes: "" },
        ],
      }),
      "en",
    );
    expect(text).toContain(`${"ab ".repeat(32)}... (40 bytes)`);
    expect(text).toContain("├─ modbus\n");
    expect(text).toContain("neighbour, the addresses on this link");
    expect(text).toContain("traffic, overheard");
    expect(text).toContain("means   nothing by itself");
  });

  it("shows every kind of profile, the second choice too", () => {
    const pace = {
      connectTimeoutMs: 1,
      requestTimeoutMs: 1,
      minGapMs: 0,
      jobsInFlight: 3,
      why: "it does so",
    };
    const modbus: DeviceProfile = {
      ...pace,
      mode: "modbus-tunnel",
      port: 502,
      unit: 7,
      wordOrder: "CDAB",
      addressBase: 1,
      maxRegisters: 100,
      maxBits: 800,
    };
    const opcua: DeviceProfile = {
      ...pace,
      mode: "opcua",
      port: 4840,
      endpointUrl: "opc.tcp://10.0.0.5:4840",
      maxNodesPerCall: 100,
      leastPublishingMs: 500,
    };
    const s7: DeviceProfile = {
      ...pace,
      mode: "s7-native",
      port: 102,
      localTsap: 0,
      remoteTsap: 0x1000,
      pduSize: 480,
      maxReadBytes: 462,
      maxMergeGap: 0,
    };
    const text = explain(s7Fingerprint("10.0.0.5", { profile: modbus, alternatives: [opcua, s7] }), "en");
    expect(text).toContain("├─ modbus-tunnel, port 502, unit 7");
    expect(text).toContain(
      "100 registers or 800 bits in one request, word order CDAB, addresses from 1, 3 jobs in flight",
    );
    expect(text).toContain("├─ if that fails: opcua, opc.tcp://10.0.0.5:4840");
    expect(text).toContain("100 nodes in one call, publishing every 500 ms at the fastest");
    expect(text).toContain(
      "└─ if that fails: s7-native, port 102, TSAP 0x1000 (own connection, rack 0, slot 0)",
    );
  });
});
