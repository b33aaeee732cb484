import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { promisify } from "node:util";
import type { Fact } from "./fingerprint.ts";
import { isOwnAddress } from "./tcp-evidence.ts";

/** Finds the MAC of an address on this link, in the tables that the kernel has already: nothing is sent. */
export type NeighbourReader = (address: string, signal: AbortSignal) => Promise<string | undefined>;

const run = promisify(execFile);
const LIMIT_MS = 1000;

export const readNeighbour: NeighbourReader = async (address, signal) => {
  if (isOwnAddress(address)) return undefined;
  try {
    if (isIPv4(address)) return macInArpTable(await readFile("/proc/net/arp", "latin1"), address);
    const { stdout } = await run("ip", ["neigh", "show", "to", address], { timeout: LIMIT_MS, signal });
    return macInNeighbours(stdout);
  } catch (thrown) {
    signal.throwIfAborted();
    // No Linux, no iproute2: the verdict does without the MAC.
    if (thrown instanceof Error) return undefined;
    throw thrown;
  }
};

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;
const NO_MAC = "00:00:00:00:00:00";

/** @param table as /proc/net/arp has it: address, type, flags, MAC, mask, interface */
export function macInArpTable(table: string, address: string): string | undefined {
  for (const line of table.split("\n")) {
    const [ip, , , mac = ""] = line.trim().split(/\s+/);
    if (ip === address && MAC.test(mac) && mac !== NO_MAC) return mac.toLowerCase();
  }
  return undefined;
}

/** @param text of `ip neigh show to ADDRESS` */
export function macInNeighbours(text: string): string | undefined {
  const mac = /\slladdr\s+(\S+)/.exec(text)?.[1] ?? "";
  return MAC.test(mac) ? mac.toLowerCase() : undefined;
}

const OUI_LENGTH = 8;

export function neighbourFacts(mac: string): readonly Fact[] {
  const oui = mac.slice(0, OUI_LENGTH);
  return [
    { probe: "neighbour", key: "neighbour.mac", value: mac, observed: `MAC ${mac} on this link`, bytes: "" },
    {
      probe: "neighbour",
      key: "neighbour.oui",
      value: oui,
      observed: `the MAC begins with ${oui}`,
      bytes: "",
    },
  ];
}
