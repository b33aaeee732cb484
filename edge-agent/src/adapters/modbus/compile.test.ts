import { describe, expect, it } from "vitest";
import { compilePlan } from "./compile.ts";
import { planOf, waveformAt } from "./testing/plans.ts";

const options = {
  unit: 1,
  wordOrder: "ABCD",
  addressBase: 0,
  maxRegisters: 125,
  maxBits: 2000,
  maxGap: 16,
} as const;

describe("compiling of a modbus plan", () => {
  it("counts the units that are asked, also for waveforms", () => {
    const waveforms = [waveformAt("hr:0,INT16#unit=4", "hr:9999#unit=5", 100)];
    expect(compilePlan(planOf(["hr:0", "hr:1#unit=2", "hr:2#unit=1"], waveforms), options).units).toBe(4);
  });

  it("cuts a waveform into the fewest requests", () => {
    const waveforms = [waveformAt("hr:0,FLOAT32", "hr:60000,UINT32", 1000)];
    const [waveform] = compilePlan(planOf([], waveforms), options).waveforms;
    expect(waveform?.samples.spans.map(({ quantity }) => quantity)).toEqual([...new Array(16).fill(124), 16]);
    expect(waveform?.sequence.spans.map(({ quantity }) => quantity)).toEqual([2]);
  });

  it("names the tag and the character of an address that is wrong", () => {
    const thrown = (() => {
      try {
        return compilePlan(planOf(["hr:0", "hr:1,REAL"]), options);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({
      code: "ADDRESS_INVALID",
      message: 's/a/l/c/m/hr:1,REAL: address "hr:1,REAL", character 6: unknown type REAL; write FLOAT32',
    });
  });

  it("names the counter of a waveform", () => {
    const waveforms = [waveformAt("hr:0,INT16", "hr:5,FLOAT64", 100)];
    expect(() => compilePlan(planOf([], waveforms), options)).toThrow(
      /hr:0,INT16 \(sequence\): address "hr:5,FLOAT64", character 6: a block counter is a single/,
    );
  });

  it("knows the units of a serial line", () => {
    expect(() => compilePlan(planOf(["hr:0#unit=0"], [], "modbus-rtu"), options)).toThrow(
      /units of a serial line are 1 to 247/,
    );
  });

  it("takes a plan that contradicts itself for a bug", () => {
    const plan = planOf(["hr:0"]);
    const broken = { ...plan, groups: [{ name: "g", periodMs: 1, tags: [1], waveforms: [] }] };
    expect(() => compilePlan(broken, options)).toThrow(RangeError);
  });
});
