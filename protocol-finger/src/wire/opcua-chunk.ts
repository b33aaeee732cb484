import { createCursor } from "./cursor.ts";
import { readBytes, readText } from "./opcua-binary.ts";
import { WireError } from "./wire-error.ts";

/** One message of a server, put together from its chunks (OPC 10000-6, 6.7.2 and 7.1.2). */
export type UaMessage =
  | {
      readonly kind: "acknowledge";
      /** The most that the server takes in one chunk. */
      readonly receiveBytes: number;
      /** The most that it sends in one chunk. */
      readonly sendBytes: number;
      /** 0: no limit. */
      readonly mostMessageBytes: number;
      readonly mostChunks: number;
    }
  /** The server ends the connection, or gave up a message halfway. */
  | { readonly kind: "error"; readonly status: number; readonly reason: string }
  | {
      readonly kind: "channel" | "service";
      readonly channel: number;
      readonly request: number;
      /** Begins with the id of its type. */
      readonly body: Buffer;
    };

const HEADER_BYTES = 8;
const SIZE_AT = 4;
/** Longest message that is put together: some thousand values with their texts. */
export const MOST_MESSAGE_BYTES = 1_048_576;
// An empty chunk still has its header of 24 bytes; more than this is no message but a flood.
const MOST_CHUNKS = 512;

const KINDS = ["ACK", "ERR", "OPN", "MSG"];

interface ChunkHeader {
  readonly kind: string;
  readonly isLast: boolean;
  readonly isAborted: boolean;
  readonly length: number;
}

function readHeader(bytes: Buffer, at: number): ChunkHeader | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined;
  const kind = bytes.toString("latin1", at, at + 3);
  const mark = bytes.toString("latin1", at + 3, at + 4);
  if (!KINDS.includes(kind)) throw new WireError(at, "this is no message of an OPC UA server");
  if (!"CFA".includes(mark)) throw new WireError(at + 3, "a chunk is neither the last nor another");
  const length = bytes.readUInt32LE(at + SIZE_AT);
  if (length < HEADER_BYTES || length > MOST_MESSAGE_BYTES) {
    throw new WireError(at + SIZE_AT, `a chunk of ${length} bytes`);
  }
  return { kind, isLast: mark !== "C", isAborted: mark === "A", length };
}

/** Bytes of the message that begins `bytes`, all its chunks together; undefined until its last header is there.
 *  @throws WireError where this is no OPC UA, or more than MOST_MESSAGE_BYTES */
export function messageLength(bytes: Buffer): number | undefined {
  let at = 0;
  for (let chunks = 1; chunks <= MOST_CHUNKS; chunks += 1) {
    const header = readHeader(bytes, at);
    if (header === undefined) return undefined;
    at += header.length;
    if (at > MOST_MESSAGE_BYTES)
      throw new WireError(SIZE_AT, `a message of more than ${MOST_MESSAGE_BYTES} bytes`);
    if (header.isLast) return at;
    if (at > bytes.length) return undefined;
  }
  throw new WireError(SIZE_AT, `a message of more than ${MOST_CHUNKS} chunks`);
}

/** @param bytes exactly one message
 *  @throws WireError */
export function decodeMessage(bytes: Buffer): UaMessage {
  const length = messageLength(bytes);
  if (length === undefined || length > bytes.length) {
    throw new WireError(bytes.length, `the message is cut short: ${bytes.length} bytes`);
  }
  if (length < bytes.length) throw new WireError(length, `${bytes.length - length} bytes follow the message`);
  const bodies: Buffer[] = [];
  let at = 0;
  for (;;) {
    const header = readHeader(bytes, at);
    if (header === undefined) throw new WireError(at, "the message is cut short");
    const chunk = bytes.subarray(at, at + header.length);
    const part = decodeChunk(header, chunk);
    if (part.kind !== "channel" && part.kind !== "service") return part;
    bodies.push(part.body);
    if (header.isLast) return { ...part, body: bodies.length === 1 ? part.body : Buffer.concat(bodies) };
    at += header.length;
  }
}

function decodeChunk({ kind, isAborted }: ChunkHeader, chunk: Buffer): UaMessage {
  const cursor = createCursor(chunk, HEADER_BYTES);
  if (kind === "ACK") {
    cursor.skip(4, "the protocol version");
    return {
      kind: "acknowledge",
      receiveBytes: cursor.u32le("the receive buffer"),
      sendBytes: cursor.u32le("the send buffer"),
      mostMessageBytes: cursor.u32le("the longest message"),
      mostChunks: cursor.u32le("the most chunks"),
    };
  }
  if (kind === "ERR") return readError(cursor);
  const channel = cursor.u32le("the channel");
  if (kind === "OPN") {
    readText(cursor, "the security policy");
    readBytes(cursor, "the certificate");
    readBytes(cursor, "the thumbprint");
  } else {
    cursor.skip(4, "the token");
  }
  cursor.skip(4, "the sequence number");
  const request = cursor.u32le("the request");
  if (isAborted) return readError(cursor);
  return { kind: kind === "OPN" ? "channel" : "service", channel, request, body: cursor.rest() };
}

function readError(cursor: ReturnType<typeof createCursor>): UaMessage {
  return { kind: "error", status: cursor.u32le("the error"), reason: readText(cursor, "the reason") };
}
