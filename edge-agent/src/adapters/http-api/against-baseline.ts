import { bandLevels, type HealthyBands, healthyLines } from "../../core/band-levels.ts";
import type { SpectrogramDto } from "../../core/feed.ts";
import type { CreateFft } from "../../core/fft.ts";
import { createResampler } from "../../core/resample.ts";
import type { Spectrum } from "../../core/spectrum.ts";
import { rfc3339 } from "../../core/time.ts";
import type { Waveform } from "../../core/waveform.ts";
import { HttpProblem, quoted } from "./problem.ts";

export type SpectrumBlock = Pick<Waveform, "firstSampleTimeUs" | "sampleRateHz" | "samples">;

/** Bounds the work of a long block: some five seconds. */
const MOST_SAMPLES = 131_072;
const DB_PER_NEPER_OF_POWER = 10 / Math.LN10;

/** How much each band stands above or below its baseline, over time. The level of the whole is taken out of both, as the detector
 *  does: a sensor that was turned up shows nothing.
 *  @throws HttpProblem conflict, where the block cannot be compared */
export function spectrogramAgainst(
  { sampleRateHz, band }: HealthyBands,
  sensor: string,
  { samples, sampleRateHz: ownHz, firstSampleTimeUs }: SpectrumBlock,
  createFft: CreateFft,
): SpectrogramDto {
  const { mean } = band.spectrum;
  const skipped = Math.max(0, samples.length - MOST_SAMPLES);
  const heard = atRate(samples.subarray(skipped), ownHz, sampleRateHz);
  if (heard.length < 4 * mean.length || !Number.isInteger(Math.log2(mean.length))) {
    throw new HttpProblem("conflict", `a block of ${quoted(sensor)} cannot be compared with its baseline`);
  }
  const { columns, level } = bandLevels(heard, mean.length, createFft);
  const db = Array.from(level, (one, i) => {
    const above = DB_PER_NEPER_OF_POWER * (one - (mean[Math.floor(i / columns)] ?? 0));
    return Math.round(above * 10) / 10;
  });
  return {
    sensor,
    firstSampleTime: rfc3339(firstSampleTimeUs + (skipped / ownHz) * 1e6),
    rows: mean.length,
    columns,
    maxHz: sampleRateHz / 2,
    seconds: heard.length / sampleRateHz,
    db,
    against: "baseline",
  };
}

function atRate(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  const finite = samples.map((one) => (Number.isFinite(one) ? one : 0));
  if (fromHz === toHz) return finite;
  const resampler = createResampler(fromHz, toHz);
  const out = new Float32Array(resampler.outputLength(finite.length));
  resampler.run(finite, out);
  return out;
}

/** Above the highest band of the baseline there may be so much of the power: the RMS that it knows is of all frequencies. */
const MOST_UNKNOWN_SHARE = 0.2;

/** The healthy level of each of `lines` lines, as far as the baseline's bands reach.
 *  @param own the spectrum before lines were pooled
 *  @returns undefined where too much of the sound lies beyond */
export function healthyLevels(
  healthy: HealthyBands,
  own: Spectrum,
  pooled: Spectrum,
): Float64Array | undefined {
  const highestHz = healthy.sampleRateHz / 2;
  const known = own.level.subarray(0, Math.ceil(highestHz / own.stepHz));
  if (powerOf(known) < (1 - MOST_UNKNOWN_SHARE) * powerOf(own.level)) return undefined;
  const bands = healthyLines(healthy, own.stepHz);
  const count = Math.min(pooled.level.length, Math.ceil(highestHz / pooled.stepHz));
  const perHz = bands.length / highestHz;
  return Float64Array.from(
    { length: count },
    (_, line) => bands[Math.floor(line * pooled.stepHz * perHz)] ?? 0,
  );
}

const powerOf = (level: Float64Array): number => level.reduce((sum, one) => sum + one * one, 0);
