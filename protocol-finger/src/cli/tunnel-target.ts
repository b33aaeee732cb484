import type { ModbusOptions } from "../clients/modbus-client.ts";
import type { S7ClientOptions } from "../clients/s7-client.ts";
import { FingerError } from "../finger-error.ts";

export type TunnelPlc =
  | { readonly kind: "modbus"; readonly options: ModbusOptions }
  | { readonly kind: "s7"; readonly options: S7ClientOptions };

// What a controller of 2008 bears: one job at a time with a pause, and time enough for a slow cycle.
const PACE = { connectTimeoutMs: 5000, requestTimeoutMs: 2000, minGapMs: 5 } as const;
// Modbus Application Protocol V1.1b3, 6.1 and 6.3; the client begins with less and learns.
const MOST = { maxRegisters: 125, maxBits: 2000 } as const;
// PDU 240 leaves 222 bytes of data (Siemens, System Software for S7-300/400).
const COMPAT = { pduSize: 240, maxReadBytes: 222, jobsInFlight: 1, localTsap: 0x0100 } as const;
const TYPES: Readonly<Record<string, number>> = { pg: 1, op: 2, basic: 3 };

/** "modbus://10.0.0.5:502?unit=1" or "s7://10.0.0.5?rack=0&slot=2&type=basic".
 *  @throws FingerError OPTION_INVALID */
export function parseTunnelPlc(text: string): TunnelPlc {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
  if (url === undefined || host === "")
    throw invalid(text, 'write "modbus://10.0.0.5" or "s7://10.0.0.5?slot=2"');
  const known = KNOWN[url.protocol];
  if (known === undefined) throw invalid(text, "a PLC is behind modbus:// or s7://");
  if (url.username !== "" || url.password !== "" || url.hash !== "" || !["", "/"].includes(url.pathname)) {
    throw invalid(text, `behind host and port nothing but ?${known.join("=, ")}= may stand`);
  }
  for (const key of url.searchParams.keys()) {
    if (!known.includes(key))
      throw invalid(text, `${url.protocol}// takes ${known.join(", ")}, and "${key}" is none of it`);
  }
  const number = (key: string, usual: number, most: number) =>
    numberOf(text, url.searchParams.get(key), usual, most);
  if (url.protocol === "modbus:") {
    const unit = number("unit", 1, 255);
    return { kind: "modbus", options: { host, port: portOf(url, 502), unit, ...PACE, ...MOST } };
  }
  const type = TYPES[url.searchParams.get("type") ?? "basic"];
  if (type === undefined) throw invalid(text, "a type is pg, op or basic");
  const remoteTsap = (type << 8) | (number("rack", 0, 7) << 5) | number("slot", 2, 31);
  return { kind: "s7", options: { host, port: portOf(url, 102), remoteTsap, ...PACE, ...COMPAT } };
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "modbus:": ["unit"],
  "s7:": ["rack", "slot", "type"],
};

const portOf = ({ port }: URL, usual: number): number => (port === "" ? usual : Number(port));

function numberOf(text: string, value: string | null, usual: number, most: number): number {
  if (value === null) return usual;
  const number = Number(value);
  if (/^\d{1,3}$/.test(value) && number <= most) return number;
  throw invalid(text, `${value} is no number from 0 to ${most}`);
}

/** "127.0.0.1:1102"; "[::1]:1102".
 *  @throws FingerError OPTION_INVALID where it is none, or open to others without leave */
export function parseListen(
  text: string,
  mayExpose: boolean,
): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[([0-9a-f:]+)\]|([^:]+)):(\d{1,5})$/i.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host === undefined || port > 65_535)
    throw invalid(text, 'an address to listen on is written "127.0.0.1:1102"');
  if (!mayExpose && !/^(127(\.\d{1,3}){3}|::1|localhost)$/.test(host)) {
    throw new FingerError(
      "OPTION_INVALID",
      `${host} can be reached by other computers, and whoever reaches the tunnel reads the PLC: add --expose if that is meant`,
    );
  }
  return { host, port };
}

const invalid = (text: string, mend: string): FingerError =>
  new FingerError("OPTION_INVALID", `"${text}": ${mend}`);
