import type { Criticality } from "./alarm-priority.ts";
import type { AssetPath } from "./tag.ts";

/** Geometry of a rolling bearing: all that its characteristic frequencies need. */
export interface BearingGeometry {
  readonly name: string;
  readonly rollers: number;
  /** Roller diameter over pitch diameter, 0..1. */
  readonly diameterRatio: number;
  readonly contactAngleDeg: number;
}

/** One accelerometer of a machine. */
export interface Sensor {
  /** Unique in the agent: the id of its waveform tag. */
  readonly id: string;
  readonly machine: string;
  readonly name: string;
  /** Index into the agent's waveform tags. */
  readonly waveform: number;
  readonly bearing?: BearingGeometry;
  /** UCUM code of the samples. */
  readonly unit: string;
  /** Multiplies samples into m/s2; absent where the unit is no acceleration (then no velocity is computed). */
  readonly toMetresPerSecondSquared?: number;
}

/** A machine of the plant with the sensors that listen to it. */
export interface Machine {
  /** Unique in the agent: the asset path as text. */
  readonly id: string;
  readonly name: string;
  readonly path: AssetPath;
  readonly sensors: readonly Sensor[];
  /** Id of the tag that holds the shaft speed, and what multiplies its value into Hz. */
  readonly speedTag?: string;
  readonly speedToHz?: number;
  /** Where no tag holds it: a fixed speed, or unknown. */
  readonly nominalShaftHz?: number;
  /** What follows where it fails; "normal" where absent. */
  readonly criticality?: Criticality;
  /** Tags that are shown with the machine. */
  readonly tags: readonly string[];
}
