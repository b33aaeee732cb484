import { describe, expect, it } from "vitest";
import { createFft } from "./fft.ts";

describe("createFft", () => {
  it("gives the bins that numpy.fft.rfft gives", () => {
    const fft = createFft(8);
    const out = new Float64Array(16);
    fft.forwardReal(Float64Array.of(1, 2, 4, -1, 0, 3, 5, 2), out);
    // numpy.fft.rfft([1, 2, 4, -1, 0, 3, 5, 2])
    const expected = [16, 0, 2.414213562, 3.828427125, -8, -4, -0.414213562, 1.828427125, 4, 0];
    expected.forEach((value, i) => {
      expect(out[i]).toBeCloseTo(value, 8);
    });
  });

  it.each([2, 4, 16, 32, 8192])("comes back from %i bins to the samples", (size) => {
    const fft = createFft(size);
    const input = Float64Array.from({ length: size }, (_, i) => Math.sin(i * i));
    const complex = new Float64Array(2 * size);
    const spectrum = new Float64Array(2 * size);
    fft.forwardReal(input, spectrum);
    // The other half of a real signal's spectrum is its mirror image.
    for (let bin = 1; bin < size / 2; bin += 1) {
      spectrum[2 * (size - bin)] = spectrum[2 * bin] ?? 0;
      spectrum[2 * (size - bin) + 1] = -(spectrum[2 * bin + 1] ?? 0);
    }
    fft.inverse(spectrum, complex);
    input.forEach((value, i) => {
      expect(complex[2 * i]).toBeCloseTo(value, 10);
      expect(complex[2 * i + 1]).toBeCloseTo(0, 10);
    });
  });

  it("refuses sizes that are no power of two", () => {
    expect(() => createFft(6)).toThrow(/power of two/);
  });
});
