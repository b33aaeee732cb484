import { describe, expect, it } from "vitest";
import { createFft } from "../adapters/signal/fft.ts";
import { momentsOf } from "./moments.ts";
import { amplitudeSpectrum, envelopePicture, poolLines, velocitySpectrum } from "./spectrum.ts";
import { spectrumMarks } from "./spectrum-marks.ts";
import { createVelocityMeter } from "./velocity.ts";

const BEARING = { name: "6205", rollers: 9, diameterRatio: 0.2, contactAngleDeg: 0 };

const sine = (length: number, rateHz: number, hz: number, amplitude: number, offset = 0): Float32Array =>
  Float32Array.from({ length }, (_, i) => offset + amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz));

const highest = (level: Float64Array): number => level.indexOf(Math.max(...level));

describe("amplitudeSpectrum", () => {
  it("shows a sine of amplitude 3 as 3 / sqrt(2), and the mean not at all", () => {
    const { stepHz, level } = amplitudeSpectrum(sine(8192, 8192, 1000, 3, 50), 8192, createFft);
    expect([stepHz, level.length, highest(level)]).toEqual([1, 4096, 1000]);
    expect(level[1000]).toBeCloseTo(3 / Math.SQRT2, 5);
    expect(level[0]).toBe(0);
    expect(level[500]).toBeLessThan(1e-5);
  });

  it.each([6000, 8191, 12_000, 100_000, 700_000])("has the same scale for %d samples", (length) => {
    const { stepHz, level } = amplitudeSpectrum(sine(length, 25_600, 1600, 2), 25_600, createFft);
    expect(highest(level) * stepHz).toBeCloseTo(1600, 6);
    expect(level[highest(level)]).toBeCloseTo(Math.SQRT2, 3);
  });

  it("loses 1.42 dB at most between two lines, as the Hann window does", () => {
    const { level } = amplitudeSpectrum(sine(8192, 8192, 1000.5, 1), 8192, createFft);
    expect(20 * Math.log10(Math.max(...level) * Math.SQRT2)).toBeCloseTo(-1.42, 2);
  });

  it("holds the power of the block: the squares of its lines over the window's noise bandwidth", () => {
    let seed = 1;
    const noise = Float32Array.from({ length: 65_536 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647 - 0.5;
    });
    const { level } = amplitudeSpectrum(noise, 12_000, createFft);
    const rms = Math.sqrt(level.reduce((sum, one) => sum + one * one, 0) / 1.5);
    expect(rms / momentsOf(noise).rms).toBeCloseTo(1, 2);
  });

  it("takes samples that are no number for the mean", () => {
    const samples = sine(8192, 8192, 1000, 1, 5).fill(Number.NaN, 100, 110);
    const { level } = amplitudeSpectrum(samples, 8192, createFft);
    expect(level.every(Number.isFinite)).toBe(true);
    expect(level[1000]).toBeCloseTo(1 / Math.SQRT2, 2);
    expect(amplitudeSpectrum(samples.fill(Number.NaN), 8192, createFft).level.every((one) => one === 0)).toBe(
      true,
    );
  });
});

describe("velocitySpectrum", () => {
  it("shows 10 m/s2 at 100 Hz as 15.92 / sqrt(2) mm/s", () => {
    const { level } = velocitySpectrum(amplitudeSpectrum(sine(8192, 8192, 100, 10), 8192, createFft));
    expect(level[100]).toBeCloseTo(15.9155 / Math.SQRT2, 3);
  });

  it("begins at 10 Hz and ends at 1000 Hz", () => {
    const { level } = velocitySpectrum({ stepHz: 1, level: new Float64Array(4096).fill(1) });
    expect([level.length, level[9]]).toEqual([1001, 0]);
    expect(level[10]).toBeGreaterThan(0);
  });

  it("agrees with the velocity that scores tell", () => {
    const samples = sine(8192, 8192, 50, 3).map((one, i) => one + Math.sin((2 * Math.PI * 320 * i) / 8192));
    const { level } = velocitySpectrum(amplitudeSpectrum(samples, 8192, createFft));
    const told = createVelocityMeter(createFft, 8192, 8192).measure(samples, 0);
    expect(Math.sqrt(level.reduce((sum, one) => sum + one * one, 0) / 1.5) / told).toBeCloseTo(1, 3);
  });
});

