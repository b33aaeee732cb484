import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import {
  type BitTable,
  bitsOf,
  bytesOf,
  isBitTable,
  MOST_WRITE_BITS,
  MOST_WRITE_REGISTERS,
  type ModbusRange,
  type ModbusRead,
  type ModbusWrite,
  type RegisterTable,
  registersOf,
} from "../wire/modbus-pdu.ts";
import { connectTo } from "./connect.ts";
import { EXCEPTION, ModbusException } from "./modbus-exception.ts";
import { type BlockLimit, createBlockLimit } from "./modbus-limits.ts";
import { createModbusLink, type ModbusLink } from "./modbus-link.ts";

export interface ModbusOptions {
  readonly host: string;
  readonly port: number;
  readonly unit: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly minGapMs: number;
  /** The most to ask for at once; less where the device has taught so. */
  readonly maxRegisters: number;
  readonly maxBits: number;
}

/** What stands behind one connection: a device, or a gateway with several. */
export interface ModbusUnits {
  /** Each unit has limits of its own and shares everything else; closing one client closes them all. */
  of(unit: number): ModbusClient;
}

/** A Modbus/TCP device, or one unit behind a gateway: one transaction at a time.
 *
 *  Everything here throws ModbusException and FingerError PLC_TIMEOUT, after which the connection is still good;
 *  PLC_UNREACHABLE and PDU_MALFORMED, after which it is not; and the signal's reason. */
export interface ModbusClient {
  /** One transaction: at most `limits` of it. A busy device is asked again, three times.
   *  @returns bytes as in wire/modbus-pdu.ts */
  read(range: ModbusRange, signal: AbortSignal): Promise<Buffer>;
  /** Any number, in blocks that the device gives: several transactions, of several moments, where it is more than a
   *  block. An exception names the very register that is refused.
   *  @returns bytes as in wire/modbus-pdu.ts */
  readAll(range: ModbusRange, signal: AbortSignal): Promise<Buffer>;
  /** As numbers; otherwise as readAll. */
  readRegisters(
    table: RegisterTable,
    address: number,
    count: number,
    signal: AbortSignal,
  ): Promise<Uint16Array>;
  /** 0 or 1 each; otherwise as readAll. */
  readBits(table: BitTable, address: number, count: number, signal: AbortSignal): Promise<Uint8Array>;
  /** One transaction: function 6 for one register, 16 for up to 123. */
  writeRegisters(address: number, values: Uint16Array, signal: AbortSignal): Promise<void>;
  /** One transaction: function 5 for one bit, 15 for up to 1968. */
  writeBits(address: number, values: readonly boolean[], signal: AbortSignal): Promise<void>;
  /** Learn that the parts of `range` came where the whole was refused as a wrong address. */
  tooMuch(range: ModbusRange): void;
  /** What to ask for at once for now: it grows as the device gives it. */
  readonly limits: { readonly registers: number; readonly bits: number };
  /** What the device was found to give at most, where it has refused more: to be remembered, and passed as maxRegisters
   *  and maxBits the next time. */
  readonly learnt: { readonly registers: number | undefined; readonly bits: number | undefined };
  /** Aborts, with the reason, when the connection is over. */
  readonly ended: AbortSignal;
  readonly counters: { readonly requests: number; readonly strayReplies: number };
  /** Ends the connection politely, within half a second. Never throws. */
  close(): Promise<void>;
}

/** 64 bytes: what the narrowest devices give. */
export const FIRST_REGISTERS = 32;
const FIRST_BITS = 512;
// benthos-umh asks a busy device again as often and as soon (busyRetries, busyRetriesWait).
const BUSY_RETRIES = 3;
const BUSY_PAUSE_MS = 200;

