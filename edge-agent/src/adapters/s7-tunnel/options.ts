import { WORD_ORDERS } from "@stethos/protocol-finger/modbus";
import { tunnelAreas } from "@stethos/protocol-finger/settings";
import { z } from "zod";

export const s7TunnelOptions = z.strictObject({
  host: z
    .string()
    .min(1)
    .describe("Name or address of the controller, its communication module or a gateway"),
  port: z.int().min(1).max(65_535).default(502).describe("TCP port of its Modbus server"),
  unit: z
    .int()
    .min(0)
    .max(255)
    .default(1)
    .describe("Unit identifier; the Modbus server of an S7 takes any, some devices 255 or 0 only"),
  areas: tunnelAreas,
  wordOrder: z
    .enum(WORD_ORDERS)
    .default("ABCD")
    .describe(
      "Order of the bytes of values of more than one register; A is the highest byte; the Modbus server of a PLC itself has ABCD",
    ),
  connectTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(5000)
    .describe("The longest wait for the connection, in milliseconds"),
  requestTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(2000)
    .describe("The longest wait for one answer, in milliseconds; 5000 through a CP"),
  minGapMs: z
    .int()
    .min(0)
    .max(10_000)
    .default(5)
    .describe("The least pause between an answer and the next request, in milliseconds"),
  maxRegisters: z
    .int()
    .min(1)
    .max(125)
    .default(111)
    .describe("The most registers to ask for at once: 111 are one S7 job of 222 bytes; 80 through a CP"),
  maxBits: z
    .int()
    .min(8)
    .max(2000)
    .default(1776)
    .describe("The most coils or discrete inputs to ask for at once"),
  maxGap: z
    .int()
    .min(0)
    .max(125)
    .default(16)
    .describe("Registers between two tags that are read along with them to save a request"),
  refusedRetryMs: z
    .int()
    .min(1000)
    .max(86_400_000)
    .default(60_000)
    .describe("After this long, addresses that the device refused are asked for again"),
});

export type S7TunnelOptions = z.infer<typeof s7TunnelOptions>;
