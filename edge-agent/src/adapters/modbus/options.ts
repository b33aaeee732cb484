import { WORD_ORDERS } from "@stethos/protocol-finger/modbus";
import { z } from "zod";

/** PDU limits: Modbus Application Protocol V1.1b3, 6.1 and 6.3. */
const MOST_REGISTERS = 125;
const MOST_BITS = 2000;
/** So that a 64-bit value always fits into one request. */
const LEAST_REGISTERS = 4;

const shared = {
  requestTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(1000)
    .describe("The longest wait for one answer, in milliseconds"),
  wordOrder: z
    .enum(WORD_ORDERS)
    .default("ABCD")
    .describe("Order of the bytes of 32 and 64-bit values whose address names none; A is the highest byte"),
  addressBase: z
    .literal([0, 1])
    .default(0)
    .describe("What the first register is called in addresses like hr:0: 0 (protocol) or 1 (reference)"),
  maxRegisters: z
    .int()
    .min(LEAST_REGISTERS)
    .max(MOST_REGISTERS)
    .default(MOST_REGISTERS)
    .describe("The most registers that the device gives in one answer"),
  maxBits: z
    .int()
    .min(1)
    .max(MOST_BITS)
    .default(MOST_BITS)
    .describe("The most coils or inputs that the device gives in one answer"),
  maxGap: z
    .int()
    .min(0)
    .max(MOST_REGISTERS)
    .default(16)
    .describe("Registers between two tags that are read along with them to save a request; 0 reads none"),
  minGapMs: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe("The least pause between an answer and the next request, in milliseconds"),
  timeoutLimit: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe("Requests in a row without an answer after which the connection is made anew"),
  unitRetryMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(5000)
    .describe("How long a silent unit is left alone while other units of the device answer, in milliseconds"),
};

export const modbusTcpOptions = z
  .strictObject({
    host: z.string().min(1).describe("Name or address of the device or gateway"),
    port: z.int().min(1).max(65_535).default(502).describe("TCP port"),
    unit: z
      .int()
      .min(0)
      .max(255)
      .default(1)
      .describe("Unit identifier of tags whose address names none (0 and 255 mean the device itself)"),
    connectTimeoutMs: z
      .int()
      .min(10)
      .max(60_000)
      .default(3000)
      .describe("The longest wait for the connection, in milliseconds"),
    jobsInFlight: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe("Requests sent before the first is answered; more than 1 only where the device allows it"),
    ...shared,
  })
  .refine((options) => options.minGapMs === 0 || options.jobsInFlight === 1, {
    path: ["minGapMs"],
    error: "minGapMs asks for a pause after each answer and jobsInFlight for none: set one of them",
  });

export const modbusRtuOptions = z.strictObject({
  path: z.string().min(1).describe("The serial port: /dev/ttyUSB0, /dev/serial/by-id/..., COM3"),
  // 19200 baud, 8 data bits, even parity, 1 stop bit: Modbus over Serial Line V1.02, 2.5.1 and 3.
  baudRate: z.int().min(300).max(4_000_000).default(19_200).describe("Speed of the line, in baud"),
  parity: z.enum(["none", "even", "odd"]).default("even").describe("Parity of each character"),
  dataBits: z
    .literal(8, { error: "RTU needs 8 data bits (7 are for Modbus ASCII)" })
    .default(8)
    .describe("Data bits of each character: RTU knows 8 only"),
  stopBits: z.literal([1, 2]).default(1).describe("Stop bits of each character"),
  unit: z.int().min(1).max(247).default(1).describe("Address of tags whose address names no unit"),
  connectTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(3000)
    .describe("The longest wait for the serial port to open, in milliseconds"),
  ...shared,
});

export type ModbusTcpOptions = z.infer<typeof modbusTcpOptions>;
export type ModbusRtuOptions = z.infer<typeof modbusRtuOptions>;
