import { describe, expect, it } from "vitest";
import { createRandom } from "../../plant/random.ts";
import { theilSen } from "./theil-sen.ts";

describe("the slope of a series", () => {
  it("is that of a line, whatever a few outliers say", () => {
    const line = Array.from({ length: 100 }, (_, i) => 5 + 0.25 * i + (i % 17 === 0 ? 1000 : 0));
    expect(theilSen(line).perStep).toBeCloseTo(0.25, 2);
  });

  it("has bounds that hold the truth and shrink with the noise", () => {
    const random = createRandom(7);
    const noisy = (noise: number) =>
      theilSen(Array.from({ length: 150 }, (_, i) => i + noise * random.normal()));
    const [loud, quiet] = [noisy(20), noisy(2)];
    for (const { low, high } of [loud, quiet]) {
      expect(low).toBeLessThan(1);
      expect(high).toBeGreaterThan(1);
    }
    expect(quiet.high - quiet.low).toBeLessThan((loud.high - loud.low) / 5);
  });
});
