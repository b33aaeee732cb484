import { type Cursor, createCursor } from "../wire/cursor.ts";

export interface TcpHeader {
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly isSyn: boolean;
  readonly isAck: boolean;
  readonly isFin: boolean;
  readonly isReset: boolean;
  readonly window: number;
  readonly options: TcpOptions;
  readonly payload: Buffer;
}

export interface TcpOptions {
  /** In the order sent, as p0f 2 writes it: M maximum segment size, N filler, W window scale, S selective
   *  acknowledgement, T timestamps, E end, ? anything else. */
  readonly order: string;
  readonly mss?: number;
  readonly windowScale?: number;
  readonly hasSack: boolean;
  readonly hasTimestamps: boolean;
}

export interface UdpHeader {
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly payload: Buffer;
}

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
const LEAST_HEADER_BYTES = 20;

/** RFC 9293, section 3.1.
 *  @throws WireError */
export function decodeTcp(bytes: Buffer): TcpHeader {
  const cursor = createCursor(bytes);
  const sourcePort = cursor.u16("the source port");
  const targetPort = cursor.u16("the target port");
  const sequence = cursor.u32("the sequence number");
  const acknowledged = cursor.u32("the acknowledgement");
  const headerBytes = (cursor.u8("the header's length") >> 4) * 4;
  if (headerBytes < LEAST_HEADER_BYTES) cursor.fail(`a TCP header of ${headerBytes} bytes`);
  const flags = cursor.u8("the flags");
  const window = cursor.u16("the window");
  cursor.skip(4, "checksum and urgent pointer");
  const options = decodeOptions(cursor.bytes(headerBytes - LEAST_HEADER_BYTES, "the options"));
  return {
    sourcePort,
    targetPort,
    sequence,
    acknowledged,
    isSyn: (flags & SYN) !== 0,
    isAck: (flags & ACK) !== 0,
    isFin: (flags & FIN) !== 0,
    isReset: (flags & RST) !== 0,
    window,
    options,
    payload: cursor.rest(),
  };
}

/** RFC 768.
 *  @throws WireError */
export function decodeUdp(bytes: Buffer): UdpHeader {
  const cursor = createCursor(bytes);
  const sourcePort = cursor.u16("the source port");
  const targetPort = cursor.u16("the target port");
  const length = cursor.u16("the length");
  cursor.skip(2, "the checksum");
  const rest = cursor.rest();
  return { sourcePort, targetPort, payload: length < 8 ? rest : rest.subarray(0, length - 8) };
}

// RFC 9293, RFC 7323, RFC 2018: option kinds and their letters.
const LETTERS: Readonly<Record<number, string>> = { 2: "M", 3: "W", 4: "S", 8: "T" };

function decodeOptions(bytes: Buffer): TcpOptions {
  const cursor = createCursor(bytes);
  let order = "";
  let mss: number | undefined;
  let windowScale: number | undefined;
  while (cursor.left > 0) {
    const kind = cursor.u8("an option");
    if (kind <= 1) order += kind === 0 ? "E" : "N";
    if (kind === 0) break;
    if (kind === 1) continue;
    const value = takeValue(cursor);
    order += LETTERS[kind] ?? "?";
    if (kind === 2 && value.length === 2) mss = value.readUInt16BE(0);
    if (kind === 3 && value.length === 1) windowScale = value.readUInt8(0);
  }
  return {
    order: [...order].join(","),
    ...(mss !== undefined && { mss }),
    ...(windowScale !== undefined && { windowScale }),
    hasSack: order.includes("S"),
    hasTimestamps: order.includes("T"),
  };
}

function takeValue(cursor: Cursor): Buffer {
  const length = cursor.u8("an option's length");
  return cursor.bytes(Math.max(0, length - 2), "an option");
}
