import { createS7Decoder } from "@stethos/protocol-finger/s7";
import type { FingerError } from "@stethos/protocol-finger/settings";
import { type Barriers, createTunnelReads, type ModbusClient } from "@stethos/protocol-finger/tunnel";
import { putValue, type RawBatch, type RawColumns, rawColumns } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";
import type { NamedAddress } from "./device-map.ts";
import { fieldOf } from "./fields.ts";
import type { S7TunnelOptions } from "./options.ts";
import { isLasting, statusOf } from "./refusal.ts";

/** A scan group: what is read of it, and what the device refused so far. Outlives sessions. */
export interface GroupReads {
  /** Read everything that is not known to be refused. One call at a time.
   *  @returns rows whose address was refused for the first time, with the reason
   *  @throws FingerError; the signal's reason */
  read(client: ModbusClient, signal: AbortSignal): Promise<RefusedRow[]>;
  /** A row that the last read brought nothing for; undefined where all is well. */
  trouble(): RefusedRow | undefined;
  /** The values that the last read brought. */
  decode(nowUs: TimeUs): RawBatch;
  /** Ask for everything again: the device may be another one, or repaired. */
  forget(): void;
}

export interface RefusedRow {
  readonly row: number;
  readonly error: FingerError;
}

/** @param tags of each row: its index in the plan */
export function createGroupReads(
  addresses: readonly NamedAddress[],
  tags: Uint32Array,
  { wordOrder, maxGap, refusedRetryMs }: S7TunnelOptions,
  barriers: Barriers,
  monotonicMs: () => number,
): GroupReads {
  const reads = createTunnelReads(
    addresses.map(({ row }) => row),
    maxGap,
    barriers,
  );
  const decoders = addresses.map(({ address }, row) => {
    const field = fieldOf(reads, row, address, wordOrder);
    const decode = createS7Decoder(address);
    return (out: RawColumns): void => {
      field.refresh();
      putValue(out, row, decode(field.view, field.at));
    };
  });
  /** Rows that are left out until `retryAtMs`. */
  const holes = new Map<number, FingerError>();
  const reported = new Set<number>();
  let retryAtMs = Number.POSITIVE_INFINITY;
  /** Rows that the last read brought nothing for. */
  let missing: ReadonlyMap<number, FingerError> = new Map();

  function forget(): void {
    holes.clear();
    retryAtMs = Number.POSITIVE_INFINITY;
  }

  async function read(client: ModbusClient, signal: AbortSignal): Promise<RefusedRow[]> {
    if (monotonicMs() >= retryAtMs) forget();
    const refused = await reads.read(client, new Set(holes.keys()), signal);
    const news: RefusedRow[] = [];
    for (const [row, error] of refused) {
      if (!isLasting(error)) continue;
      if (holes.size === 0) retryAtMs = monotonicMs() + refusedRetryMs;
      holes.set(row, error);
      if (!reported.has(row)) news.push({ row, error });
      reported.add(row);
    }
    missing = new Map([...holes, ...refused]);
    return news;
  }

  function trouble(): RefusedRow | undefined {
    const rows = [...missing].map(([row, error]) => ({ row, error }));
    return rows.find(({ error }) => error.diagnosis !== undefined) ?? rows[0];
  }

  function decode(nowUs: TimeUs): RawBatch {
    const out = rawColumns(addresses.length, nowUs);
    out.tag.set(tags);
    for (const [row, put] of decoders.entries()) {
      const error = missing.get(row);
      if (error === undefined) put(out);
      else out.status[row] = statusOf(error);
    }
    return out;
  }

  return { read, trouble, decode, forget };
}
