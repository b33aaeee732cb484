import { z } from "zod";
import type { Logger } from "../../../ports/logger.ts";
import type { StateFile } from "../../../ports/state-file.ts";

const stored = z.object({ bdSeq: z.int().min(0).max(255) });

/** Counts the CONNECTs of an edge node, also over restarts: by it a host knows which birth a death belongs to. */
export interface BdSeq {
  /** One more than the last, 0 after 255 and at the very first; kept before it is used. */
  next(): Promise<number>;
}

export function createBdSeq(file: StateFile, logger: Logger): BdSeq {
  let last: number | undefined;
  let isRead = false;

  async function read(): Promise<void> {
    if (isRead) return;
    try {
      const text = await file.read();
      last = text === undefined ? undefined : stored.parse(JSON.parse(text)).bdSeq;
    } catch (error) {
      logger.warn({ error }, "the count of Sparkplug births cannot be read and begins at 0");
    }
    isRead = true;
  }

  return {
    async next() {
      await read();
      const bdSeq = last === undefined ? 0 : (last + 1) % 256;
      last = bdSeq;
      try {
        await file.write(JSON.stringify({ bdSeq }));
      } catch (error) {
        // A full disk stops no data: after a crash a number may come twice, which the births set right.
        logger.warn({ error }, "the count of Sparkplug births cannot be kept");
      }
      return bdSeq;
    },
  };
}
