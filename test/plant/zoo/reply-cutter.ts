import type { ProtocolId } from "@stethos/protocol-finger";

/** Length of the first frame, as the protocol's own header says it; 0 where it is none of the protocol's, undefined
 *  while that cannot be told. */
type FrameLength = (bytes: Buffer) => number | undefined;

const LENGTHS: Readonly<Partial<Record<ProtocolId, FrameLength>>> = {
  s7: (bytes) => (bytes.length < 4 ? undefined : bytes[0] === 3 ? bytes.readUInt16BE(2) : 0),
  modbus: (bytes) =>
    bytes.length < 6 ? undefined : bytes.readUInt16BE(2) === 0 ? 6 + bytes.readUInt16BE(4) : 0,
  opcua: (bytes) => (bytes.length < 8 ? undefined : isUa(bytes) ? bytes.readUInt32LE(4) : 0),
};

const isUa = (bytes: Buffer): boolean => /^(ACK|ERR|OPN|MSG|CLO)[FCA]$/.test(bytes.toString("latin1", 0, 4));

// A server that sends more than this in one frame has no frames of ours.
const MOST_BYTES = 1 << 20;

/** Cuts what a device sends into answers; of protocols that it does not know, each segment is one. */
export interface ReplyCutter {
  push(chunk: Buffer): readonly Buffer[];
  /** What has come of an answer that is not whole; it is not kept. */
  takeRest(): Buffer;
}

export function createReplyCutter(protocol: ProtocolId): ReplyCutter {
  const lengthOf = LENGTHS[protocol];
  let rest: Buffer = Buffer.alloc(0);

  function cut(chunk: Buffer): readonly Buffer[] {
    if (lengthOf === undefined) return [chunk];
    rest = Buffer.concat([rest, chunk]);
    const frames: Buffer[] = [];
    for (let length = lengthOf(rest); length !== undefined; length = lengthOf(rest)) {
      const isFrame = length > 0 && length <= MOST_BYTES;
      if (isFrame && rest.length < length) break;
      const end = isFrame ? length : rest.length;
      frames.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    return frames;
  }

  return {
    push: cut,
    takeRest() {
      const taken = rest;
      rest = Buffer.alloc(0);
      return taken;
    },
  };
}
