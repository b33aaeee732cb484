import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bitsOf,
  bytesOf,
  decodeModbusReply,
  decodeModbusRequest,
  encodeModbusException,
  encodeModbusReply,
  encodeModbusRequest,
  isBitTable,
  MODBUS_TABLES,
  MOST_READ_BITS,
  MOST_READ_REGISTERS,
  MOST_WRITE_BITS,
  MOST_WRITE_REGISTERS,
  type ModbusRead,
  type ModbusWrite,
  registersOf,
} from "./modbus-pdu.ts";
import { WireError } from "./wire-error.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** The worked examples of the Modbus Application Protocol V1.1b3, sections 6.1 to 6.6, 6.11 and 6.12. */
const EXAMPLES: readonly (readonly [string, ModbusRead | ModbusWrite, string, string])[] = [
  ["6.1", { kind: "read", table: "coil", start: 19, count: 19 }, "01 0013 0013", "01 03 cd6b05"],
  ["6.2", { kind: "read", table: "discrete", start: 196, count: 22 }, "02 00c4 0016", "02 03 acdb35"],
  ["6.3", { kind: "read", table: "holding", start: 107, count: 3 }, "03 006b 0003", "03 06 022b00000064"],
  ["6.4", { kind: "read", table: "input", start: 8, count: 1 }, "04 0008 0001", "04 02 000a"],
  [
    "6.5",
    { kind: "write", table: "coil", start: 172, count: 1, isSingle: true, bytes: hex("01") },
    "05 00ac ff00",
    "05 00ac ff00",
  ],
  [
    "6.6",
    { kind: "write", table: "holding", start: 1, count: 1, isSingle: true, bytes: hex("0003") },
    "06 0001 0003",
    "06 0001 0003",
  ],
  [
    "6.11",
    { kind: "write", table: "coil", start: 19, count: 10, isSingle: false, bytes: hex("cd01") },
    "0f 0013 000a 02 cd01",
    "0f 0013 000a",
  ],
  [
    "6.12",
    { kind: "write", table: "holding", start: 1, count: 2, isSingle: false, bytes: hex("000a0102") },
    "10 0001 0002 04 000a0102",
    "10 0001 0002",
  ],
];

const readsAndWrites = fc.oneof(
  fc
    .record({
      table: fc.constantFrom(...MODBUS_TABLES),
      start: fc.nat(65_535),
      count: fc.integer({ min: 1 }),
    })
    .map(({ table, start, count }): ModbusRead => {
      const most = Math.min(isBitTable(table) ? MOST_READ_BITS : MOST_READ_REGISTERS, 65_536 - start);
      return { kind: "read", table, start, count: 1 + (count % most) };
    }),
  fc
    .record({
      table: fc.constantFrom("coil" as const, "holding" as const),
      isSingle: fc.boolean(),
      start: fc.nat(63_000),
      count: fc.integer({ min: 1 }),
      fill: fc.nat(255),
    })
    .map(({ table, isSingle, start, count, fill }): ModbusWrite => {
      const most = table === "coil" ? MOST_WRITE_BITS : MOST_WRITE_REGISTERS;
      const many = isSingle ? 1 : 1 + (count % most);
      const bytes = Buffer.alloc(bytesOf(table, many), fill);
      if (table === "coil" && (many & 7) !== 0)
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) & ((1 << (many & 7)) - 1);
      return { kind: "write", table, isSingle, start, count: many, bytes };
    }),
);

