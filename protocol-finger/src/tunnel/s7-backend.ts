import type { ModbusClient } from "../clients/modbus-client.ts";
import { EXCEPTION, ModbusException } from "../clients/modbus-exception.ts";
import { FingerError } from "../finger-error.ts";
import { isBitTable, registersOf } from "../wire/modbus-pdu.ts";
import { type S7Item, type S7WriteItem, TRANSPORT_BIT } from "../wire/serve-s7.ts";
import { ITEM, type ServedItem } from "../wire/serve-s7-reply.ts";
import type { TunnelArea } from "./areas.ts";
import { createBarriers } from "./barriers.ts";
import { createJobQueue, type JobQueue, readsTogether } from "./job-queue.ts";
import { mapPlace, type S7Place } from "./mapping.ts";
import type { TunnelRow } from "./read-plan.ts";
import { createTunnelReads } from "./reads.ts";
import type { BackendCounts } from "./tunnel.ts";
import type { Upstream } from "./upstream.ts";
import { allowedBy, type Writable } from "./writable.ts";

/** Does with the Modbus device what S7 clients ask of the controller it stands for. */
export interface S7Backend extends BackendCounts {
  /** One after the other, in as few requests as they take.
   *  @throws QueueFullError */
  read(items: readonly S7Item[]): Promise<readonly ServedItem[]>;
  /** @returns the return code of each item, and what was written or was not allowed to be
   *  @throws QueueFullError */
  write(items: readonly S7WriteItem[]): Promise<readonly WriteOutcome[]>;
}

export interface WriteOutcome {
  readonly code: number;
  readonly what: string;
}

export interface S7BackendOptions {
  readonly areas: readonly TunnelArea[];
  readonly writables: readonly Writable[];
  readonly maxGap: number;
  readonly maxQueue: number;
}

type Job =
  | { readonly kind: "read"; readonly rows: readonly TunnelRow[] }
  | { readonly kind: "write"; readonly writable: Writable; readonly bytes: Buffer };

/** Bytes of each row of a job, or why there are none; of a write nothing. */
type Result = readonly (Buffer | FingerError)[];

/** A connection to a Modbus device, as far as the tunnel needs it. */
export type ModbusSession = Pick<
  ModbusClient,
  "close" | "limits" | "read" | "tooMuch" | "writeBits" | "writeRegisters"
>;

export function createS7Backend(options: S7BackendOptions, upstream: Upstream<ModbusSession>): S7Backend {
  const { areas, writables, maxGap } = options;
  const barriers = createBarriers();
  const { signal: never } = new AbortController();
  let torn = 0;
  let rounds = 0;

  async function run(jobs: readonly Job[]): Promise<readonly Result[]> {
    rounds += 1;
    const [first] = jobs;
    if (first?.kind === "write") {
      await upstream.use((client) => write(client, first, never), false);
      return [[]];
    }
    const reading = jobs.filter((job) => job.kind === "read");
    const rows = reading.flatMap((job) => job.rows);
    return await upstream.use(async (client) => {
      const reads = createTunnelReads(rows, maxGap, barriers);
      const refused = await reads.read(client, new Set(), never);
      torn += reads.torn;
      const results = rows.map(({ span }, row) => {
        const at = reads.positions[row] ?? 0;
        return refused.get(row) ?? reads.image.subarray(at, at + span.byteLength);
      });
      return shares(reading, results);
    }, true);
  }

  const queue: JobQueue<Job, Result> = createJobQueue({
    most: options.maxQueue,
    together: readsTogether,
    run,
  });

  async function read(items: readonly S7Item[]): Promise<readonly ServedItem[]> {
    const wanted = items.map((item) => rowOf(item, areas));
    const rows = wanted.filter((row) => typeof row !== "number");
    const brought = rows.length === 0 ? [] : await settled(queue, { kind: "read", rows });
    let next = 0;
    return items.map((item, i) => {
      const row = wanted[i];
      if (typeof row === "number" || item.kind !== "range")
        return { code: row === undefined ? ITEM.type : Number(row) };
      const bytes = brought[next];
      next += 1;
      if (bytes === undefined || bytes instanceof FingerError) return { code: itemCodeOf(bytes) };
      return {
        transport: item.transport,
        bytes: item.transport === TRANSPORT_BIT ? bitOf(bytes, item.bit) : bytes,
      };
    });
  }

  async function writeOne({ item, bytes }: S7WriteItem): Promise<WriteOutcome> {
    const place = placeOfItem(item);
    if (typeof place === "number") return { code: place, what: "an item that is none" };
    const what = placeText(place);
    const writable = allowedBy(writables, place);
    if (writable === undefined) return { code: ITEM.accessDenied, what };
    if (bytes === undefined) return { code: ITEM.size, what };
    const result = await settled(queue, { kind: "write", writable, bytes });
    const failure = result.find((part) => part instanceof FingerError);
    return { code: failure === undefined ? ITEM.ok : itemCodeOf(failure), what: writable.text };
  }

  return {
    read,
    async write(items) {
      const outcomes: WriteOutcome[] = [];
      for (const item of items) outcomes.push(await writeOne(item));
      return outcomes;
    },
    get rounds() {
      return rounds;
    },
    get torn() {
      return torn;
    },
    get turnedAway() {
      return queue.turnedAway;
    },
  };
}

