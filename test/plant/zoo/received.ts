import type { ProtocolId } from "@stethos/protocol-finger";

export interface Frame {
  readonly protocol: ProtocolId;
  readonly bytes: Buffer;
}

/** What came in, frame by frame; the oldest are forgotten. */
export interface Received {
  readonly frames: readonly Frame[];
  note(protocol: ProtocolId, bytes: Buffer): void;
}

const MOST = 20_000;

export function createReceived(): Received {
  const frames: Frame[] = [];
  return {
    frames,
    note(protocol, bytes) {
      // Many at a time: taking one from the front of a long array moves all others.
      if (frames.length >= MOST) frames.splice(0, MOST / 4);
      frames.push({ protocol, bytes: Buffer.from(bytes) });
    },
  };
}
