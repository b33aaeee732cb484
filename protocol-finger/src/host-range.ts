import { isIPv4 } from "node:net";
import { FingerError } from "./finger-error.ts";

/** No scan is larger: a plant's network has 65,534 devices at most. */
export const MOST_HOSTS = 65_536;

/** The hosts of networks (10.0.0.0/24), ranges (10.0.0.5-10.0.0.9), addresses and names, each once, in order. The
 *  network's own address and the broadcast address of a network are left out.
 *  @throws FingerError OPTION_INVALID */
export function expandHosts(entries: readonly string[]): readonly string[] {
  const hosts = new Set<string>();
  for (const entry of entries) {
    for (const host of hostsOf(entry.trim())) {
      hosts.add(host);
      if (hosts.size > MOST_HOSTS) throw tooMany();
    }
  }
  return [...hosts];
}

function* hostsOf(entry: string): Generator<string> {
  const [first = "", second] = entry.split(/[/-]/);
  if (entry === "") throw invalid(entry, "write 10.0.0.0/24, 10.0.0.5-10.0.0.9, an address or a name");
  if (!isIPv4(first)) {
    if (entry.includes("/")) throw invalid(entry, "networks are IPv4; name IPv6 devices one by one");
    yield entry;
    return;
  }
  if (second === undefined) yield first;
  else if (entry.includes("/")) yield* network(entry, first, second);
  else yield* range(entry, numberOf(first), isIPv4(second) ? numberOf(second) : Number.NaN);
}

function* network(entry: string, first: string, prefixText: string): Generator<string> {
  const prefix = /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (!(prefix <= 32)) throw invalid(entry, "a prefix is a number from 16 to 32");
  if (prefix < 16) throw tooMany();
  const size = 2 ** (32 - prefix);
  const start = Math.floor(numberOf(first) / size) * size;
  // RFC 3021: a network of two has neither.
  const isOrdinary = size > 2;
  yield* range(entry, start + (isOrdinary ? 1 : 0), start + size - (isOrdinary ? 2 : 1));
}

function* range(entry: string, from: number, to: number): Generator<string> {
  if (!(to >= from)) throw invalid(entry, 'a range is written "10.0.0.5-10.0.0.9"');
  if (to - from >= MOST_HOSTS) throw tooMany();
  for (let address = from; address <= to; address += 1) yield textOf(address);
}

const numberOf = (address: string): number =>
  address.split(".").reduce((number, part) => number * 256 + Number(part), 0);

const textOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

const invalid = (entry: string, mend: string): FingerError =>
  new FingerError("OPTION_INVALID", `"${entry}" names no hosts: ${mend}`);

const tooMany = (): FingerError =>
  new FingerError(
    "OPTION_INVALID",
    `more than ${MOST_HOSTS} hosts: scan a network of /16 or smaller at a time`,
  );
