import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createFft } from "../adapters/signal/fft.ts";
import { bandLevels, healthyLines } from "./band-levels.ts";
import { amplitudeSpectrum } from "./spectrum.ts";

/** The golden vectors of the model that is shipped: what its own graph makes of known waveforms. */
function goldenCases() {
  const folder = new URL("../../../models/artifacts/listener/0.1.0/golden/", import.meta.url);
  const { cases } = JSON.parse(readFileSync(new URL("vectors.json", folder), "utf8")) as {
    cases: {
      name: string;
      waveform: { offset: number; count: number };
      expected: { spectrum: { offset: number; count: number } };
    }[];
  };
  const bytes = readFileSync(new URL("vectors.f32", folder));
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const of = ({ offset, count }: { offset: number; count: number }) =>
    floats.subarray(offset, offset + count);
  return cases.map(({ name, waveform, expected }) => ({
    name,
    waveform: of(waveform),
    spectrum: of(expected.spectrum),
  }));
}

function noise(length: number, gain: number): Float32Array {
  let seed = 7;
  const next = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647 - 0.5;
  };
  return Float32Array.from({ length }, () => gain * next());
}

describe("bandLevels", () => {
  it.each(goldenCases())("sees of $name what the model's graph sees", ({ waveform, spectrum }) => {
    const { spectrum: ours, columns } = bandLevels(waveform, spectrum.length, createFft);
    expect(columns).toBe(128);
    ours.forEach((level, band) => {
      expect(Math.abs(level - (spectrum[band] ?? 0))).toBeLessThan(1e-3);
    });
  });

  it("does not know the gain", () => {
    const quiet = bandLevels(noise(8192, 1), 32, createFft).level;
    const loud = bandLevels(noise(8192, 100), 32, createFft).level;
    quiet.forEach((level, i) => {
      expect(loud[i]).toBeCloseTo(level, 4);
    });
  });

  it("shows long blocks in 256 columns, over their whole length", () => {
    const samples = noise(100_000, 1).map((one, i) =>
      i < 50_000 ? one : one + Math.sin((2 * Math.PI * i) / 4),
    );
    const { columns, level } = bandLevels(samples, 32, createFft);
    expect([columns, level.length]).toEqual([256, 32 * 256]);
    // A quarter of the sample rate is the edge of the bands 15 and 16.
    const row = level.subarray(16 * 256, 17 * 256);
    expect((row[250] ?? 0) - (row[5] ?? 0)).toBeGreaterThan(3);
  });

  it("of silence is level everywhere", () => {
    const { level } = bandLevels(new Float32Array(1024), 32, createFft);
    expect(level.every((one) => Math.abs(one) < 1e-9)).toBe(true);
  });
});

describe("healthyLines", () => {
  it("stands where the lines of the same noise stand", () => {
    const samples = noise(65_536, 2);
    const { stepHz, level } = amplitudeSpectrum(samples, 12_000, createFft);
    const rms = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
    const { spectrum } = bandLevels(samples, 32, createFft);
    const band = { rms, spectrum: { mean: spectrum, precision: new Float64Array() } };
    const lines = healthyLines({ sampleRateHz: 12_000, band }, stepHz);
    const perBand = 6000 / 32 / stepHz;
    for (let b = 1; b < 31; b += 1) {
      const own = level.subarray(Math.ceil(b * perBand), Math.floor((b + 1) * perBand));
      const mean = Math.sqrt(own.reduce((sum, one) => sum + one * one, 0) / own.length);
      expect(Math.abs(20 * Math.log10((lines[b] ?? 0) / mean))).toBeLessThan(1);
    }
  });
});
