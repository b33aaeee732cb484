import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { DeviceProfile } from "./profile-types.ts";

/** Every protocol that can be recognised; a driver exists for `DRIVEN` only. */
export const PROTOCOL_IDS = [
  "s7",
  "modbus",
  "opcua",
  "enip",
  "fins",
  "bacnet",
  "iec104",
  "fox",
  "pcworx",
  "ads",
  "hart-ip",
  "dnp3",
  "proconos",
  "codesys",
] as const;

export type ProtocolId = (typeof PROTOCOL_IDS)[number];

/** Protocols that Stethos can read tags with. */
export const DRIVEN: readonly ProtocolId[] = ["s7", "modbus", "opcua"];

/** Where a fact comes from: a protocol's probe, the TCP handshake, the neighbour table, or traffic overheard. */
export type ProbeId = ProtocolId | "tcp" | "neighbour" | "traffic";

export type FactValue = string | number | boolean;

/** One thing that was seen, without any meaning put into it yet.
 *
 *  Keys are `<protocol>.<name>`: "s7.orderNumber", "cotp.ccOrder", "tcp.window". README.md lists all of them. */
export interface Fact {
  readonly probe: ProbeId;
  readonly key: string;
  readonly value: FactValue;
  /** In a technician's words: "Firmware V2.6.1 (SZL 0x0011, index 7)". */
  readonly observed: string;
  /** The bytes that say so, in hex; "" where nothing was sent back. */
  readonly bytes: string;
}

/** What kind of thing answers. Only the first six are worth a driver. */
export const NATURES = [
  "plc",
  "soft-plc",
  "gateway",
  "meter",
  "drive",
  "simulator",
  "honeypot",
  "port-forward",
  "tar-pit",
  "web-server",
  "unknown",
] as const;

export type Nature = (typeof NATURES)[number];

/** Labels that a signature can put on a device. */
export interface Labels {
  readonly vendor?: string;
  /** "S7-300", "S7-1200", "Modicon M340" ... */
  readonly family?: string;
  readonly model?: string;
  readonly orderNumber?: string;
  /** "V2.6.1". */
  readonly firmware?: string;
  readonly serial?: string;
  readonly nature?: Nature;
}

/** A fact, or several together, with what it says of the device and how much that is worth. */
export interface Evidence {
  readonly probe: ProbeId;
  readonly observed: string;
  readonly bytes: string;
  readonly supports: Labels;
  /** What it speaks against. */
  readonly against?: Labels;
  /** 0..1: how sure this alone would make us; 0 for what is noted and says nothing. */
  readonly weight: number;
  /** Who says that the fact means this: a capture, a manual, a standard. */
  readonly source: string;
}

/** What one port of the device does. */
export interface ProtocolSeen {
  readonly id: ProtocolId;
  readonly port: number;
  /** speaks: proven by an answer; open: TCP connects, the protocol is not proven; closed: reset; filtered: silence. */
  readonly state: "speaks" | "open" | "closed" | "filtered";
  readonly hasDriver: boolean;
}

/** What was spent on the device to learn all this. */
export interface Spent {
  readonly connections: number;
  readonly frames: number;
  readonly ms: number;
}

/** The verdict on one device. A label is absent where nothing supports one. */
export interface Fingerprint extends Labels {
  readonly host: string;
  /** Of the neighbour table, where the device is on this link: "00:1b:1b:..". */
  readonly mac?: string;
  readonly nature: Nature;
  readonly protocols: readonly ProtocolSeen[];
  /** 0..1, of vendor and family together. */
  readonly confidence: number;
  /** Weightiest first. */
  readonly evidence: readonly Evidence[];
  /** What was seen, for signatures that are still to be written. */
  readonly facts: readonly Fact[];
  /** How to treat it: first choice. */
  readonly profile: DeviceProfile;
  /** What to try next when that fails, in order. */
  readonly alternatives: readonly DeviceProfile[];
  readonly diagnoses: readonly Diagnosis[];
  readonly spent: Spent;
  /** RFC 3339. */
  readonly at: string;
}
