import { EXCEPTION } from "../clients/modbus-exception.ts";
import type { S7Client } from "../clients/s7-client.ts";
import type { DiagnosisCode } from "../diagnosis/diagnosis.ts";
import { FingerError } from "../finger-error.ts";
import type { ModbusRead, ModbusWrite } from "../wire/modbus-pdu.ts";
import type { S7Range } from "../wire/s7-read.ts";
import { ITEM } from "../wire/serve-s7-reply.ts";
import type { TunnelArea } from "./areas.ts";
import { createJobQueue, QueueFullError, readsTogether } from "./job-queue.ts";
import { answerOf, bytesBehind } from "./mapping.ts";
import type { BackendCounts } from "./tunnel.ts";
import type { Upstream } from "./upstream.ts";
import type { Writable } from "./writable.ts";

/** A connection to an S7 controller, as far as the tunnel needs it. */
export type S7Session = Pick<S7Client, "close" | "read" | "write">;

/** Does with the S7 controller what Modbus clients ask of the device it stands for. */
export interface ModbusBackend extends BackendCounts {
  read(request: ModbusRead): Promise<ModbusOutcome>;
  write(
    request: ModbusWrite,
  ): Promise<ModbusOutcome & { readonly what: string; readonly isAllowed: boolean }>;
}

export type ModbusOutcome = { readonly bytes: Buffer } | { readonly exception: number };

export interface ModbusBackendOptions {
  readonly areas: readonly TunnelArea[];
  readonly writables: readonly Writable[];
  readonly maxQueue: number;
  /** More than this the controller does not give in one answer. */
  readonly maxReadBytes: number;
}

type Job =
  | { readonly kind: "read"; readonly range: S7Range }
  | { readonly kind: "write"; readonly writable: Writable; readonly bytes: Buffer };

export function createModbusBackend(
  { areas, writables, maxQueue, maxReadBytes }: ModbusBackendOptions,
  upstream: Upstream<S7Session>,
): ModbusBackend {
  const { signal: never } = new AbortController();
  let torn = 0;
  let rounds = 0;

  async function run(jobs: readonly Job[]): Promise<readonly ModbusOutcome[]> {
    rounds += 1;
    const [first] = jobs;
    if (first?.kind === "write") {
      const { db, start, bit } = first.writable.place;
      const place = bit === undefined ? { db, start } : { db, start, bit };
      const code = await upstream.use((session) => session.write(place, first.bytes, never), false);
      return [code === ITEM.ok ? { bytes: first.bytes } : { exception: exceptionOfItem(code) }];
    }
    const ranges = jobs.filter((job) => job.kind === "read").map(({ range }) => range);
    torn += ranges.filter(({ length }) => length > maxReadBytes).length;
    const results = await upstream.use((session) => session.read(ranges, never), true);
    return results.map((result) =>
      "bytes" in result ? result : { exception: exceptionOfItem(result.refusal) },
    );
  }

  const queue = createJobQueue<Job, ModbusOutcome>({ most: maxQueue, together: readsTogether, run });

  async function settled(job: Job): Promise<ModbusOutcome> {
    try {
      return await queue.add(job);
    } catch (thrown) {
      if (thrown instanceof QueueFullError) return { exception: EXCEPTION.busy };
      if (!(thrown instanceof FingerError)) throw thrown;
      return { exception: exceptionOfError(thrown) };
    }
  }

  return {
    async read(request) {
      const place = bytesBehind(request, areas);
      if (place === undefined) return { exception: EXCEPTION.address };
      const range = { area: "DB", db: place.db, start: place.start, length: place.byteLength } as const;
      const outcome = await settled({ kind: "read", range });
      if ("exception" in outcome) return outcome;
      return { bytes: answerOf(request.table, request.count, outcome.bytes, place) };
    },
    async write(request) {
      const { table, start, count, bytes } = request;
      const writable = writables.find(
        ({ span }) => span.table === table && span.start === start && span.count === count,
      );
      if (writable === undefined) {
        const what = count === 1 ? `${table} ${start}` : `${table} ${start} to ${start + count - 1}`;
        return { exception: EXCEPTION.function, what, isAllowed: false };
      }
      return { ...(await settled({ kind: "write", writable, bytes })), what: writable.text, isAllowed: true };
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

const ITEM_EXCEPTIONS: ReadonlyMap<number, number> = new Map([
  [ITEM.address, EXCEPTION.address],
  [ITEM.noSuchObject, EXCEPTION.address],
  [ITEM.type, EXCEPTION.value],
  [ITEM.size, EXCEPTION.value],
]);

/** Access denied and hardware faults are failures of the device. */
const exceptionOfItem = (code: number): number => ITEM_EXCEPTIONS.get(code) ?? EXCEPTION.failure;

/** There is no way to the controller; as opposed to: it does not answer. */
const NO_PATH: readonly (DiagnosisCode | undefined)[] = [
  "PORT_CLOSED",
  "HOST_SILENT",
  "S7_TSAP_REFUSED",
  "S7_NO_FREE_CONNECTION",
  "S7_NO_SETUP_REPLY",
  "NOT_A_CONTROLLER",
];

function exceptionOfError({ code, diagnosis }: FingerError): number {
  if (NO_PATH.includes(diagnosis)) return EXCEPTION.gatewayPath;
  // PUT/GET not permitted, protection: the reason is in the log.
  return code === "PLC_REFUSED" ? EXCEPTION.failure : EXCEPTION.gatewayTarget;
}
