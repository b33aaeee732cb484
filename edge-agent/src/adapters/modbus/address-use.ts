import {
  type AddressBase,
  elementWidth,
  type ModbusAddress,
  type ModbusType,
  type ParsedAddress,
  parseAddress,
} from "@stethos/protocol-finger/modbus";
import type { AddressProblem } from "../../ports/driver.ts";

/** What an address is to be used for. */
export type AddressUse =
  | { readonly kind: "tag" }
  /** The counter of a waveform's blocks. */
  | { readonly kind: "sequence" }
  | { readonly kind: "waveform"; readonly samples: number };

export interface AddressRules {
  readonly addressBase: AddressBase;
  /** Units of a serial line are 1 to 247. */
  readonly isSerial: boolean;
}

const COUNTERS: readonly ModbusType[] = ["INT16", "UINT16", "INT32", "UINT32"];
const NO_SAMPLES: readonly ModbusType[] = ["BOOL", "STRING"];
/** Modbus over Serial Line V1.02, 2.2: 0 is broadcast, which nobody answers, and 248 to 255 are reserved. */
const SERIAL_UNITS = { least: 1, most: 247 };
const TABLE_SIZE = 65_536;

/** Read an address and see that it fits its use. */
export function parseAddressFor(text: string, use: AddressUse, rules: AddressRules): ParsedAddress {
  const parsed = parseAddress(text, rules.addressBase);
  if (!parsed.ok) return parsed;
  const problem = misuse(text, parsed.address, use) ?? serialProblem(text, parsed.address, rules);
  return problem === undefined ? parsed : { ok: false, problem };
}

/** What is wrong with an address for this use, or undefined. */
export function checkAddress(text: string, use: AddressUse, rules: AddressRules): AddressProblem | undefined {
  const parsed = parseAddressFor(text, use, rules);
  return parsed.ok ? undefined : parsed.problem;
}

function misuse(text: string, address: ModbusAddress, use: AddressUse): AddressProblem | undefined {
  const { count, start, type } = address;
  const typeAt = offsetAfter(text, ",");
  switch (use.kind) {
    case "tag":
      return undefined;
    case "sequence":
      if (count === undefined && COUNTERS.includes(type)) return undefined;
      return { at: typeAt, message: `a block counter is a single ${COUNTERS.join(", ")}` };
    case "waveform":
      if (NO_SAMPLES.includes(type))
        return { at: typeAt, message: `the samples of a waveform are numbers, not ${type}` };
      if (count !== undefined && count !== use.samples) {
        return {
          at: offsetAfter(text, "["),
          message: `the waveform has ${use.samples} samples, not ${count}`,
        };
      }
      if (start + elementWidth(address) * use.samples <= TABLE_SIZE) return undefined;
      return {
        at: offsetAfter(text, ":"),
        message: `${use.samples} samples from here reach beyond the last address`,
      };
  }
}

function serialProblem(
  text: string,
  { unit }: ModbusAddress,
  { isSerial }: AddressRules,
): AddressProblem | undefined {
  const { least, most } = SERIAL_UNITS;
  if (!isSerial || unit === undefined || (unit >= least && unit <= most)) return undefined;
  return { at: offsetAfter(text, "="), message: `units of a serial line are ${least} to ${most}` };
}

/** Where the part after `mark` begins; the beginning of the text where there is none. */
const offsetAfter = (text: string, mark: string): number => text.indexOf(mark) + 1;
