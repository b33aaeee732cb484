import { InvalidArgumentError } from "commander";
import { PROTOCOL_IDS, type ProtocolId } from "../fingerprint.ts";

/** Parsers of option values; commander names the option when they refuse. */

export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new InvalidArgumentError(`must be a whole number from 1 to ${most}`);
    }
    return value;
  };
}

// Timers do not take more than 2^31 - 1 ms and would fire at once.
const DAY_MS = 86_400_000;

export function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= DAY_MS)) {
    throw new InvalidArgumentError(`must be a number of milliseconds from 0 to ${DAY_MS}, which is a day`);
  }
  return value;
}

type Ports = Readonly<Partial<Record<ProtocolId, number>>>;

/** "s7=1102", as often as wanted. */
export function portOf(text: string, earlier: Ports = {}): Ports {
  const [protocol = "", port = "", ...more] = text.split("=");
  const id = protocolOf(protocol);
  const number = Number(port);
  if (more.length > 0 || !/^\d{1,5}$/.test(port) || number < 1 || number > 65_535) {
    throw new InvalidArgumentError('must name a protocol and its port: "s7=1102"');
  }
  return { ...earlier, [id]: number };
}

export function protocolsOf(text: string): readonly ProtocolId[] {
  return text.split(",").map(protocolOf);
}

function protocolOf(text: string): ProtocolId {
  const id = PROTOCOL_IDS.find((known) => known === text.trim());
  if (id === undefined) throw new InvalidArgumentError(`"${text}" is none of ${PROTOCOL_IDS.join(", ")}`);
  return id;
}

export const gathered = (text: string, earlier: readonly string[] = []): readonly string[] => [
  ...earlier,
  text,
];
