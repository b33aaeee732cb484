import type { SpectrumDto, SpectrumKind } from "../../core/analysis-dto.ts";
import type { HealthyBands } from "../../core/band-levels.ts";
import type { CreateFft } from "../../core/fft.ts";
import type { Sensor } from "../../core/machine.ts";
import {
  amplitudeSpectrum,
  envelopePicture,
  poolLines,
  type Spectrum,
  velocitySpectrum,
} from "../../core/spectrum.ts";
import { spectrumMarks } from "../../core/spectrum-marks.ts";
import { rfc3339 } from "../../core/time.ts";
import { healthyLevels, type SpectrumBlock } from "./against-baseline.ts";
import { HttpProblem, quoted } from "./problem.ts";

const MOST_LINES = 2048;
/** Shorter blocks resolve neither 10 Hz nor a bearing line. */
const LEAST_SAMPLES = 256;

/** What is known of the sensor; less, where it is no longer configured. */
export type Ear = Pick<Sensor, "bearing" | "id" | "toMetresPerSecondSquared" | "unit">;

/** @throws HttpProblem conflict, where the block cannot be shown so */
export function spectrumDto(
  kind: SpectrumKind,
  ear: Ear,
  block: SpectrumBlock,
  about: { readonly shaftHz: number; readonly healthy: HealthyBands | undefined },
  createFft: CreateFft,
): SpectrumDto {
  if (block.samples.length < LEAST_SAMPLES) {
    throw new HttpProblem("conflict", `a block of ${quoted(ear.id)} has fewer than ${LEAST_SAMPLES} samples`);
  }
  const { shaftHz, healthy } = about;
  const { unit, spectrum, bandHz } = pictureOf(kind, ear, block, shaftHz, createFft);
  const pooled = poolLines(spectrum, MOST_LINES);
  const { stepHz, level } = pooled;
  // Its bands are too wide to be integrated: at 1 kHz a level means a hundredth of what it means at 10 Hz.
  const baseline =
    kind === "acceleration" && healthy !== undefined
      ? healthyLevels(inUnitOf(ear, healthy), spectrum, pooled)
      : undefined;
  return {
    sensor: ear.id,
    kind,
    unit,
    time: rfc3339(block.firstSampleTimeUs),
    stepHz,
    level: Array.from(level, rounded),
    ...(baseline && { baseline: Array.from(baseline, rounded) }),
    shaftHz,
    marks: spectrumMarks(ear.bearing, shaftHz, (level.length - 1) * stepHz),
    ...(bandHz && { bandHz: bandHz.map(rounded) }),
  };
}

/** A baseline knows the unit of the samples. */
function inUnitOf(
  { toMetresPerSecondSquared: factor = 1 }: Ear,
  { band, ...rest }: HealthyBands,
): HealthyBands {
  return { ...rest, band: { ...band, rms: band.rms * Math.abs(factor) } };
}

/** Four digits are finer than any picture. */
const rounded = (value: number): number => Number(value.toPrecision(4));

interface Picture {
  readonly unit: string;
  readonly spectrum: Spectrum;
  readonly bandHz?: readonly [number, number];
}

function pictureOf(
  kind: SpectrumKind,
  { id, unit, bearing, toMetresPerSecondSquared: factor }: Ear,
  { samples, sampleRateHz }: SpectrumBlock,
  shaftHz: number,
  createFft: CreateFft,
): Picture {
  if (kind === "envelope") {
    const picture = envelopePicture(samples, sampleRateHz, { bearing, shaftHz }, createFft);
    if (picture !== undefined) return { unit: "1", spectrum: picture, bandHz: picture.bandHz };
    throw new HttpProblem("conflict", `${quoted(id)} is sampled too slowly to have an envelope above 500 Hz`);
  }
  const own = amplitudeSpectrum(samples, sampleRateHz, createFft);
  if (factor === undefined) {
    if (kind === "acceleration") return { unit, spectrum: own };
    throw new HttpProblem(
      "conflict",
      `${quoted(id)} measures in ${quoted(unit)}, which is no acceleration: it has no velocity`,
    );
  }
  const acceleration = { stepHz: own.stepHz, level: own.level.map((value) => value * Math.abs(factor)) };
  return kind === "velocity"
    ? { unit: "mm/s", spectrum: velocitySpectrum(acceleration) }
    : { unit: "m/s2", spectrum: acceleration };
}
