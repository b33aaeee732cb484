import type { DiagnosisCode } from "@stethos/protocol-finger";
import { EdgeError } from "../../core/errors.ts";
import { StatusCode } from "../../core/quality.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import { type ExceptionMeaning, meaningOf } from "./exceptions.ts";
import type { Line, Outcome } from "./line.ts";
import type { ReadRequest } from "./request.ts";
import { createSlots } from "./slots.ts";
import { createUnits } from "./units.ts";

/** What became of a question. */
export type Answer =
  | { readonly kind: "data"; readonly view: DataView }
  | { readonly kind: "refused"; readonly meaning: ExceptionMeaning }
  /** No answer, or none worth asking this unit on for now. */
  | { readonly kind: "silent"; readonly status: number; readonly reason: string };

export interface Asker {
  /** @throws EdgeError PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED: the connection is of no more use */
  ask(request: ReadRequest, signal: AbortSignal): Promise<Answer>;
}

export interface AskerOptions {
  readonly jobsInFlight: number;
  readonly pauseMs: number;
  readonly requestTimeoutMs: number;
  readonly timeoutLimit: number;
  readonly unitRetryMs: number;
  /** How many units the plan asks. */
  readonly units: number;
}

/** A busy device is asked again after 200 ms, three times (benthos-umh's busyRetries). */
const BUSY_PAUSE_MS = 200;
const BUSY_RETRIES = 3;

/** Asks over a line with regard to the units behind it: a busy one is asked again, a silent one is left alone for a
 *  while, and only when nobody answers the line is given up. */
export function createAsker(line: Line, options: AskerOptions, { clock, logger }: DriverDeps): Asker {
  const { jobsInFlight, pauseMs, requestTimeoutMs, timeoutLimit, unitRetryMs } = options;
  const slots = createSlots(jobsInFlight, pauseMs, clock);
  const units = createUnits({ units: options.units, timeoutLimit, retryMs: unitRetryMs });
  const reported = new Set<number>();
  let hasAnswered = false;

  async function ask(request: ReadRequest, signal: AbortSignal): Promise<Answer> {
    const { unit } = request;
    const resting = units.restingStatus(unit, clock.monotonicMs());
    if (resting !== undefined) return silent(resting, `unit ${unit} is left alone for a while`);
    const outcome = await askPatiently(request, signal);
    if (outcome.kind === "timeout") return timedOut(unit, outcome.sentAtMs);
    if (outcome.kind === "data") {
      answered(unit);
      return outcome;
    }
    return excepted(unit, meaningOf(outcome.code));
  }

  async function askPatiently(request: ReadRequest, signal: AbortSignal): Promise<Outcome> {
    for (let tries = 0; ; tries += 1) {
      const outcome = await slots.run(() => line.exchange(request, signal), signal);
      const isBusy = outcome.kind === "exception" && meaningOf(outcome.code).kind === "busy";
      if (!isBusy || tries === BUSY_RETRIES) return outcome;
      await clock.sleep(BUSY_PAUSE_MS, signal);
    }
  }

  function answered(unit: number): void {
    hasAnswered = true;
    units.answered(unit);
    if (reported.delete(unit)) logger.info({ unit }, "modbus unit answers again");
  }

  function excepted(unit: number, meaning: ExceptionMeaning): Answer {
    if (meaning.kind !== "busy" && meaning.kind !== "unit-away") {
      answered(unit);
      return { kind: "refused", meaning };
    }
    units.away(unit, meaning.status, clock.monotonicMs());
    report(unit, meaning.reason);
    return silent(meaning.status, meaning.reason);
  }

  function timedOut(unit: number, sentAtMs: number): Answer {
    const reason = `no answer in ${requestTimeoutMs} ms`;
    if (units.timedOut(unit, sentAtMs, clock.monotonicMs())) {
      const error = new EdgeError(
        "PLC_TIMEOUT",
        `${reason}, ${timeoutLimit} times in a row; is the device on, the unit number (${unit}) right and ` +
          "requestTimeoutMs long enough?",
        // A device that used to answer is lost; one that never did is asked by the wrong number, most likely.
        { diagnosis: (hasAnswered ? "LINK_LOST" : "MODBUS_UNIT_SILENT") satisfies DiagnosisCode },
      );
      line.fail(error);
      throw error;
    }
    report(unit, reason);
    return silent(StatusCode.BadTimeout, `unit ${unit}: ${reason}`);
  }

  function report(unit: number, reason: string): void {
    if (reported.has(unit)) return;
    reported.add(unit);
    logger.warn({ unit, reason }, "modbus unit does not answer");
  }

  return { ask };
}

const silent = (status: number, reason: string): Answer => ({ kind: "silent", status, reason });
