import { S7_KIND, S7_PROTOCOL_ID } from "./s7-header.ts";

/** What an item of a read brought: bytes, or its return code. */
export type ServedItem = { readonly transport: number; readonly bytes: Buffer } | { readonly code: number };

/** Return codes of items (Wireshark, packet-s7comm.c: item_return_valuenames). */
export const ITEM = {
  ok: 0xff,
  hardwareFault: 0x01,
  accessDenied: 0x03,
  address: 0x05,
  type: 0x06,
  size: 0x07,
  noSuchObject: 0x0a,
} as const;

/** Errors of whole answers, class and code (Wireshark, packet-s7comm.c: param_errcode_names). */
export const S7_ERROR = {
  notImplemented: 0x8104,
  tooFewResources: 0x8302,
  wrongFrame: 0x8500,
  listNotAvailable: 0xd402,
} as const;

const FUNCTION_SETUP = 0xf0;
const FUNCTION_READ = 0x04;
const FUNCTION_WRITE = 0x05;
const HEADER_BYTES = 12;
const ITEM_HEADER_BYTES = 4;
// The same code of a request comes back as another one in the answer (snap7, s7_server.cpp, TS7Worker::ReadArea).
const TRANSPORT_REPLY: ReadonlyMap<number, { readonly code: number; readonly unit: number }> = new Map([
  [0x01, { code: 0x03, unit: 1 }],
  [0x03, { code: 0x09, unit: 1 }],
  [0x05, { code: 0x05, unit: 8 }],
  [0x07, { code: 0x05, unit: 8 }],
  [0x08, { code: 0x07, unit: 1 }],
  [0x1c, { code: 0x09, unit: 1 }],
  [0x1d, { code: 0x09, unit: 1 }],
]);
const BYTES_REPLY = { code: 0x04, unit: 8 };

/** All of these are PDUs, without TPKT and COTP. */
export function encodeSetupReply(
  number: number,
  setup: { readonly amqCalling: number; readonly amqCalled: number; readonly pduSize: number },
): Buffer {
  const parameters = Buffer.alloc(8);
  parameters.writeUInt8(FUNCTION_SETUP, 0);
  parameters.writeUInt16BE(setup.amqCalling, 2);
  parameters.writeUInt16BE(setup.amqCalled, 4);
  parameters.writeUInt16BE(setup.pduSize, 6);
  return answer(S7_KIND.ackData, number, 0, parameters, []);
}

export function encodeReadReply(number: number, items: readonly ServedItem[]): Buffer {
  const data = items.flatMap((item, i) => {
    if ("code" in item) return [Buffer.of(item.code, 0, 0, 0)];
    const { code, unit } = TRANSPORT_REPLY.get(item.transport) ?? BYTES_REPLY;
    const header = Buffer.of(ITEM.ok, code, 0, 0);
    header.writeUInt16BE(item.bytes.length * unit, 2);
    // Items begin on even bytes; nothing follows the last one.
    const isFilled = item.bytes.length % 2 === 1 && i + 1 < items.length;
    return [header, item.bytes, ...(isFilled ? [Buffer.alloc(1)] : [])];
  });
  return answer(S7_KIND.ackData, number, 0, Buffer.of(FUNCTION_READ, items.length), data);
}

/** Bytes of the PDU that encodeReadReply makes of items of these lengths. */
export function readReplyBytes(lengths: readonly number[]): number {
  return lengths.reduce(
    (bytes, length, i) => bytes + ITEM_HEADER_BYTES + length + (i + 1 < lengths.length ? length % 2 : 0),
    HEADER_BYTES + 2,
  );
}

/** @param codes a return code an item */
export const encodeWriteReply = (number: number, codes: readonly number[]): Buffer =>
  answer(S7_KIND.ackData, number, 0, Buffer.of(FUNCTION_WRITE, codes.length), [Buffer.from(codes)]);

/** An answer that is only an error; a real S7-300 sends it with kind 2
 *  (ITI/ICS-Security-Tools, snap7_s300_everything.pcapng). */
export const encodeErrorReply = (number: number, error: number): Buffer =>
  answer(S7_KIND.ack, number, error, Buffer.alloc(0), []);

/** A system status list, whole.
 *  @param records of equal length */
export function encodeSzlReply(
  request: {
    readonly number: number;
    readonly sequence: number;
    readonly id: number;
    readonly index: number;
  },
  records: readonly Buffer[],
): Buffer {
  const list = Buffer.alloc(8);
  list.writeUInt16BE(request.id, 0);
  list.writeUInt16BE(request.index, 2);
  list.writeUInt16BE(records[0]?.length ?? 0, 4);
  list.writeUInt16BE(records.length, 6);
  const bytes = Buffer.concat([list, ...records]);
  const header = Buffer.of(ITEM.ok, 0x09, 0, 0);
  header.writeUInt16BE(bytes.length, 2);
  return userdata(request.number, szlTail(0x84, 0x01, request.sequence, 0), Buffer.concat([header, bytes]));
}

/** Userdata that is refused. */
export const encodeUserdataError = (
  request: {
    readonly number: number;
    readonly sequence: number;
    readonly group: number;
    readonly subfunction: number;
  },
  error: number,
): Buffer =>
  userdata(
    request.number,
    // The high half says request (4) or answer (8), the low one the group.
    szlTail((request.group & 0x0f) | 0x80, request.subfunction, request.sequence, error),
    Buffer.of(ITEM.noSuchObject, 0, 0, 0),
  );

function szlTail(group: number, subfunction: number, sequence: number, error: number): Buffer {
  // Method 12: with sequence, data reference, mark of the last part (0) and error.
  return Buffer.of(0, 1, 0x12, 8, 0x12, group, subfunction, sequence, 0, 0, error >> 8, error & 0xff);
}

function userdata(number: number, parameters: Buffer, data: Buffer): Buffer {
  const header = Buffer.of(S7_PROTOCOL_ID, S7_KIND.userdata, 0, 0, 0, 0, 0, 0, 0, 0);
  header.writeUInt16BE(number, 4);
  header.writeUInt16BE(parameters.length, 6);
  header.writeUInt16BE(data.length, 8);
  return Buffer.concat([header, parameters, data]);
}

function answer(
  kind: number,
  number: number,
  error: number,
  parameters: Buffer,
  data: readonly Buffer[],
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.set([S7_PROTOCOL_ID, kind]);
  header.writeUInt16BE(number, 4);
  header.writeUInt16BE(parameters.length, 6);
  header.writeUInt16BE(
    data.reduce((bytes, part) => bytes + part.length, 0),
    8,
  );
  header.writeUInt16BE(error, 10);
  return Buffer.concat([header, parameters, ...data]);
}