describe("Modbus PDU", () => {
  it.each(EXAMPLES)("speaks the standard's example %s both ways", (_, request, asked, answered) => {
    expect(encodeModbusRequest(request)).toEqual(hex(asked));
    expect(decodeModbusRequest(hex(asked))).toEqual(request);
    const reply = decodeModbusReply(request, hex(answered));
    expect(reply.kind).toBe(request.kind === "read" ? "data" : "written");
    expect(encodeModbusReply(request, reply.kind === "data" ? reply.bytes : Buffer.alloc(0))).toEqual(
      hex(answered),
    );
  });

  it("takes exceptions for what they are", () => {
    const request: ModbusRead = { kind: "read", table: "coil", start: 1185, count: 1 };
    expect(decodeModbusReply(request, hex("81 02"))).toEqual({ kind: "exception", code: 2 });
    expect(encodeModbusException(1, 2)).toEqual(hex("81 02"));
    expect(() => decodeModbusReply(request, hex("83 02"))).toThrow(WireError);
    expect(() => decodeModbusReply(request, hex("81 02 00"))).toThrow("1 bytes too many");
  });

  it("does not look into functions it does not know", () => {
    expect(decodeModbusRequest(hex("2b 0e 01 00"))).toEqual({ kind: "other", function: 0x2b });
    expect(decodeModbusRequest(hex("83"))).toEqual({ kind: "other", function: 0x83 });
  });

  it("clears what a device leaves in the bits beyond the last", () => {
    const reply = decodeModbusReply({ kind: "read", table: "coil", start: 0, count: 3 }, hex("01 01 ff"));
    expect(reply).toEqual({ kind: "data", bytes: hex("07") });
    expect(bitsOf(hex("05"), 3)).toEqual(Uint8Array.of(1, 0, 1));
    expect(registersOf(hex("0001 ffff"))).toEqual(Uint16Array.of(1, 65_535));
  });

  it.each([
    ["03 0000 007e", 3, "a quantity of 126 is outside of 1 to 125"],
    ["03 0000 0000", 3, "a quantity of 0"],
    ["01 0000 07d1", 3, "outside of 1 to 2000"],
    ["05 0000 1234", 3, "neither on (0xff00) nor off (0)"],
    ["10 0000 0002 02 0000", 5, "it announces 2 bytes where 4 are due"],
    ["10 0000 007c f8", 3, "outside of 1 to 123"],
    ["0f 0000 07b1 f7", 3, "outside of 1 to 1968"],
    ["03 0000 0001 00", 5, "1 bytes too many"],
  ])("refuses the request %s at its offset", (request, offset, what) => {
    expect(() => decodeModbusRequest(hex(request))).toThrow(what);
    expect(() => decodeModbusRequest(hex(request))).toThrow(expect.objectContaining({ offset }));
  });

  it.each([
    ["03 04 0000", 1, "it announces 4 bytes where 2 are due"],
    ["04 02 0000", 0, "it answers function 4 where 3 was asked"],
    ["03 02 0000 00", 4, "1 bytes too many"],
  ])("refuses the reply %s at its offset", (reply, offset, what) => {
    const request: ModbusRead = { kind: "read", table: "holding", start: 0, count: 1 };
    expect(() => decodeModbusReply(request, hex(reply))).toThrow(what);
    expect(() => decodeModbusReply(request, hex(reply))).toThrow(expect.objectContaining({ offset }));
  });

  it.each([
    ["06 0002 0003", "it wrote at 2 where 1 was asked for"],
    ["06 0001 0004", "it echoes 4 where 3 is due"],
  ])("refuses the echo %s of another write", (reply, what) => {
    const request: ModbusWrite = {
      kind: "write",
      table: "holding",
      start: 1,
      count: 1,
      isSingle: true,
      bytes: hex("0003"),
    };
    expect(() => decodeModbusReply(request, hex(reply))).toThrow(what);
  });

  it("never encodes what the protocol forbids", () => {
    expect(() => encodeModbusRequest({ kind: "read", table: "holding", start: 0, count: 126 })).toThrow(
      RangeError,
    );
    expect(() => encodeModbusRequest({ kind: "read", table: "coil", start: 65_535, count: 2 })).toThrow(
      RangeError,
    );
    const short = { kind: "write", table: "holding", start: 0, count: 2, isSingle: false } as const;
    expect(() => encodeModbusRequest({ ...short, bytes: hex("0001") })).toThrow(RangeError);
    expect(() =>
      encodeModbusReply({ kind: "read", table: "holding", start: 0, count: 2 }, hex("0001")),
    ).toThrow(RangeError);
  });

  it("decodes what it encodes, and no part of it", () => {
    fc.assert(
      fc.property(readsAndWrites, (request) => {
        const pdu = encodeModbusRequest(request);
        expect(decodeModbusRequest(pdu)).toEqual(request);
        for (let end = 0; end < Math.min(pdu.length, 12); end += 1) {
          expect(() => decodeModbusRequest(pdu.subarray(0, end))).toThrow(WireError);
        }
        expect(() => decodeModbusRequest(pdu.subarray(0, -1))).toThrow(WireError);
      }),
    );
  });

  it("decodes the reply it encodes, and no part of it", () => {
    fc.assert(
      fc.property(readsAndWrites, (request) => {
        const bytes = request.kind === "read" ? Buffer.alloc(bytesOf(request.table, request.count)) : hex("");
        const pdu = encodeModbusReply(request, bytes);
        const reply = decodeModbusReply(request, pdu);
        if (reply.kind === "data") expect(reply.bytes).toEqual(bytes);
        else expect(request.kind).toBe("write");
        for (let end = 0; end < Math.min(pdu.length, 12); end += 1) {
          expect(() => decodeModbusReply(request, pdu.subarray(0, end))).toThrow(WireError);
        }
        expect(() => decodeModbusReply(request, pdu.subarray(0, -1))).toThrow(WireError);
      }),
    );
  });

  it("answers any bytes with a value or a WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), readsAndWrites, (any, request) => {
        for (const decode of [decodeModbusRequest, (pdu: Buffer) => decodeModbusReply(request, pdu)]) {
          try {
            decode(Buffer.from(any));
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(WireError);
          }
        }
      }),
    );
  });
});