/** @throws FingerError PLC_UNREACHABLE */
export async function openModbus(
  options: ModbusOptions,
  deps: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<ModbusClient> {
  return (await openModbusUnits(options, deps, signal)).of(options.unit);
}

/** @throws FingerError PLC_UNREACHABLE */
export async function openModbusUnits(
  options: Omit<ModbusOptions, "unit">,
  { clock }: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<ModbusUnits> {
  const socket = await connectTo(options, "the Modbus server", clock, signal);
  const { host, port, requestTimeoutMs, minGapMs } = options;
  const link = createModbusLink(socket, { where: `${host}:${port}`, requestTimeoutMs, minGapMs }, clock);
  return { of: (unit) => createClient(link, { ...options, unit }, clock) };
}

function createClient(link: ModbusLink, options: ModbusOptions, clock: Clock): ModbusClient {
  const registers = createBlockLimit(FIRST_REGISTERS, options.maxRegisters);
  const bits = createBlockLimit(FIRST_BITS, options.maxBits);
  const limitOf = (range: ModbusRange): BlockLimit => (isBitTable(range.table) ? bits : registers);

  const tooMuch = (range: ModbusRange): void => limitOf(range).refused(range.count, "address");

  async function ask(request: ModbusRead | ModbusWrite, signal: AbortSignal): Promise<Buffer> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await link.exchange(options.unit, request, signal);
      } catch (thrown) {
        // A write that was acknowledged is under way: it must not be sent again.
        const mayRepeat = request.kind === "read" || isException(thrown, EXCEPTION.busy);
        if (tries === BUSY_RETRIES || !isBusy(thrown) || !mayRepeat) throw thrown;
        await clock.sleep(BUSY_PAUSE_MS, signal);
      }
    }
  }

  async function read(range: ModbusRange, signal: AbortSignal): Promise<Buffer> {
    const limit = limitOf(range);
    const { table, start, count } = range;
    try {
      const bytes = await ask({ kind: "read", table, start, count }, signal);
      limit.succeeded(count);
      return bytes;
    } catch (thrown) {
      if (isException(thrown, EXCEPTION.value)) limit.refused(count, "quantity");
      else if (isTimeout(thrown)) limit.refused(count, "silence");
      throw thrown;
    }
  }

  /** A block, or its halves where the whole is not to be had. */
  async function readBlock(range: ModbusRange, signal: AbortSignal): Promise<Buffer> {
    try {
      return await read(range, signal);
    } catch (thrown) {
      if (range.count === 1 || !maySplit(thrown)) throw thrown;
      const parts = halves(range);
      const bytes = [await readBlock(parts[0], signal), await readBlock(parts[1], signal)] as const;
      if (isException(thrown, EXCEPTION.address)) tooMuch(range);
      return joined(parts[0], ...bytes);
    }
  }

  async function readAll(range: ModbusRange, signal: AbortSignal): Promise<Buffer> {
    const blocks: Buffer[] = [];
    for (let done = 0; done < range.count; ) {
      const count = Math.min(wholeBytes(range, limitOf(range).now), range.count - done);
      blocks.push(await readBlock({ ...range, start: range.start + done, count }, signal));
      done += count;
    }
    return Buffer.concat(blocks);
  }

  return {
    read,
    readAll,
    async readRegisters(table, address, count, signal) {
      return registersOf(await readAll({ table, start: address, count }, signal));
    },
    async readBits(table, address, count, signal) {
      return bitsOf(await readAll({ table, start: address, count }, signal), count);
    },
    async writeRegisters(address, values, signal) {
      if (values.length > MOST_WRITE_REGISTERS) throw new RangeError(`${values.length} registers at once`);
      const bytes = Buffer.alloc(2 * values.length);
      values.forEach((value, i) => {
        bytes.writeUInt16BE(value, 2 * i);
      });
      await ask(writeOf("holding", address, values.length, bytes), signal);
    },
    async writeBits(address, values, signal) {
      if (values.length > MOST_WRITE_BITS) throw new RangeError(`${values.length} bits at once`);
      const bytes = Buffer.alloc(bytesOf("coil", values.length));
      values.forEach((isSet, i) => {
        if (isSet) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
      });
      await ask(writeOf("coil", address, values.length, bytes), signal);
    },
    tooMuch,
    get limits() {
      return { registers: registers.now, bits: bits.now };
    },
    get learnt() {
      return { registers: registers.learnt, bits: bits.learnt };
    },
    ended: link.ended,
    get counters() {
      return { requests: link.requests, strayReplies: link.strayReplies };
    },
    close: link.close,
  };
}

const writeOf = (table: "coil" | "holding", start: number, count: number, bytes: Buffer): ModbusWrite => ({
  kind: "write",
  table,
  start,
  count,
  isSingle: count === 1,
  bytes,
});

/** Bits come in bytes: blocks of whole bytes can be put together without shifting. */
const wholeBytes = ({ table }: ModbusRange, count: number): number =>
  isBitTable(table) ? Math.max(8, count & ~7) : count;

function halves(range: ModbusRange): readonly [ModbusRange, ModbusRange] {
  const first = isBitTable(range.table) && range.count > 8 ? ((range.count >> 1) + 7) & ~7 : range.count >> 1;
  return [
    { ...range, count: first },
    { ...range, start: range.start + first, count: range.count - first },
  ];
}

/** Less than a byte of bits is followed by the others in the same byte. */
function joined(first: ModbusRange, head: Buffer, tail: Buffer): Buffer {
  if (!isBitTable(first.table) || first.count >= 8) return Buffer.concat([head, tail]);
  return Buffer.of((head[0] ?? 0) | ((tail[0] ?? 0) << first.count));
}

const isException = (thrown: unknown, code: number): boolean =>
  thrown instanceof ModbusException && thrown.exception === code;

const isBusy = (thrown: unknown): boolean =>
  isException(thrown, EXCEPTION.busy) || isException(thrown, EXCEPTION.acknowledge);

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof FingerError && thrown.code === "PLC_TIMEOUT";

const maySplit = (thrown: unknown): boolean =>
  isException(thrown, EXCEPTION.address) || isException(thrown, EXCEPTION.value) || isTimeout(thrown);
