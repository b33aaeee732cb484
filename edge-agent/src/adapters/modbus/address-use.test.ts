import { describe, expect, it } from "vitest";
import { checkAddress } from "./address-use.ts";

const tcp = { addressBase: 0, isSerial: false } as const;
const serial = { addressBase: 0, isSerial: true } as const;

describe("use of a modbus address", () => {
  it("lets a tag be of any type", () => {
    expect(checkAddress("hr:0,STRING(8)", { kind: "tag" }, tcp)).toBeUndefined();
    expect(checkAddress("hr:0,", { kind: "tag" }, tcp)).toMatchObject({ at: 5 });
  });

  it("wants a whole number of at most 32 bits for a block counter", () => {
    expect(checkAddress("hr:0", { kind: "sequence" }, tcp)).toBeUndefined();
    expect(checkAddress("hr:0,UINT32", { kind: "sequence" }, tcp)).toBeUndefined();
    const message = "a block counter is a single INT16, UINT16, INT32, UINT32";
    expect(checkAddress("hr:0,FLOAT32", { kind: "sequence" }, tcp)).toEqual({ at: 5, message });
    expect(checkAddress("hr:0,INT16[2]", { kind: "sequence" }, tcp)).toEqual({ at: 5, message });
    expect(checkAddress("coil:0", { kind: "sequence" }, tcp)).toEqual({ at: 0, message });
  });

  it("wants numbers for samples, as many as the waveform has, inside the table", () => {
    const use = { kind: "waveform", samples: 8192 } as const;
    expect(checkAddress("hr:0,INT16", use, tcp)).toBeUndefined();
    expect(checkAddress("hr:0,FLOAT32[8192]", use, tcp)).toBeUndefined();
    expect(checkAddress("hr:0.1", use, tcp)).toEqual({
      at: 0,
      message: "the samples of a waveform are numbers, not BOOL",
    });
    expect(checkAddress("hr:0,INT16[100]", use, tcp)).toEqual({
      at: 11,
      message: "the waveform has 8192 samples, not 100",
    });
    expect(checkAddress("hr:60000,INT16", use, tcp)).toEqual({
      at: 3,
      message: "8192 samples from here reach beyond the last address",
    });
  });

  it("knows that a serial line has no unit 0 and none above 247", () => {
    expect(checkAddress("hr:0#unit=247", { kind: "tag" }, serial)).toBeUndefined();
    expect(checkAddress("hr:0", { kind: "tag" }, serial)).toBeUndefined();
    const message = "units of a serial line are 1 to 247";
    expect(checkAddress("hr:0#unit=0", { kind: "tag" }, serial)).toEqual({ at: 10, message });
    expect(checkAddress("hr:0#unit=248", { kind: "tag" }, serial)).toEqual({ at: 10, message });
    expect(checkAddress("hr:0#unit=248", { kind: "tag" }, tcp)).toBeUndefined();
  });
});
