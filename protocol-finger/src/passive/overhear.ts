import type { Fingerprint } from "../fingerprint.ts";
import type { SignatureSet } from "../signatures/signature.ts";
import { readCapture } from "./capture-reader.ts";
import { EARS } from "./ears/ears.ts";
import { overheardFingerprint } from "./overheard-fingerprint.ts";
import { createOverhearing, type OverhearCounts } from "./overhearing.ts";

export interface Overheard {
  /** Every host that something is known of, in the order in which they were first heard. */
  readonly devices: readonly Fingerprint[];
  readonly counts: OverhearCounts;
  /** False where the capture was cut off in its last packet. */
  readonly isWhole: boolean;
}

/** Names devices by what they say to others; nothing is sent.
 *  @param source a capture, pcap or pcapng, as it comes
 *  @param watch gets a look at what is known so far, for a display
 *  @throws FingerError CAPTURE_UNREADABLE */
export async function overhear(
  source: AsyncIterable<Buffer>,
  signatures: SignatureSet,
  watch?: (soFar: () => readonly Fingerprint[]) => void,
): Promise<Overheard> {
  const overhearing = createOverhearing(EARS);
  const devices = () => overhearing.hosts().map((record) => overheardFingerprint(record, signatures));
  watch?.(devices);
  const { isWhole } = await readCapture(source, overhearing.take);
  overhearing.end();
  return { devices: devices(), counts: { ...overhearing.counts }, isWhole };
}
