import { BlockList, isIP } from "node:net";
import { FingerError } from "./finger-error.ts";

/** The devices that may be spoken to. Nothing else is ever sent a byte. */
export interface AllowList {
  /** As they were written. */
  readonly entries: readonly string[];
  /** Names among them: they allow what they resolve to at the moment of asking. */
  readonly names: readonly string[];
  /** @param address IPv4 or IPv6, no name */
  hasAddress(address: string): boolean;
}

// RFC 1123 section 2.1, with the underscore that Windows names have.
const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i;

/** A mistyped address is no name. */
export const isHostName = (text: string): boolean => NAME.test(text) && !/^[\d.]+$/.test(text);

/** Addresses (10.0.0.5), networks (10.0.0.0/24), ranges (10.0.0.5-10.0.0.9) and names, one an entry; blank entries and
 *  what stands behind "#" are skipped.
 *  @throws FingerError OPTION_INVALID */
export function parseAllowList(entries: readonly string[]): AllowList {
  const addresses = new BlockList();
  const names: string[] = [];
  const kept = entries.map((entry) => entry.replace(/#.*/, "").trim()).filter((entry) => entry !== "");
  for (const entry of kept) {
    if (!addAddresses(addresses, entry)) {
      if (!isHostName(entry)) throw notAnEntry(entry);
      names.push(entry.toLowerCase());
    }
  }
  return {
    entries: kept,
    names,
    hasAddress: (address) => addresses.check(address, familyOf(address)),
  };
}

function addAddresses(addresses: BlockList, entry: string): boolean {
  const [first = "", second, ...more] = entry.split(/[/-]/);
  if (isIP(first) === 0) return false;
  const family = familyOf(first);
  if (second === undefined) {
    addresses.addAddress(first, family);
    return true;
  }
  if (more.length > 0) throw notAnEntry(entry);
  try {
    if (entry.includes("/")) addresses.addSubnet(first, prefixOf(second), family);
    else addresses.addRange(first, second, family);
  } catch {
    // Node's own words are about its interface, and the entry is in ours.
    throw notAnEntry(entry);
  }
  return true;
}

/** Number() would take "" and "0x8" too. */
const prefixOf = (text: string): number => (/^\d{1,3}$/.test(text) ? Number(text) : Number.NaN);

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

function notAnEntry(entry: string): FingerError {
  const shown = entry.length > MOST_SHOWN ? `${entry.slice(0, MOST_SHOWN)}...` : entry;
  return new FingerError(
    "OPTION_INVALID",
    `allow-list: ${JSON.stringify(shown)} is no address, network, range or name: ` +
      'write "10.0.0.5", "10.0.0.0/24", "10.0.0.5-10.0.0.9" or "plc7.plant.example"',
  );
}

const MOST_SHOWN = 60;
