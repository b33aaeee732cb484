import { describe, expect, it } from "vitest";
import { modbusRtuOptions, modbusTcpOptions } from "./options.ts";

describe("modbus options", () => {
  it("asks for the host alone", () => {
    expect(modbusTcpOptions.parse({ host: "plc" })).toEqual({
      host: "plc",
      port: 502,
      unit: 1,
      connectTimeoutMs: 3000,
      requestTimeoutMs: 1000,
      jobsInFlight: 1,
      wordOrder: "ABCD",
      addressBase: 0,
      maxRegisters: 125,
      maxBits: 2000,
      maxGap: 16,
      minGapMs: 0,
      timeoutLimit: 3,
      unitRetryMs: 5000,
    });
  });

  it("takes the serial standard's settings: 19200 baud, 8 data bits, even parity, 1 stop bit", () => {
    expect(modbusRtuOptions.parse({ path: "/dev/ttyUSB0" })).toMatchObject({
      baudRate: 19_200,
      dataBits: 8,
      parity: "even",
      stopBits: 1,
    });
  });

  it.each([
    { host: "plc", jobs: 4 },
    { host: "" },
    { host: "plc", maxRegisters: 126 },
    { host: "plc", maxRegisters: 3 },
    { host: "plc", wordOrder: "BA" },
    { host: "plc", addressBase: 2 },
    { host: "plc", jobsInFlight: 17 },
  ])("refuses %j", (options) => {
    expect(modbusTcpOptions.safeParse(options).success).toBe(false);
  });

  it("refuses a pause between requests that shall not wait for each other", () => {
    const parsed = modbusTcpOptions.safeParse({ host: "plc", minGapMs: 5, jobsInFlight: 2 });
    expect(parsed.error?.issues).toMatchObject([
      {
        path: ["minGapMs"],
        message: "minGapMs asks for a pause after each answer and jobsInFlight for none: set one of them",
      },
    ]);
  });

  it("refuses seven data bits and broadcast on a serial line", () => {
    const seven = modbusRtuOptions.safeParse({ path: "COM3", dataBits: 7 });
    expect(seven.error?.issues[0]?.message).toBe("RTU needs 8 data bits (7 are for Modbus ASCII)");
    expect(modbusRtuOptions.safeParse({ path: "COM3", unit: 0 }).success).toBe(false);
  });
});
