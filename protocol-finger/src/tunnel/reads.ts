import type { FingerError } from "../finger-error.ts";
import type { Barriers } from "./barriers.ts";
import { type PlannedRead, planReads, type ReadLimits, type TunnelRow } from "./read-plan.ts";
import { createReadRun, type ReadingClient } from "./read-run.ts";

/** Rows that are read together, as often as wanted. */
export interface TunnelReads {
  /** Read every row but those in `except`, with the fewest requests that the device allows.
   *  @returns rows that brought no bytes, and why: ModbusException, or FingerError PLC_TIMEOUT
   *  @throws FingerError PLC_UNREACHABLE, PDU_MALFORMED; the signal's reason */
  read(
    client: ReadingClient,
    except: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<Map<number, FingerError>>;
  /** Bytes of the rows, one after the other, as the last read brought them. */
  readonly image: Buffer;
  /** Of each row: where it begins in the image. */
  readonly positions: Uint32Array;
  /** Rows that took more than one request in the last read, and so may mix moments. */
  readonly torn: number;
}

/** @param maxGap registers (16 times as many bits) that may be read along between two rows
 *  @param barriers of the device: shared by all that read it */
export function createTunnelReads(
  rows: readonly TunnelRow[],
  maxGap: number,
  barriers: Barriers,
): TunnelReads {
  const positions = new Uint32Array(rows.length);
  let imageBytes = 0;
  rows.forEach(({ span }, row) => {
    positions[row] = imageBytes;
    imageBytes += span.byteLength;
  });
  const image = Buffer.alloc(imageBytes);
  let planned:
    | { readonly key: string; readonly reads: readonly PlannedRead[]; readonly torn: number }
    | undefined;

  const limitsOf = ({ limits }: ReadingClient): ReadLimits => ({ ...limits, maxGap });

  function plan(client: ReadingClient, except: ReadonlySet<number>): readonly PlannedRead[] {
    const limits = limitsOf(client);
    const key = [limits.registers, limits.bits, barriers.count, ...except].join();
    if (planned?.key === key) return planned.reads;
    const wanted = [...rows.keys()].filter((row) => !except.has(row));
    const reads = planReads(rows, wanted, limits, barriers);
    const pieces = reads.flatMap((read) => read.pieces);
    const torn = pieces.filter(({ at }) => at > 0).map(({ row }) => row);
    planned = { key, reads, torn: new Set(torn).size };
    return reads;
  }

  async function read(
    client: ReadingClient,
    except: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<Map<number, FingerError>> {
    const limits = (): ReadLimits => limitsOf(client);
    const run = createReadRun({ rows, client, limits, barriers, image, positions }, signal);
    await run.askAll(plan(client, except));
    return run.refused;
  }

  return {
    read,
    image,
    positions,
    get torn() {
      return planned?.torn ?? 0;
    },
  };
}
