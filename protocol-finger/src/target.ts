import type { ProtocolId } from "./fingerprint.ts";

/** The device to examine. */
export interface Target {
  /** Address or name. */
  readonly host: string;
  /** Ports where they are not the protocols' own. */
  readonly ports?: Readonly<Partial<Record<ProtocolId, number>>>;
  /** Try only these, in this order. */
  readonly protocols?: readonly ProtocolId[];
  /** Ask everything that the budget allows, also after a confident verdict. */
  readonly inventory?: boolean;
  /** Probe even a device that is known. */
  readonly fresh?: boolean;
}
