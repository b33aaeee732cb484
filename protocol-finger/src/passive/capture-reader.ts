import { type CapturedPacket, type CaptureFormat, unreadable } from "./captured.ts";
import { createPcapFormat, isPcap } from "./pcap.ts";
import { createPcapngFormat, isPcapng } from "./pcapng.ts";

const MAGIC_BYTES = 4;

/** Reads a capture of either format as its bytes come.
 *  @returns whether the last packet was whole: a capture that was cut off is good up to there
 *  @throws FingerError CAPTURE_UNREADABLE */
export async function readCapture(
  source: AsyncIterable<Buffer>,
  onPacket: (packet: CapturedPacket) => void,
): Promise<{ readonly isWhole: boolean }> {
  let head: Buffer = Buffer.alloc(0);
  let format: CaptureFormat | undefined;
  for await (const chunk of source) {
    if (format !== undefined) {
      format.push(chunk, onPacket);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < MAGIC_BYTES) continue;
    format = formatOf(head);
    format.push(head, onPacket);
  }
  if (format === undefined) throw unreadable(head.length === 0 ? "it is empty" : "it ends after a few bytes");
  return { isWhole: format.left === 0 };
}

function formatOf(head: Buffer): CaptureFormat {
  if (isPcap(head)) return createPcapFormat();
  if (isPcapng(head)) return createPcapngFormat();
  throw unreadable(
    `it begins with ${head.subarray(0, MAGIC_BYTES).toString("hex")}, as neither pcap nor pcapng does`,
  );
}
