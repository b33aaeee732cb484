import { type Cursor, createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

/** What command 0 (Read Unique Identifier, HCF SPEC-127) tells of a device or gateway. */
export interface HartIdentity {
  /** Expanded device type; with HART below 7 manufacturer and type in one byte each. */
  readonly deviceType: number;
  /** HCF's list; of HART 7 and later. */
  readonly manufacturerId?: number;
  readonly hartRevision: number;
  readonly deviceRevision: number;
  readonly softwareRevision: number;
  readonly hardwareRevision: number;
  readonly deviceId: string;
  /** HCF's common table 57: 0x84 is a WirelessHART gateway. */
  readonly deviceProfile?: number;
}

const VERSION = 1;
const ANSWER = 1;
const HEADER_BYTES = 8;
const LENGTH_AT = 6;
const MESSAGE = { openSession: 0, closeSession: 1, passToken: 3 } as const;

/** The server forgets us after 20 s of silence. */
export const encodeHartOpen = (): Buffer => Buffer.from("010000000001000d0100004e20", "hex");

/** Command 0 in a short frame, as the primary master of ITI/ICS-Security-Tools hart_ip.pcap sends it. */
export const encodeHartIdentity = (): Buffer => Buffer.from("010003000002000d0200000002", "hex");

export const encodeHartClose = (): Buffer => Buffer.from("0100010000030008", "hex");

/** Bytes of the message that begins `bytes`; undefined while its length is not there.
 *  @throws WireError */
export function hartLength(bytes: Buffer): number | undefined {
  if (bytes.length > 0 && bytes.readUInt8(0) !== VERSION) throw new WireError(0, "this is no HART-IP");
  if (bytes.length < HEADER_BYTES) return undefined;
  const length = bytes.readUInt16BE(LENGTH_AT);
  if (length < HEADER_BYTES) throw new WireError(LENGTH_AT, `a message of ${length} bytes`);
  return length;
}

/** @returns the status: 0 where the session is open, 8 where its timer was set otherwise
 *  @throws WireError */
export function decodeHartOpen(bytes: Buffer): number {
  return readHeader(bytes, MESSAGE.openSession).status;
}

const ACKNOWLEDGE = 0x06;
const READ_IDENTITY = 0;
const EXPANDED = 254;

/** @throws WireError */
export function decodeHartIdentity(bytes: Buffer): HartIdentity {
  const { body } = readHeader(bytes, MESSAGE.passToken);
  const cursor = createCursor(body);
  // Long addresses and expansion bytes belong to other commands.
  if (cursor.u8("the delimiter") !== ACKNOWLEDGE) cursor.fail("this is no answer in a short frame");
  cursor.skip(1, "the address");
  if (cursor.u8("the command") !== READ_IDENTITY) cursor.fail("this answers another command");
  const data = cursor.bytes(cursor.u8("the byte count"), "the data");
  cursor.skip(1, "the checksum");
  return readIdentity(createCursor(data));
}

function readIdentity(cursor: Cursor): HartIdentity {
  const responseCode = cursor.u8("the response code");
  if (responseCode !== 0) cursor.fail(`the device answers with code ${responseCode}`);
  cursor.skip(1, "the status");
  if (cursor.u8("the expansion") !== EXPANDED) cursor.fail("this is no identity");
  const deviceType = cursor.u16("the device type");
  cursor.skip(1, "the preambles");
  const hartRevision = cursor.u8("the HART revision");
  const deviceRevision = cursor.u8("the device revision");
  const softwareRevision = cursor.u8("the software revision");
  const hardwareRevision = cursor.u8("the hardware revision") >> 3;
  cursor.skip(1, "the flags");
  const deviceId = cursor.bytes(3, "the device id").toString("hex");
  const known = { deviceType, hartRevision, deviceRevision, softwareRevision, hardwareRevision, deviceId };
  if (cursor.left < 10) return known;
  cursor.skip(5, "preambles, variables and changes");
  const manufacturerId = cursor.u16("the manufacturer");
  cursor.skip(2, "the private label");
  return { ...known, manufacturerId, deviceProfile: cursor.u8("the profile") };
}

function readHeader(bytes: Buffer, message: number): { readonly status: number; readonly body: Buffer } {
  const length = hartLength(bytes);
  const cursor = createCursor(bytes);
  cursor.skip(1, "the version");
  if (cursor.u8("the kind of message") !== ANSWER) cursor.fail("this is no answer");
  if (cursor.u8("the id of the message") !== message) cursor.fail("this answers another message");
  const status = cursor.u8("the status");
  cursor.skip(4, "the transaction and the length");
  return { status, body: cursor.bytes((length ?? HEADER_BYTES) - HEADER_BYTES, "the message") };
}
