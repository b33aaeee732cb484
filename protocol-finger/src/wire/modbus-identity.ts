import { createCursor, plainText } from "./cursor.ts";
import { decodeAdu, encodeAdu } from "./mbap.ts";
import { WireError } from "./wire-error.ts";

/** Whom to ask, and the number that its answer bears. */
export interface ModbusTarget {
  /** 0 to 65535. */
  readonly transaction: number;
  /** 0 to 255. */
  readonly unit: number;
}

/** Basic: vendor, product, revision; regular: also address on the web, names, user application. */
export type IdentityCategory = "basic" | "regular";

/** What a server said no with (Modbus Application Protocol V1.1b3, section 7). */
export interface ModbusException {
  readonly kind: "exception";
  /** 1: function, 2: address, 3: value, 4: failure, 6: busy, 10: gateway path, 11: target of a gateway. */
  readonly code: number;
}

export interface IdentityObject {
  /** 0 vendor, 1 product code, 2 revision, 3 URL, 4 product name, 5 model name, 6 user application. */
  readonly id: number;
  readonly text: string;
}

export interface DeviceIdentity {
  readonly kind: "identity";
  /** Highest category that it offers: 1 basic, 2 regular, 3 extended. */
  readonly conformity: number;
  /** Object to ask for next, where not all fitted into one answer. */
  readonly next: number | undefined;
  readonly objects: readonly IdentityObject[];
}

export interface Registers {
  readonly kind: "registers";
  readonly values: readonly number[];
}

export interface ServerId {
  readonly kind: "server-id";
  /** Everything after the byte count: its layout is each vendor's own. */
  readonly bytes: Buffer;
  /** The longest run of printable characters in it. */
  readonly text: string;
}

const READ_HOLDING_REGISTERS = 0x03;
const REPORT_SERVER_ID = 0x11;
// Encapsulated interface transport, read device identification (V1.1b3, 6.21).
const ENCAPSULATED = 0x2b;
const READ_DEVICE_ID = 0x0e;
const CATEGORY = { basic: 0x01, regular: 0x02 } as const;
const EXCEPTION = 0x80;

export function encodeReadIdentity(
  target: ModbusTarget,
  category: IdentityCategory,
  firstObject: number,
): Buffer {
  return encodeAdu({
    ...target,
    pdu: Buffer.from([ENCAPSULATED, READ_DEVICE_ID, CATEGORY[category], firstObject]),
  });
}

export function encodeReadRegisters(target: ModbusTarget, address: number, count: number): Buffer {
  const pdu = Buffer.from([READ_HOLDING_REGISTERS, 0, 0, 0, 0]);
  pdu.writeUInt16BE(address, 1);
  pdu.writeUInt16BE(count, 3);
  return encodeAdu({ ...target, pdu });
}

export function encodeReportServerId(target: ModbusTarget): Buffer {
  return encodeAdu({ ...target, pdu: Buffer.from([REPORT_SERVER_ID]) });
}

/** @throws WireError */
export function decodeIdentity(frame: Buffer): DeviceIdentity | ModbusException {
  const { pdu } = decodeAdu(frame);
  const exception = decodeException(pdu, ENCAPSULATED);
  if (exception !== undefined) return exception;
  const cursor = createCursor(pdu, 1);
  if (cursor.u8("the kind of interface") !== READ_DEVICE_ID) cursor.fail("this is no device identification");
  cursor.skip(1, "the category");
  const conformity = cursor.u8("the conformity level") & 0x7f;
  const more = cursor.u8("the sign that more follows");
  const next = cursor.u8("the next object");
  const count = cursor.u8("the number of objects");
  const objects: IdentityObject[] = [];
  while (objects.length < count) {
    const id = cursor.u8("the id of an object");
    const length = cursor.u8("the length of an object");
    objects.push({ id, text: cursor.text(length, `object ${id}`) });
  }
  return { kind: "identity", conformity, next: more === 0xff ? next : undefined, objects };
}

/** @throws WireError */
export function decodeRegisters(frame: Buffer): Registers | ModbusException {
  const { pdu } = decodeAdu(frame);
  const exception = decodeException(pdu, READ_HOLDING_REGISTERS);
  if (exception !== undefined) return exception;
  const cursor = createCursor(pdu, 1);
  const length = cursor.u8("the byte count");
  if (length % 2 !== 0) cursor.fail(`${length} bytes are no whole registers`);
  const values: number[] = [];
  while (values.length < length / 2) values.push(cursor.u16("a register"));
  return { kind: "registers", values };
}

/** @throws WireError */
export function decodeServerId(frame: Buffer): ServerId | ModbusException {
  const { pdu } = decodeAdu(frame);
  const exception = decodeException(pdu, REPORT_SERVER_ID);
  if (exception !== undefined) return exception;
  const cursor = createCursor(pdu, 1);
  const bytes = cursor.bytes(cursor.u8("the byte count"), "the server id");
  return { kind: "server-id", bytes, text: longestText(bytes) };
}

/** The exception in `pdu`, or undefined where it is the answer that was asked for.
 *  @throws WireError where it is neither */
export function decodeException(pdu: Buffer, code: number): ModbusException | undefined {
  const cursor = createCursor(pdu);
  const got = cursor.u8("the function code");
  if (got === code) return undefined;
  if (got !== (code | EXCEPTION)) throw new WireError(0, `function ${got} answers function ${code}`);
  return { kind: "exception", code: cursor.u8("the exception code") };
}

function longestText(bytes: Buffer): string {
  const runs = bytes.toString("latin1").match(/[\x20-\x7e]{2,}/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  return plainText(Buffer.from(longest, "latin1")).trim();
}
