import type { Fingerprint } from "../fingerprint.ts";

/** A fingerprint as a probe of a known S7-300 yields it. */
export function s7Fingerprint(host: string, more: Partial<Fingerprint> = {}): Fingerprint {
  return {
    host,
    mac: "00:0e:8c:d0:f9:cb",
    vendor: "Siemens",
    family: "S7-300",
    model: "CPU 315-2 PN/DP",
    orderNumber: "6ES7 315-2EH14-0AB0",
    firmware: "V3.2.7",
    nature: "plc",
    protocols: [{ id: "s7", port: 102, state: "speaks", hasDriver: true }],
    confidence: 0.97,
    evidence: [
      {
        probe: "s7",
        observed: "order number 6ES7 315-2EH14-0AB0 (SZL 0x0011)",
        bytes: "0300009902f08032",
        supports: { vendor: "Siemens", family: "S7-300" },
        weight: 0.95,
        source: "ITI/ICS-Security-Tools snap7_s300_everything.pcapng",
      },
      {
        probe: "tcp",
        observed: "TTL 30",
        bytes: "",
        supports: { vendor: "Siemens" },
        against: { nature: "simulator" },
        weight: 0.3,
        source: "ITI/ICS-Security-Tools s7comm_reading_plc_status.pcap",
      },
    ],
    facts: [
      {
        probe: "s7",
        key: "s7.orderNumber",
        value: "6ES7 315-2EH14-0AB0",
        observed: "order number 6ES7 315-2EH14-0AB0 (SZL 0x0011)",
        bytes: "0300009902f08032",
      },
      { probe: "tcp", key: "tcp.ttl", value: 30, observed: "TTL 30", bytes: "" },
      { probe: "s7", key: "s7.connections", value: 16, observed: "16 connections in all", bytes: "00" },
    ],
    profile: {
      mode: "s7-compat",
      port: 102,
      why: "an S7-300 bears one job at a time",
      connectionBudget: 16,
      connectTimeoutMs: 5000,
      requestTimeoutMs: 2000,
      minGapMs: 5,
      jobsInFlight: 1,
      localTsap: 0x0100,
      remoteTsap: 0x0302,
      pduSize: 240,
      maxReadBytes: 222,
      maxMergeGap: 16,
    },
    alternatives: [],
    diagnoses: [],
    spent: { connections: 1, frames: 5, ms: 212.4 },
    at: "2026-11-23T03:00:00.000Z",
    ...more,
  };
}

/** One that nothing is known of. */
export function unknownFingerprint(host: string, more: Partial<Fingerprint> = {}): Fingerprint {
  const { vendor: _, family, model, orderNumber, firmware, mac, ...rest } = s7Fingerprint(host);
  return {
    ...rest,
    nature: "unknown",
    confidence: 0,
    evidence: [],
    profile: { mode: "none", why: "nothing that it speaks was recognised" },
    diagnoses: [{ code: "UNKNOWN_DEVICE", observed: "no signature fits" }],
    ...more,
  };
}