describe("envelopePicture", () => {
  /** A resonance at 3 kHz that is struck at the rate of the outer ring: depth 0.5 of its power. */
  const struck = (rateHz: number, strikeHz: number): Float32Array =>
    Float32Array.from({ length: 16_384 }, (_, i) => {
      const t = i / rateHz;
      const swing = Math.sqrt(1 + 0.5 * Math.cos(2 * Math.PI * strikeHz * t));
      return 0.3 * Math.sin(2 * Math.PI * 40 * t) + swing * Math.sin(2 * Math.PI * 3000 * t);
    });

  it("shows the depth of modulation of the band in which a bearing line stands out", () => {
    // 9 rollers, ratio 0.2, 25 Hz: BPFO 90 Hz.
    const picture = envelopePicture(struck(12_288, 90), 12_288, { bearing: BEARING, shaftHz: 25 }, createFft);
    expect(picture?.bandHz.map(Math.round)).toEqual([2000, 4000]);
    const { level, stepHz } = picture ?? { level: new Float64Array(), stepHz: 0 };
    expect(highest(level) * stepHz).toBeCloseTo(90, 0);
    expect(Math.max(...level)).toBeCloseTo(0.5, 1);
    expect(level.length * stepHz).toBeGreaterThan(3 * 9 * 0.6 * 25);
  });

  it("takes the band with the strongest line where there is no bearing", () => {
    const about = { bearing: undefined, shaftHz: 0 };
    const picture = envelopePicture(struck(12_288, 90), 12_288, about, createFft);
    expect(picture?.bandHz.map(Math.round)).toEqual([2000, 4000]);
    expect((picture?.level.length ?? 0) * (picture?.stepHz ?? 0)).toBeCloseTo(1000, -1);
  });

  it("is none where the sample rate leaves no carrier band", () => {
    const about = { bearing: BEARING, shaftHz: 25 };
    expect(envelopePicture(sine(4096, 1000, 50, 1), 1000, about, createFft)).toBeUndefined();
  });
});

describe("poolLines", () => {
  it("leaves short spectra as they are", () => {
    const spectrum = { stepHz: 1, level: new Float64Array(2048) };
    expect(poolLines(spectrum, 2048)).toEqual(spectrum);
  });

  it.each([2, 3, 8])(
    "keeps the height of each line, within half a step of its place, at 1 in %d",
    (share) => {
      for (const line of [0, 1, 777, 1000, 2047]) {
        const level = new Float64Array(2048);
        level[line] = 7;
        const pooled = poolLines({ stepHz: 0.5, level }, Math.ceil(2048 / share));
        expect(Math.max(...pooled.level)).toBe(7);
        expect(Math.abs(highest(pooled.level) * pooled.stepHz - line * 0.5)).toBeLessThanOrEqual(
          pooled.stepHz / 2,
        );
        expect(pooled.level.length).toBeLessThanOrEqual(Math.ceil(2048 / share));
      }
    },
  );
});

describe("spectrumMarks", () => {
  it("names the shaft's turns and three harmonics of the bearing's lines", () => {
    const marks = spectrumMarks(BEARING, 25, 300);
    expect(marks.map(({ name, hz }) => [name, Math.round(hz * 100) / 100])).toEqual([
      ["1x", 25],
      ["2x", 50],
      ["BPFO", 90],
      ["BPFO", 180],
      ["BPFO", 270],
      ["BPFI", 135],
      ["BPFI", 270],
      ["BSF", 120],
      ["BSF", 240],
      ["FTF", 10],
      ["FTF", 20],
      ["FTF", 30],
    ]);
  });

  it("names nothing without a speed, and only the shaft without a bearing", () => {
    expect(spectrumMarks(BEARING, 0, 1000)).toEqual([]);
    expect(spectrumMarks(undefined, 25, 30)).toEqual([{ name: "1x", hz: 25, harmonic: 1 }]);
  });
});
