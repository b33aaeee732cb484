import { parseS7Address, type S7Address } from "@stethos/protocol-finger/s7";
import { mapAddress, type TunnelArea } from "@stethos/protocol-finger/settings";
import type { TunnelRow } from "@stethos/protocol-finger/tunnel";
import type { AddressProblem } from "../../ports/driver.ts";

/** An S7 address and the registers that it travels through. */
export interface TunnelAddress {
  readonly address: S7Address;
  readonly row: TunnelRow;
}

/** Read an S7 address and find its registers. */
export function parseTunnelAddress(
  text: string,
  areas: readonly TunnelArea[],
): TunnelAddress | { readonly problem: AddressProblem } {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) return parsed;
  const { address } = parsed;
  const mapping = mapAddress(address, areas);
  if ("problem" in mapping) return mapping;
  return { address, row: { span: mapping.span, elementBytes: address.elementBytes } };
}

/** What keeps an address from being read through these registers, or undefined: for configuration time. */
export function checkTunnelAddress(text: string, areas: readonly TunnelArea[]): AddressProblem | undefined {
  const parsed = parseTunnelAddress(text, areas);
  return "problem" in parsed ? parsed.problem : undefined;
}
