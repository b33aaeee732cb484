import { isBitTable, READ_FUNCTION, type Table } from "@stethos/protocol-finger/modbus";

/** One question: `quantity` registers or bits of a table of a unit. */
export interface ReadRequest {
  readonly unit: number;
  readonly table: Table;
  readonly start: number;
  readonly quantity: number;
}

export type Reply =
  | { readonly kind: "data"; readonly view: DataView }
  | { readonly kind: "exception"; readonly code: number };

export type ReadReply = Reply | { readonly kind: "malformed"; readonly at: number; readonly reason: string };

const EXCEPTION_BIT = 0x80;
/** modbus-serial's ports take and give RTU frames, with two bytes of CRC at the end. */
export const CRC_BYTES = 2;

/** Unit, function, address, quantity, and room for the CRC (Modbus Application Protocol V1.1b3, 6.1 to 6.4). */
export function encodeRequest(request: ReadRequest): Buffer {
  const frame = Buffer.alloc(6 + CRC_BYTES);
  frame.writeUInt8(request.unit, 0);
  frame.writeUInt8(READ_FUNCTION[request.table], 1);
  frame.writeUInt16BE(request.start, 2);
  frame.writeUInt16BE(request.quantity, 4);
  return frame;
}

/** Read the answer to `request`: nothing is taken that is not exactly what was asked for.
 *  @param frame unit, PDU and CRC; the view in the result points into it */
export function readReply(request: ReadRequest, frame: Buffer): ReadReply {
  const pdu = frame.subarray(0, -CRC_BYTES);
  const asked = READ_FUNCTION[request.table];
  if (pdu.length < 3) return malformed(pdu.length, `it ends after ${pdu.length} bytes`);
  const [unit = 0, fn = 0, third = 0] = pdu;
  if (unit !== request.unit) {
    return malformed(0, `it comes from unit ${unit} instead of ${request.unit}; is the tag's unit right?`);
  }
  if (fn === (asked | EXCEPTION_BIT)) {
    return pdu.length === 3
      ? { kind: "exception", code: third }
      : malformed(3, `an exception has 3 bytes, not ${pdu.length}`);
  }
  if (fn !== asked) return malformed(1, `it answers function ${fn} instead of ${asked}`);
  const expected = isBitTable(request.table) ? Math.ceil(request.quantity / 8) : request.quantity * 2;
  if (third !== expected) return malformed(2, `it announces ${third} data bytes instead of ${expected}`);
  if (pdu.length !== 3 + expected) {
    return malformed(
      Math.min(pdu.length, 3 + expected),
      `it holds ${pdu.length - 3} data bytes instead of ${expected}`,
    );
  }
  return { kind: "data", view: new DataView(pdu.buffer, pdu.byteOffset + 3, expected) };
}

const malformed = (at: number, reason: string): ReadReply => ({ kind: "malformed", at, reason });

/** "hr:100 to hr:224 of unit 1": protocol addresses. */
export function requestText(request: ReadRequest): string {
  const { quantity, start, table, unit } = request;
  const span = quantity === 1 ? `${table}:${start}` : `${table}:${start} to ${table}:${start + quantity - 1}`;
  return `${span} of unit ${unit}`;
}
