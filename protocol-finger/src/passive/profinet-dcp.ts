import { type Cursor, createCursor } from "../wire/cursor.ts";
import { ipv4Text } from "./ip.ts";

/** What a PROFINET device says of itself when it is searched for, or when it starts. */
export interface DcpIdentity {
  /** "10.0.0.5"; absent where it has no address yet. */
  readonly host?: string;
  /** "S7-300". */
  readonly stationType?: string;
  /** The device's own name in the plant. */
  readonly stationName?: string;
  /** PI's list: 002a is Siemens. */
  readonly vendorId?: string;
  readonly deviceId?: string;
}

// Wireshark, packet-pn-dcp.c: frame ids, services, options (IEC 61158-6-10, 4.3.1).
const HELLO = 0xfefc;
const IDENTIFY_RESPONSE = 0xfeff;
const SUCCESS = 0x01;
const REQUEST = 0x00;
const IP_PARAMETER = 0x0102;
const STATION_TYPE = 0x0201;
const STATION_NAME = 0x0202;
const DEVICE_ID = 0x0203;
const NO_ADDRESS = "0.0.0.0";

/** @param bytes behind the Ethernet type 0x8892
 *  @returns undefined for frames in which no device tells of itself
 *  @throws WireError */
export function decodeDcp(bytes: Buffer): DcpIdentity | undefined {
  const cursor = createCursor(bytes);
  const frame = cursor.u16("the frame id");
  if (frame !== HELLO && frame !== IDENTIFY_RESPONSE) return undefined;
  cursor.skip(1, "the service");
  if (cursor.u8("the kind of service") !== (frame === HELLO ? REQUEST : SUCCESS)) return undefined;
  cursor.skip(4 + 2, "the number of the search");
  const blocks = createCursor(cursor.bytes(cursor.u16("the length"), "the blocks"));
  let identity: DcpIdentity = {};
  while (blocks.left > 0) identity = { ...identity, ...takeBlock(blocks) };
  return identity;
}

function takeBlock(cursor: Cursor): DcpIdentity {
  const option = cursor.u16("an option");
  const length = cursor.u16("the length of a block");
  const block = createCursor(cursor.bytes(length, "a block"));
  // Blocks begin at even places.
  if (length % 2 === 1 && cursor.left > 0) cursor.skip(1, "a fill byte");
  block.skip(2, "the state of a block");
  switch (option) {
    case IP_PARAMETER: {
      const host = ipv4Text(block.bytes(4, "the address"));
      return host === NO_ADDRESS ? {} : { host };
    }
    case STATION_TYPE:
      return { stationType: block.text(block.left, "the type") };
    case STATION_NAME:
      return { stationName: block.text(block.left, "the name") };
    case DEVICE_ID:
      return { vendorId: hex4(block.u16("the vendor")), deviceId: hex4(block.u16("the device")) };
    default:
      return {};
  }
}

const hex4 = (number: number): string => number.toString(16).padStart(4, "0");
