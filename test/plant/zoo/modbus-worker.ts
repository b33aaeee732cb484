import type { PlantRandom } from "../random.ts";
import { createWorker, drawLatency } from "./latency.ts";
import { answerPdu, exceptionOf } from "./modbus-answer.ts";
import type { ModbusTraits, ModbusUnit } from "./modbus-traits.ts";

/** A request with the way back for its answers. */
export interface ModbusJob {
  readonly unit: number;
  readonly pdu: Buffer;
  /** May be called twice: a late answer after the gateway's own. */
  answer(pdu: Buffer): void;
}

/** The part of a device that thinks: one request at a time, whoever sends it. */
export interface ModbusWorker {
  take(job: ModbusJob): void;
  stop(): void;
}

export interface WorkerOptions {
  readonly random: PlantRandom;
  readonly latencyScale: number;
  /** In place of the revision in the identity. */
  firmware(): string | undefined;
}

/** Requests that wait; the next one is answered "busy" (Modbus Application Protocol V1.1b3, 7). */
const MOST_WAITING = 32;
const BUSY = 6;
/** "Gateway target device failed to respond". */
const NO_RESPONSE = 0x0b;
/** When the answer of a late unit comes in the end, in parts of the gateway's patience. */
const LATE_AFTER = 1.3;

export function createModbusWorker(traits: ModbusTraits, options: WorkerOptions): ModbusWorker {
  const { random, latencyScale, firmware } = options;
  const patience = (traits.deadUnitMs ?? 0) * latencyScale;
  const line = createWorker();
  const late = createWorker();
  let pending = 0;

  function after(ms: number, done: () => void): void {
    pending += 1;
    line.run(ms, () => {
      pending -= 1;
      done();
    });
  }

  function work(job: ModbusJob, unit: ModbusUnit): void {
    const answer = () => job.answer(answerPdu(unit, job.pdu, firmware()));
    if (random.uniform() >= (unit.lateChance ?? 0)) {
      after(drawLatency(traits.latencyMs, random) * latencyScale, answer);
      return;
    }
    after(patience, () => job.answer(exceptionOf(job.pdu, NO_RESPONSE)));
    late.run(patience * LATE_AFTER, answer);
  }

  return {
    take(job) {
      const unit = unitFor(traits, job.unit);
      if (unit === "silence") return;
      if (pending > 0 && traits.overlap !== "queue") {
        job.answer(exceptionOf(job.pdu, traits.overlap.exception));
      } else if (pending === MOST_WAITING) {
        job.answer(exceptionOf(job.pdu, BUSY));
      } else if (typeof unit === "number") {
        after(patience, () => job.answer(exceptionOf(job.pdu, unit)));
      } else {
        work(job, unit);
      }
    },
    stop() {
      line.stop();
      late.stop();
    },
  };
}

function unitFor({ units, otherUnits }: ModbusTraits, unit: number): ModbusUnit | number | "silence" {
  const own = units[unit];
  if (own !== undefined) return own;
  if (otherUnits === "silence") return otherUnits;
  return "exception" in otherUnits ? otherUnits.exception : (units[otherUnits.unit] ?? "silence");
}
