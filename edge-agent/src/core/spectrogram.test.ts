import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFft } from "../adapters/signal/fft.ts";
import { spectrogram } from "./spectrogram.ts";

const RATE = 8192;

const sine = (hz: number, amplitude: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE));

const rowOf = (db: Float32Array, columns: number, row: number): number[] =>
  Array.from(db.subarray(row * columns, (row + 1) * columns));

describe("spectrogram", () => {
  it("shows a sine of amplitude 1 as 0 dB in its own band at all times", () => {
    // 1024 Hz is bin 32 of a window of 256 samples.
    const { rows, columns, maxHz, seconds, db } = spectrogram(sine(1024, 1, 8192), RATE, createFft);
    expect([rows, columns, maxHz, seconds]).toEqual([128, 125, 4096, 1]);
    for (const level of rowOf(db, columns, 32)) expect(level).toBeCloseTo(0, 3);
    for (const level of rowOf(db, columns, 40)) expect(level).toBeLessThan(-100);
  });

  it("shows a tenth of the amplitude 20 dB lower", () => {
    const { columns, db } = spectrogram(sine(1024, 0.1, 8192), RATE, createFft);
    for (const level of rowOf(db, columns, 32)) expect(level).toBeCloseTo(-20, 3);
  });

  it("shows when a tone begins", () => {
    const samples = sine(2048, 1, 8192).fill(0, 0, 4096);
    const { columns, db } = spectrogram(samples, RATE, createFft);
    const tone = rowOf(db, columns, 64);
    expect(tone[0]).toBe(-200);
    expect(tone.at(-1)).toBeCloseTo(0, 3);
  });

  it("covers a long block with 256 longer windows and keeps a single line visible", () => {
    // 1,048,576 samples: windows of 4096, 16 bins a row; 1024 Hz is bin 512, row 32.
    const { rows, columns, db } = spectrogram(sine(1024, 1, 1_048_576), RATE, createFft);
    expect([rows, columns]).toEqual([128, 256]);
    for (const level of rowOf(db, columns, 32)) expect(level).toBeCloseTo(0, 3);
  });

  it("makes fewer rows of a short block", () => {
    const { rows, columns, db } = spectrogram(sine(1024, 1, 20), RATE, createFft);
    expect([rows, columns, db.length]).toEqual([8, 2, 16]);
  });

  it.each([0, 1, 15])("makes no picture of %i samples", (count) => {
    expect(spectrogram(new Float32Array(count), RATE, createFft)).toMatchObject({ rows: 0, columns: 0 });
  });

  it("shows silence at the floor, and takes what is no number for silence", () => {
    const { db } = spectrogram(new Float32Array(1024).fill(Number.NaN), RATE, createFft);
    expect(new Set(db)).toEqual(new Set([-200]));
  });

  it("fills at most 128 x 256 finite levels, whatever the length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 100_000 }), (count) => {
        const { rows, columns, db } = spectrogram(sine(700, 1, count), RATE, createFft);
        expect(rows).toBeLessThanOrEqual(128);
        expect(columns).toBeLessThanOrEqual(256);
        expect(db.length).toBe(rows * columns);
        expect(db.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
