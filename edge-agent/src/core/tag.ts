import type { TagLimits } from "./limits.ts";

/** Where a tag belongs in the plant: the equipment levels of ISA-95 (IEC 62264-1, 5.3). */
export interface AssetPath {
  readonly site: string;
  readonly area: string;
  readonly line: string;
  readonly cell: string;
  readonly asset: string;
}

/** How tags can be read: protocols that a driver exists for; S7 addresses through the registers of a Modbus server
 *  ("s7-tunnel"); or whatever the device turns out to speak ("auto"). */
export const PROTOCOLS = ["s7", "s7-tunnel", "modbus-tcp", "modbus-rtu", "opcua", "auto"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A named point of the plant.
 *
 *  Engineering value = raw value x scale + offset, in `unit`. */
export interface Tag {
  /** Unique in the agent: the path and the name, joined by "/". */
  readonly id: string;
  readonly path: AssetPath;
  readonly name: string;
  readonly device: string;
  readonly protocol: Protocol;
  /** As the operator wrote it, in the protocol's own notation. */
  readonly address: string;
  /** UCUM code, case sensitive ("Cel", "m/s2", "[g]", "A", "1" for none). */
  readonly unit: string;
  readonly scale: number;
  readonly offset: number;
  /** A change smaller than this, in `unit`, is not passed on; 0 passes every change, undefined every sample. */
  readonly deadband?: number;
  readonly limits?: TagLimits;
}

/** A tag that is read as blocks of equally spaced samples. */
export interface WaveformTag extends Tag {
  readonly sampleRateHz: number;
  readonly samples: number;
}

export const pathText = (path: AssetPath): string =>
  [path.site, path.area, path.line, path.cell, path.asset].join("/");
