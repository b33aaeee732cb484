import type { TreeNode } from "./explain-tree.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { counted } from "./fingerprint-text.ts";
import type { DeviceProfile } from "./profile-types.ts";

/** The first choice with its numbers, then what is tried when it fails. */
export function profileLines({ profile, alternatives }: Fingerprint): TreeNode[] {
  const node = (choice: DeviceProfile, lead: string): TreeNode => ({
    text: `${lead}${profileText(choice)}`,
    children: [choice.why, ...details(choice)].map((text) => ({ text, children: [] })),
  });
  return [node(profile, ""), ...alternatives.map((other) => node(other, "if that fails: "))];
}

export function profileText(profile: DeviceProfile): string {
  switch (profile.mode) {
    case "none":
      return "not at all";
    case "s7-native":
    case "s7-compat":
      return `${profile.mode}, port ${profile.port}, TSAP 0x${hex4(profile.remoteTsap)} (${tsapText(profile.remoteTsap)})`;
    case "modbus":
    case "modbus-tunnel":
      return `${profile.mode}, port ${profile.port}, unit ${profile.unit}`;
    case "opcua":
      return `${profile.mode}, ${profile.endpointUrl}`;
  }
}

function details(profile: DeviceProfile): string[] {
  switch (profile.mode) {
    case "none":
      return [];
    case "s7-native":
    case "s7-compat":
      return [
        `PDU of ${profile.pduSize} bytes, ${profile.maxReadBytes} bytes of data in one job, ${pace(profile)}`,
        ...budget(profile),
      ];
    case "modbus":
    case "modbus-tunnel":
      return [
        `${profile.maxRegisters} registers or ${profile.maxBits} bits in one request, word order ${profile.wordOrder}, ` +
          `addresses from ${profile.addressBase}, ${pace(profile)}`,
        ...budget(profile),
      ];
    case "opcua":
      return [
        `${profile.maxNodesPerCall} nodes in one call, publishing every ${profile.leastPublishingMs} ms at the fastest`,
        ...budget(profile),
      ];
  }
}

type Talking = Exclude<DeviceProfile, { readonly mode: "none" }>;

const pace = ({ jobsInFlight, minGapMs }: Talking): string =>
  `${jobsInFlight === 1 ? "one job" : `${jobsInFlight} jobs`} in flight, ${minGapMs} ms between two`;

const budget = ({ connectionBudget }: Talking): string[] =>
  connectionBudget === undefined ? [] : [`${counted(connectionBudget, "connection")} for everybody together`];

const hex4 = (number: number): string => number.toString(16).padStart(4, "0");

// High byte: connection type; low byte: rack * 32 + slot.
const TYPES: Readonly<Record<number, string>> = { 1: "PG", 2: "OP", 3: "S7 basic" };

function tsapText(tsap: number): string {
  const rack = (tsap & 0xff) >> 5;
  return `${TYPES[tsap >> 8] ?? "own"} connection, rack ${rack}, slot ${tsap & 0x1f}`;
}
