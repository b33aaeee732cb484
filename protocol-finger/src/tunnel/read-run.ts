import { FIRST_REGISTERS, type ModbusClient } from "../clients/modbus-client.ts";
import { EXCEPTION, ModbusException } from "../clients/modbus-exception.ts";
import { FingerError } from "../finger-error.ts";
import type { ModbusTable } from "../wire/modbus-pdu.ts";
import type { Barriers } from "./barriers.ts";
import { copyOut } from "./mapping.ts";
import {
  halvePieces,
  mergePieces,
  mostOf,
  type PlannedRead,
  type ReadLimits,
  recut,
  type TunnelRow,
} from "./read-plan.ts";

export type ReadingClient = Pick<ModbusClient, "limits" | "read" | "tooMuch">;

/** Planned requests on their way, once. */
export interface ReadRun {
  /** @returns true when all of it came
   *  @throws FingerError PLC_UNREACHABLE, PDU_MALFORMED; the signal's reason */
  askAll(requests: readonly PlannedRead[]): Promise<boolean>;
  /** Rows that brought no bytes, and why. */
  readonly refused: Map<number, FingerError>;
}

export interface ReadRunParts {
  readonly rows: readonly TunnelRow[];
  readonly client: ReadingClient;
  /** As they are now. */
  limits(): ReadLimits;
  readonly barriers: Barriers;
  readonly image: Buffer;
  readonly positions: Uint32Array;
}

/** What is left undone when a device refuses ever more of a plan is asked for in the next read. */
const SPLITS = 64;

export function createReadRun(parts: ReadRunParts, signal: AbortSignal): ReadRun {
  const { rows, client, limits, barriers, image, positions } = parts;
  const refused = new Map<number, FingerError>();
  /** Tables whose function the device does not serve. */
  const unserved = new Map<ModbusTable, FingerError>();
  let unitAway: FingerError | undefined;
  let splits = 0;

  function refuse(request: PlannedRead, error: FingerError): false {
    for (const { row } of request.pieces) refused.set(row, error);
    return false;
  }

  async function ask(request: PlannedRead): Promise<boolean> {
    const known = unitAway ?? unserved.get(request.table);
    if (known !== undefined) return refuse(request, known);
    // The device has taught, since this was planned, that it is too much.
    if (isTooMuch(request, limits())) return await askAll(recut(request, rows, limits(), barriers));
    try {
      const { table, start, count } = request;
      const raw = await client.read({ table, start, count }, signal);
      for (const { row, span, at } of request.pieces) {
        copyOut(span, start, raw, image, (positions[row] ?? 0) + at);
      }
      return true;
    } catch (thrown) {
      if (!isAnswer(thrown)) throw thrown;
      return await recover(request, thrown);
    }
  }

  async function recover(request: PlannedRead, error: FingerError): Promise<boolean> {
    if (isTooMuch(request, limits())) return await ask(request);
    const exception = error instanceof ModbusException ? error.exception : undefined;
    if (exception === EXCEPTION.address) return await findHole(request, error);
    if (exception === EXCEPTION.function) unserved.set(request.table, error);
    if (exception === EXCEPTION.gatewayPath || exception === EXCEPTION.gatewayTarget) unitAway = error;
    return refuse(request, error);
  }

  /** Ask in parts for what was refused as a wrong address, until what is at fault stands alone. */
  async function findHole(request: PlannedRead, error: FingerError): Promise<boolean> {
    const divided = splits < SPLITS ? divide(request, parts) : [];
    if (divided.length < 2) {
      avoid(request);
      return refuse(request, error);
    }
    splits += 1;
    const came = await askAll(divided);
    if (came) learn(request, divided);
    return came;
  }

  /** Nobody may read across what is not there. */
  function avoid({ table, start, count, pieces }: PlannedRead): void {
    if (pieces.length === 1) for (const at of [start, start + count]) barriers.add(table, at);
  }

  function learn(request: PlannedRead, divided: readonly PlannedRead[]): void {
    // One thing alone has no hole in it: it was too much at once.
    if (request.pieces.length === 1) client.tooMuch(request);
    else for (const part of divided.slice(1)) barriers.add(request.table, part.start);
  }

  async function askAll(requests: readonly PlannedRead[]): Promise<boolean> {
    let came = true;
    for (const request of requests) came = (await ask(request)) && came;
    return came;
  }

  return { askAll, refused };
}

const isTooMuch = ({ table, count }: PlannedRead, limits: ReadLimits): boolean =>
  count > mostOf(table, limits);

function divide(request: PlannedRead, { rows, limits, barriers }: ReadRunParts): PlannedRead[] {
  const [left, right] = halvePieces(request);
  if (right.length > 0) return [left, right].flatMap((part) => mergePieces(part, limits(), barriers));
  if (request.count <= FIRST_REGISTERS) return [];
  const half = Math.ceil(request.count / 2);
  return recut(request, rows, { ...limits(), registers: half, bits: half }, barriers);
}

/** The device, or its silence, said no to this request; the connection is still good. */
const isAnswer = (thrown: unknown): thrown is FingerError =>
  thrown instanceof ModbusException || (thrown instanceof FingerError && thrown.code === "PLC_TIMEOUT");
