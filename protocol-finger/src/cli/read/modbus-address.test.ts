import { describe, expect, it } from "vitest";
import { checkModbusAddress, modbusAddress } from "./modbus-address.ts";

describe("a Modbus address on the command line", () => {
  it("counts from where the device counts", () => {
    expect(modbusAddress("hr:1,STRING(8)#unit=3", 1)).toMatchObject({ start: 0, chars: 8, unit: 3 });
    expect(() => modbusAddress("hr:0", 1)).toThrow(
      '"hr:0" is no address, from character 4 on: expected a number of 1',
    );
  });

  it("is refused beforehand where it is wrong however the device counts", () => {
    for (const text of ["hr:0", "hr:65536", "40001"]) expect(() => checkModbusAddress(text)).not.toThrow();
    expect(() => checkModbusAddress("hr:1,REAL")).toThrow(
      /character 6 on: unknown type REAL; write FLOAT32.*"hr:0"/,
    );
  });
});
