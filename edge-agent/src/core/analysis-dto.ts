import type { SpectrumMark } from "./spectrum-marks.ts";

export const SPECTRUM_KINDS = ["velocity", "acceleration", "envelope"] as const;
export type SpectrumKind = (typeof SPECTRUM_KINDS)[number];

/** Amplitudes over frequency of one block of a sensor, with what its lines may mean. */
export interface SpectrumDto {
  readonly sensor: string;
  readonly kind: SpectrumKind;
  /** UCUM code of `level`. RMS amplitudes: "mm/s" of a velocity; "m/s2" of an acceleration, or the sensor's own unit where it
   *  measures none. "1" of an envelope: depth of modulation, 1 where its power swings by its own mean. */
  readonly unit: string;
  /** Time of the block's first sample. */
  readonly time: string;
  /** Line i stands at i x stepHz. */
  readonly stepHz: number;
  readonly level: readonly number[];
  /** Of the healthy machine at this speed: the mean line of each band that its baseline knows, as far up as it knows them. Only of
   *  accelerations. */
  readonly baseline?: readonly number[] | undefined;
  /** 0 where unknown: then there are no marks. */
  readonly shaftHz: number;
  readonly marks: readonly SpectrumMark[];
  /** Of an envelope: the carrier band that was demodulated. */
  readonly bandHz?: readonly number[] | undefined;
}

/** What maintenance found at one machine. */
export interface MaintenanceEntryDto {
  /** When it was filed. */
  readonly time: string;
  /** Of the work order, as the maintenance system names it. */
  readonly number: string;
  readonly finding: "fault" | "no-fault";
  readonly by: string;
  /** In this time the machine was as it was found. */
  readonly fromTime: string;
  readonly toTime: string;
}

export interface MaintenanceDto {
  readonly last?: MaintenanceEntryDto | undefined;
  /** Newest first. */
  readonly entries: readonly MaintenanceEntryDto[];
}
