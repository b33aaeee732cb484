import { describe, expect, it } from "vitest";
import { bearingFrequencies } from "./bearing.ts";

describe("bearingFrequencies", () => {
  // The drive-end bearing of the CWRU rig: the Bearing Data Center gives 3.5848, 5.4152, 4.7135 (= 2 x BSF), 0.39828 x shaft.
  const skf6205 = { name: "6205-2RS", rollers: 9, diameterRatio: 0.3126 / 1.537, contactAngleDeg: 0 };

  it("gives the published orders of the 6205 bearing", () => {
    const orders = bearingFrequencies(skf6205, 1);
    expect(orders.bpfo).toBeCloseTo(3.5848, 3);
    expect(orders.bpfi).toBeCloseTo(5.4152, 3);
    expect(2 * orders.bsf).toBeCloseTo(4.7135, 3);
    expect(orders.ftf).toBeCloseTo(0.39828, 3);
  });

  it("scales with the shaft speed", () => {
    expect(bearingFrequencies(skf6205, 29.95).bpfo).toBeCloseTo(107.36, 1);
  });

  it("narrows the gap between the rings with the contact angle", () => {
    const angular = bearingFrequencies(
      { name: "7205", rollers: 12, diameterRatio: 0.2, contactAngleDeg: 40 },
      25,
    );
    expect(angular.bpfo).toBeCloseTo(127.0187, 3);
    expect(angular.bpfi).toBeCloseTo(172.9813, 3);
    expect(angular.bsf).toBeCloseTo(61.0329, 3);
    expect(angular.ftf).toBeCloseTo(10.5849, 3);
  });
});
