import { FingerError } from "../finger-error.ts";

/** One packet of a capture, as it was on the link. */
export interface CapturedPacket {
  /** Microseconds since 1970; 0 where the capture has no times. */
  readonly timeUs: number;
  /** LINKTYPE_ number of the tcpdump group: what the first bytes are. */
  readonly linkType: number;
  /** What was kept of it. */
  readonly bytes: Buffer;
  /** How long it was on the link. */
  readonly wireBytes: number;
}

/** One format of capture files, read as it comes. */
export interface CaptureFormat {
  /** @throws FingerError CAPTURE_UNREADABLE */
  push(chunk: Buffer, onPacket: (packet: CapturedPacket) => void): void;
  /** Bytes of a record that was cut off at the end of the file. */
  readonly left: number;
}

/** Longer records than this are taken for a damaged file: tcpdump keeps 262,144 bytes of a packet at most. */
export const MOST_RECORD_BYTES = 1 << 20;

export const unreadable = (what: string): FingerError =>
  new FingerError(
    "CAPTURE_UNREADABLE",
    `this capture cannot be read: ${what}. Write it again with "tcpdump -w FILE"`,
  );
