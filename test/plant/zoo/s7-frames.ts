/** A piece of a byte stream, or that the stream is none of this protocol. */
export type Cut = { readonly frame: Buffer; readonly rest: Buffer } | "more" | "garbage";

// CR and DT of any PDU that these devices grant; real stacks take no more either.
const MOST_FRAME_BYTES = 2048;

/** Cuts the first TPKT (RFC 1006, section 6) off a stream. */
export function cutTpkt(bytes: Buffer): Cut {
  if (bytes.length > 0 && bytes[0] !== 3) return "garbage";
  if (bytes.length < 4) return "more";
  const length = bytes.readUInt16BE(2);
  // Header, length of the TPDU's own header, and its type.
  if (length < 7 || length > MOST_FRAME_BYTES) return "garbage";
  if (bytes.length < length) return "more";
  return { frame: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

/** What a client asks when it connects (ISO 8073, connection request). */
export interface ConnectionRequest {
  readonly reference: number;
  /** As they came: code and value. */
  readonly parameters: readonly { readonly code: number; readonly value: Buffer }[];
}

const CODES = { size: 0xc0, source: 0xc1, destination: 0xc2 } as const;

/** @returns undefined where the frame is no well-formed CR */
export function readConnectionRequest(frame: Buffer): ConnectionRequest | undefined {
  const end = 5 + (frame[4] ?? 0);
  if (frame.length < 11 || end !== frame.length) return undefined;
  const parameters: { code: number; value: Buffer }[] = [];
  for (let at = 11; at < end; ) {
    const code = frame[at] ?? 0;
    const next = at + 2 + (frame[at + 1] ?? end);
    if (next > end) return undefined;
    parameters.push({ code, value: frame.subarray(at + 2, next) });
    at = next;
  }
  return { reference: frame.readUInt16BE(8), parameters };
}

/** The TSAP that is called; undefined where there is none or it is a name ("SIMATIC-ROOT-HMI"). */
export function calledTsap(request: ConnectionRequest): number | undefined {
  const value = request.parameters.find(({ code }) => code === CODES.destination)?.value;
  return value?.length === 2 ? value.readUInt16BE(0) : undefined;
}

/** A connection confirm. Its parameters are the request's own. */
export function connectionConfirm(
  request: ConnectionRequest,
  reference: number,
  order: "size-first" | "as-asked" | "no-size",
): Buffer {
  const size = request.parameters.filter(({ code }) => code === CODES.size);
  const others = request.parameters.filter(({ code }) => code !== CODES.size);
  const parameters =
    order === "as-asked" ? request.parameters : order === "no-size" ? others : [...size, ...others];
  return tpdu(0xd0, request.reference, reference, parameters);
}

/** A disconnect request; reason 2: "connection refused, congestion at TSAP" is 1, "session entity not attached" 2. */
export function disconnectRequest(request: ConnectionRequest): Buffer {
  return tpkt(Buffer.from([6, 0x80, request.reference >> 8, request.reference & 0xff, 0, 0, 2]));
}

/** DT with the end-of-message bit. */
export function dataTransfer(payload: Buffer): Buffer {
  return tpkt(Buffer.concat([Buffer.from([2, 0xf0, 0x80]), payload]));
}

function tpdu(
  type: number,
  destination: number,
  source: number,
  parameters: ConnectionRequest["parameters"],
): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(destination, 1);
  head.writeUInt16BE(source, 3);
  const body = Buffer.concat([
    head,
    ...parameters.map(({ code, value }) => Buffer.concat([Buffer.from([code, value.length]), value])),
  ]);
  return tpkt(Buffer.concat([Buffer.from([body.length]), body]));
}

function tpkt(tpduBytes: Buffer): Buffer {
  const head = Buffer.from([3, 0, 0, 0]);
  head.writeUInt16BE(4 + tpduBytes.length, 2);
  return Buffer.concat([head, tpduBytes]);
}
