import { describe, expect, it } from "vitest";
import type { ScanPlan } from "../../ports/driver.ts";
import { itemsOf } from "./items.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
const tag = (id: string, address: string) => ({
  id,
  path,
  name: id,
  device: "plc",
  protocol: "opcua" as const,
  address,
  unit: "1",
  scale: 1,
  offset: 0,
});
const wave = { ...tag("w", "i=2"), sampleRateHz: 1, samples: 16, sequenceAddress: "i=3" };
const plan: ScanPlan = {
  device: "plc",
  protocol: "opcua",
  tags: [tag("t", "i=1")],
  waveforms: [wave],
  groups: [],
};

describe("the items of a plan", () => {
  it("are its addresses, read once", () => {
    const address = (identifier: string) => [{ namespace: 0, kind: "i", identifier }];
    expect(itemsOf(plan)).toEqual({
      tags: address("1"),
      ranges: [undefined],
      blocks: address("2"),
      sequences: address("3"),
    });
  });

  it("name the tag and the character where an address is wrong", () => {
    expect(() => itemsOf({ ...plan, tags: [tag("line/temp", "ns=2;x=1")] })).toThrow(
      /^line\/temp: expected .* \(character 6 of "ns=2;x=1"\)$/,
    );
    expect(() => itemsOf({ ...plan, waveforms: [{ ...wave, sequenceAddress: "i=" }] })).toThrow(
      /^sequence of w: /,
    );
  });
});
