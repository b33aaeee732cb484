import { cText } from "./c-text.ts";
import { type Cursor, createCursor } from "./cursor.ts";

/** What a TwinCAT system says of itself when it is looked for. */
export interface AdsHost {
  /** "5.35.18.112.1.1". */
  readonly netId: string;
  readonly host: string;
  /** "3.1.4024"; absent where it is not told. */
  readonly twincat?: string;
  /** "Windows NT 10.0.19045". */
  readonly os?: string;
}

const MAGIC = 0x7114_6603;
const DISCOVERY_ANSWER = 0x8000_0001;
// Kinds of blocks (apache/plc4x, ads-discovery.mspec).
const VERSION = 0x03;
const OS = 0x04;
const HOST = 0x05;
const MOST_BLOCKS = 64;

/** "Who are you?" to the system service, from a net id of nobody (192.0.2.1 is for documents, RFC 5737). */
export function encodeAdsDiscovery(): Buffer {
  return Buffer.from("036614710000000001000000c00002010101102700000000", "hex");
}

/** @param bytes one datagram
 *  @throws WireError */
export function decodeAdsDiscovery(bytes: Buffer): AdsHost {
  const cursor = createCursor(bytes);
  if (cursor.u32le("the magic") !== MAGIC) cursor.fail("this is no ADS discovery");
  cursor.skip(4, "the number of the request");
  if (cursor.u32le("the operation") !== DISCOVERY_ANSWER) cursor.fail("this is no answer to a discovery");
  const netId = [...cursor.bytes(6, "the net id")].join(".");
  cursor.skip(2, "the port");
  const count = cursor.u32le("the number of blocks");
  if (count > MOST_BLOCKS) cursor.fail(`${count} blocks`);
  const found: { host: string; twincat?: string; os?: string } = { host: "" };
  for (let block = 0; block < count; block += 1) {
    const kind = cursor.u16le("the kind of a block");
    const data = cursor.bytes(cursor.u16le("the length of a block"), "a block");
    if (kind === HOST) found.host = cText(data);
    if (kind === VERSION) found.twincat = readVersion(createCursor(data));
    if (kind === OS) found.os = readSystem(createCursor(data));
  }
  return { netId, ...found };
}

function readVersion(cursor: Cursor): string {
  return `${cursor.u8("a version")}.${cursor.u8("a version")}.${cursor.u16le("a build")}`;
}

// dwPlatformId of Windows' OSVERSIONINFO.
const PLATFORMS: Readonly<Record<number, string>> = { 2: "Windows NT", 3: "Windows CE" };

/** An OSVERSIONINFO: its size, then major, minor, build and platform. */
function readSystem(cursor: Cursor): string {
  cursor.skip(4, "the size");
  const version = [cursor.u32le("a version"), cursor.u32le("a version"), cursor.u32le("a build")].join(".");
  const platform = cursor.u32le("the platform");
  return `${PLATFORMS[platform] ?? `platform ${platform}`} ${version}`;
}
