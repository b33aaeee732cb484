import { describe, expect, it } from "vitest";
import { createFft } from "../adapters/signal/fft.ts";
import { createEnvelopeAnalyser } from "./envelope.ts";

const modulated = Float32Array.from({ length: 8192 }, (_, i) => {
  const t = i / 12_000;
  const carrier = 0.7 * Math.sin(2 * Math.PI * 3100 * t);
  const chirps = 0.05 * Math.sin(0.7 * i * i * 1e-3 + 0.3 * i) + 0.04 * Math.sin(1.3 * i * i * 7e-4);
  const vibration = 2 * Math.sin(2 * Math.PI * 60 * t);
  return 0.5 + vibration + (1 + 0.8 * Math.cos(2 * Math.PI * 107.36 * t)) * carrier + chirps;
});

describe("createEnvelopeAnalyser", () => {
  const spectra = createEnvelopeAnalyser(createFft, 8192, 12_000).analyse(modulated, 0.5);

  it("cuts its bands at the sample rate", () => {
    const edges = spectra.map(({ bandHz }) => bandHz.map(Math.round));
    expect(edges).toEqual([
      [501, 2000],
      [2001, 3999],
      [4000, 5760],
    ]);
    expect(createEnvelopeAnalyser(createFft, 8192, 25_600).analyse(modulated, 0).length).toBe(3);
    expect(createEnvelopeAnalyser(createFft, 8192, 4800).analyse(modulated, 0).length).toBe(1);
  });

  it("agrees with the squared envelope that scipy.signal.hilbert gives of the same band", () => {
    // numpy.fft.irfft of the band's bins, abs(hilbert(...))^2 / mean - 1, Hann, rfft; power over the largest bin.
    const expected = [3.11164e-5, 0.00061983, 0.0980668, 1, 0.567462, 0.00649917, 0.000272632];
    const power = spectra[1]?.power ?? new Float64Array();
    const peak = power[73] ?? 1;
    expected.forEach((value, i) => {
      expect((power[70 + i] ?? 0) / peak / value).toBeCloseTo(1, 3);
    });
    expect((power[147] ?? 0) / peak).toBeCloseTo(0.0362548, 5);
  });

  it("does not depend on the gain", () => {
    const before = Array.from(spectra[1]?.power.subarray(60, 90) ?? []);
    const louder = createEnvelopeAnalyser(createFft, 8192, 12_000).analyse(
      modulated.map((sample) => 8 * sample),
      4,
    );
    before.forEach((value, i) => {
      expect((louder[1]?.power[60 + i] ?? 0) / value).toBeCloseTo(1, 6);
    });
  });
});
