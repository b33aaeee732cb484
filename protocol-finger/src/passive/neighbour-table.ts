import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { FingerError } from "../finger-error.ts";

export interface Neighbour {
  readonly host: string;
  /** "00:1b:1b:23:eb:3b". */
  readonly mac: string;
}

const run = promisify(execFile);
const LIMIT_MS = 2000;

/** Who was seen on this machine's links lately, from the kernel's own tables; nothing is sent.
 *  @throws FingerError CAPTURE_UNREADABLE where there is no such table */
export async function readNeighbourTable(signal: AbortSignal): Promise<readonly Neighbour[]> {
  const [arp, neigh] = await Promise.allSettled([
    readFile("/proc/net/arp", "latin1").then(parseArpTable),
    run("ip", ["neigh", "show"], { timeout: LIMIT_MS, signal }).then(({ stdout }) => parseIpNeigh(stdout)),
  ]);
  signal.throwIfAborted();
  if (arp.status === "rejected" && neigh.status === "rejected") {
    throw new FingerError(
      "CAPTURE_UNREADABLE",
      'there is no neighbour table here: it needs Linux, and for IPv6 the program "ip" ("apt-get install iproute2")',
      { cause: arp.reason },
    );
  }
  const found = [arp, neigh].flatMap((part) => (part.status === "fulfilled" ? part.value : []));
  return [...new Map(found.map((one) => [one.host, one])).values()];
}

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;
const NO_MAC = "00:00:00:00:00:00";

/** @param text as /proc/net/arp has it: address, type, flags, MAC, mask, interface */
export function parseArpTable(text: string): readonly Neighbour[] {
  return text.split("\n").flatMap((line) => {
    const [host = "", , , mac = ""] = line.trim().split(/\s+/);
    return neighbourOf(host, mac);
  });
}

/** @param text of `ip neigh show`: address, "dev", interface, "lladdr", MAC, state */
export function parseIpNeigh(text: string): readonly Neighbour[] {
  return text.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    return neighbourOf(words[0] ?? "", words[words.indexOf("lladdr") + 1] ?? "");
  });
}

const neighbourOf = (host: string, mac: string): readonly Neighbour[] =>
  MAC.test(mac) && mac !== NO_MAC ? [{ host, mac: mac.toLowerCase() }] : [];
