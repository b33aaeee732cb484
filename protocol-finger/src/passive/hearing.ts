import type { Visit } from "../probes/probe.ts";
import { WireError } from "../wire/wire-error.ts";
import type { Ear } from "./ears/ear.ts";
import type { Direction } from "./flows.ts";
import { createRecordCutter, type RecordCutter } from "./record-cutter.ts";

/** Cuts what one conversation says into frames and hands them to an ear. */
export interface Hearing {
  hear(direction: Direction, bytes: Buffer, isAfterGap: boolean): void;
}

export interface HearingCounts {
  frames: number;
  /** Frames and streams that were not what their protocol says. */
  malformed: number;
}

// The longest frame of all protocols that are listened to: an OPC UA chunk (OPC 10000-6, 6.7.1: no size is fixed).
const MOST_FRAME_BYTES = 1 << 18;

export function createHearing(ear: Ear, visit: Visit, counts: HearingCounts): Hearing {
  const conversation = ear.open(visit);
  const cutters: Record<Direction, RecordCutter> = { "to-server": cutterOf(ear), "to-client": cutterOf(ear) };

  function hand(direction: Direction, frame: Buffer): void {
    counts.frames += 1;
    survive(counts, () => {
      if (direction === "to-client") conversation.toClient(frame);
      else conversation.toServer?.(frame);
    });
  }

  return {
    hear(direction, bytes, isAfterGap) {
      if (direction === "to-server" && conversation.toServer === undefined) return;
      if (ear.frameLength === undefined) {
        hand(direction, bytes);
        return;
      }
      // Half a frame is of no use without the other half; segments after a gap mostly begin with a new one.
      if (isAfterGap) cutters[direction] = cutterOf(ear);
      const isGood = survive(counts, () => {
        // Views of the capture's buffers must not outlive this call.
        cutters[direction].push(Buffer.from(bytes), (frame) => hand(direction, frame));
      });
      if (!isGood) cutters[direction] = cutterOf(ear);
    },
  };
}

function cutterOf({ frameLength }: Ear): RecordCutter {
  return createRecordCutter((bytes) => {
    const length = bytes.length === 0 ? undefined : frameLength?.(bytes);
    if (length === undefined && bytes.length > MOST_FRAME_BYTES) throw new WireError(0, "a frame never ends");
    if (length !== undefined && (length < 1 || length > MOST_FRAME_BYTES)) {
      throw new WireError(0, `a frame of ${length} bytes`);
    }
    return length;
  });
}

/** Malformed bytes are an ordinary thing on a wire: they are counted. */
function survive(counts: HearingCounts, hear: () => void): boolean {
  try {
    hear();
    return true;
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    counts.malformed += 1;
    return false;
  }
}
