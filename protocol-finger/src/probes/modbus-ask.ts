import { type Adu, aduLength, decodeAdu } from "../wire/mbap.ts";
import type { ModbusTarget } from "../wire/modbus-identity.ts";
import { WireError } from "../wire/wire-error.ts";
import { bytesOf } from "./note.ts";
import type { ProbeLine, Visit } from "./probe.ts";

/** What became of one question. An exception is a reply. */
export type Outcome<T> =
  | {
      readonly kind: "reply";
      readonly reply: T;
      readonly bytes: Buffer;
      readonly rttMs: number;
      readonly echoesUnit: boolean;
    }
  | { readonly kind: "silence" | "closed" | "garbage"; readonly bytes: Buffer }
  /** The budget is spent: nothing was sent. */
  | { readonly kind: "forbidden" };

/** Asks one thing after the other and never takes the answer to one question for that to another. */
export interface ModbusAsker {
  ask<T>(
    unit: number,
    encode: (target: ModbusTarget) => Buffer,
    decode: (frame: Buffer) => T,
    signal: AbortSignal,
  ): Promise<Outcome<T>>;
  /** Answers that came after their question had been given up. */
  readonly late: number;
}

interface Frame extends Adu {
  readonly bytes: Buffer;
}

// Not 0, which a device that answers everything with zeros would seem to echo.
const FIRST_TRANSACTION = 0x5301;

export function createModbusAsker(visit: Visit, line: ProbeLine): ModbusAsker {
  let transaction = FIRST_TRANSACTION;
  let late = 0;
  return {
    get late() {
      return late;
    },
    async ask(unit, encode, decode, signal) {
      if (visit.left.frames < 1) return { kind: "forbidden" };
      const own = transaction;
      transaction += 1;
      const answer = await line.ask(
        encode({ transaction: own, unit }),
        (bytes) => lengthUpTo(bytes, own),
        signal,
      );
      if (answer.kind === "forbidden") return { kind: "forbidden" };
      const bytes = bytesOf(answer);
      try {
        const frames = cut(bytes);
        late += frames.filter((frame) => frame.transaction !== own).length;
        const frame = frames.find((candidate) => candidate.transaction === own);
        if (frame !== undefined) {
          return {
            kind: "reply",
            reply: decode(frame.bytes),
            bytes: frame.bytes,
            rttMs: answer.kind === "bytes" ? answer.rttMs : answer.afterMs,
            echoesUnit: frame.unit === unit,
          };
        }
      } catch (thrown) {
        if (thrown instanceof WireError) return { kind: "garbage", bytes };
        throw thrown;
      }
      // Whole frames, none of them ours: to this question the device was silent.
      return { kind: answer.kind === "bytes" ? "silence" : answer.kind, bytes };
    },
  };
}

/** Bytes up to the end of the frame that bears `transaction`; undefined until its header is there.
 *  @throws WireError where this is no Modbus/TCP */
function lengthUpTo(bytes: Buffer, transaction: number): number | undefined {
  let at = 0;
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    const length = aduLength(rest);
    if (length === undefined) return undefined;
    if (rest.readUInt16BE(0) === transaction) return at + length;
    at += length;
  }
  return undefined;
}

/** Whole frames in `bytes`; a cut one at the end is left out.
 *  @throws WireError where this is no Modbus/TCP */
function cut(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  let rest = bytes;
  for (
    let length = aduLength(rest);
    length !== undefined && length <= rest.length;
    length = aduLength(rest)
  ) {
    const frame = rest.subarray(0, length);
    frames.push({ ...decodeAdu(frame), bytes: frame });
    rest = rest.subarray(length);
  }
  return frames;
}