/** To each job its own of what came for all of them. */
function shares(jobs: readonly Extract<Job, { kind: "read" }>[], results: Result): readonly Result[] {
  let from = 0;
  return jobs.map(({ rows }) => {
    from += rows.length;
    return results.slice(from - rows.length, from);
  });
}

/** The result of a job; that of none, a FingerError for each row, where the PLC is not to be had. */
async function settled(queue: JobQueue<Job, Result>, job: Job): Promise<Result> {
  try {
    return await queue.add(job);
  } catch (thrown) {
    if (!(thrown instanceof FingerError)) throw thrown;
    return job.kind === "read" ? job.rows.map(() => thrown) : [thrown];
  }
}

async function write(
  client: ModbusSession,
  { writable, bytes }: Extract<Job, { kind: "write" }>,
  signal: AbortSignal,
): Promise<void> {
  const { table, start, count } = writable.span;
  if (!isBitTable(table)) return await client.writeRegisters(start, registersOf(bytes), signal);
  const bits = Array.from({ length: count }, (_, i) => (((bytes[i >> 3] ?? 0) >> (i & 7)) & 1) === 1);
  await client.writeBits(start, bits, signal);
}

/** The place of an item, or the return code that refuses it. */
function placeOfItem(item: S7Item): S7Place | number {
  if (item.kind === "unknown") return ITEM.type;
  const { area, db, start, bit, byteLength, transport } = item;
  if (area === undefined) return ITEM.accessDenied;
  if (byteLength === 0) return ITEM.size;
  if (transport !== TRANSPORT_BIT) return bit === 0 ? { area, db, start, byteLength } : ITEM.address;
  // More than one bit at once is not to be had of an S7 either.
  return byteLength === 1 ? { area, db, start, byteLength, bit, bits: 1 } : ITEM.type;
}

function rowOf(item: S7Item, areas: readonly TunnelArea[]): TunnelRow | number {
  const place = placeOfItem(item);
  if (typeof place === "number" || item.kind === "unknown") return Number(place);
  const span = mapPlace(place, areas);
  if ("problem" in span) return REFUSALS[span.why];
  return { span, elementBytes: item.byteLength / item.count };
}

const REFUSALS = { area: ITEM.accessDenied, block: ITEM.noSuchObject, range: ITEM.address } as const;

const EXCEPTION_CODES: ReadonlyMap<number, number> = new Map([
  [EXCEPTION.function, ITEM.noSuchObject],
  [EXCEPTION.address, ITEM.address],
  [EXCEPTION.value, ITEM.size],
]);

/** What an S7 client is told of a PLC that does not answer, or answers with an exception. */
function itemCodeOf(error: FingerError | undefined): number {
  const exception = error instanceof ModbusException ? error.exception : -1;
  return EXCEPTION_CODES.get(exception) ?? ITEM.hardwareFault;
}

const bitOf = (bytes: Buffer, bit: number): Buffer => Buffer.of(((bytes[0] ?? 0) >> bit) & 1);

function placeText({ area, db, start, byteLength, bit }: S7Place): string {
  const where = area === "DB" ? `DB${db}` : area;
  if (bit !== undefined) return `${where} ${start}.${bit}`;
  return byteLength === 1 ? `${where} byte ${start}` : `${where} bytes ${start} to ${start + byteLength - 1}`;
}
