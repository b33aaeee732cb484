import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { EdgeError } from "../../core/errors.ts";
import { StatusCode } from "../../core/quality.ts";
import { createAsker } from "./asker.ts";
import type { Outcome } from "./line.ts";
import type { ReadRequest } from "./request.ts";
import { keepLog } from "./testing/plans.ts";

const never = new AbortController().signal;
const view = new DataView(new ArrayBuffer(2));
const data: Outcome = { kind: "data", view };
const exception = (code: number): Outcome => ({ kind: "exception", code });
const request = (unit: number): ReadRequest => ({ unit, table: "hr", start: 0, quantity: 1 });

/** An asker on a line that gives these outcomes in turn; a timeout takes a second of the clock. */
function setUp(outcomes: readonly (Outcome | "timeout")[], units = 1) {
  const clock = createManualClock();
  const log = keepLog();
  const script = outcomes.values();
  const asked: [unit: number, atMs: number][] = [];
  let failure: EdgeError | undefined;
  const line = {
    async exchange({ unit }: ReadRequest): Promise<Outcome> {
      const sentAtMs = clock.monotonicMs();
      asked.push([unit, sentAtMs]);
      const outcome = script.next().value ?? data;
      if (outcome !== "timeout") return outcome;
      await clock.sleep(1000, never);
      return { kind: "timeout", sentAtMs };
    },
    lateAtMs: undefined,
    fail(error: EdgeError) {
      failure = error;
    },
    close: async () => undefined,
  };
  const options = {
    jobsInFlight: 1,
    pauseMs: 0,
    requestTimeoutMs: 1000,
    timeoutLimit: 3,
    unitRetryMs: 5000,
    units,
  };
  const asker = createAsker(line, options, { clock, logger: log, random: () => 0.5 });
  /** The answer, with as much time as it takes. */
  const ask = async (unit: number) => {
    const answer = Promise.allSettled([asker.ask(request(unit), never)]);
    await clock.advance(1000);
    const [settled] = await answer;
    return settled.status === "fulfilled" ? settled.value : settled.reason;
  };
  return { ask, asked, asker, clock, log, failure: () => failure };
}

describe("asking a modbus device", () => {
  it("hands the answer on", async () => {
    const { ask } = setUp([data]);
    expect(await ask(1)).toEqual({ kind: "data", view });
  });

  it("asks a busy device again after 200 ms, three times", async () => {
    const { ask, asked } = setUp([exception(6), exception(5), exception(6), data]);
    expect(await ask(1)).toMatchObject({ kind: "data" });
    expect(asked.map(([, atMs]) => atMs)).toEqual([0, 200, 400, 600]);
  });

  it("takes a device that stays busy for out of service", async () => {
    const { ask, asked, log } = setUp([exception(6), exception(6), exception(6), exception(6)]);
    expect(await ask(1)).toEqual({
      kind: "silent",
      status: StatusCode.BadOutOfService,
      reason: "exception 06, server device busy: it stayed busy, or its connection table is full",
    });
    expect(asked).toHaveLength(4);
    expect(log.lines).toEqual(["warn modbus unit does not answer"]);
  });

  it("lets others ask while it waits for a busy device", async () => {
    const { asked, asker, clock } = setUp([exception(6), data, data], 2);
    const busy = asker.ask(request(1), never);
    const other = asker.ask(request(2), never);
    expect(await other).toMatchObject({ kind: "data" });
    await clock.advance(200);
    await busy;
    expect(asked).toEqual([
      [1, 0],
      [2, 0],
      [1, 200],
    ]);
  });

  it.each([
    [1, StatusCode.BadConfigurationError, "failed"],
    [2, StatusCode.BadNodeIdUnknown, "address"],
    [3, StatusCode.BadOutOfRange, "quantity"],
    [4, StatusCode.BadDeviceFailure, "failed"],
    [8, StatusCode.BadDeviceFailure, "failed"],
    [0x55, StatusCode.BadDeviceFailure, "failed"],
  ])("tells why the device refuses: exception %i", async (code, status, kind) => {
    const { ask } = setUp([exception(code)]);
    expect(await ask(1)).toMatchObject({ kind: "refused", meaning: { status, kind } });
  });

  it("names an exception that the standard does not know", async () => {
    const { ask } = setUp([exception(0xf8)]);
    expect(await ask(1)).toMatchObject({
      meaning: { reason: "exception F8, which the standard does not know" },
    });
  });

  it.each([0x0a, 0x0b])("leaves a unit alone that the gateway cannot reach: exception %i", async (code) => {
    const { ask, asked, clock, failure, log } = setUp([exception(code), data], 2);
    expect(await ask(1)).toMatchObject({ kind: "silent", status: StatusCode.BadCommunicationError });
    expect(await ask(1)).toEqual({
      kind: "silent",
      status: StatusCode.BadCommunicationError,
      reason: "unit 1 is left alone for a while",
    });
    expect(asked).toHaveLength(1);
    await clock.advance(3000);
    expect(await ask(1)).toMatchObject({ kind: "data" });
    expect(failure()).toBeUndefined();
    expect(log.lines).toEqual(["warn modbus unit does not answer", "info modbus unit answers again"]);
  });

  it("gives the line up after three questions in a row without an answer", async () => {
    const { ask, failure } = setUp(["timeout", "timeout", "timeout"]);
    const silent = { kind: "silent", status: StatusCode.BadTimeout, reason: "unit 1: no answer in 1000 ms" };
    expect(await ask(1)).toEqual(silent);
    expect(await ask(1)).toEqual(silent);
    const error = await ask(1);
    expect(error).toMatchObject({
      code: "PLC_TIMEOUT",
      message:
        "no answer in 1000 ms, 3 times in a row; is the device on, the unit number (1) right and requestTimeoutMs long enough?",
    });
    expect(failure()).toBe(error);
  });

  it("keeps the line while another unit answers, and asks the silent one every five seconds", async () => {
    const { ask, asked, failure } = setUp(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 && i < 6 ? "timeout" : data)),
      2,
    );
    for (let i = 0; i < 3; i += 1) {
      expect(await ask(1)).toMatchObject({ status: StatusCode.BadTimeout });
      expect(await ask(2)).toMatchObject({ kind: "data" });
    }
    expect(await ask(1)).toMatchObject({ reason: "unit 1 is left alone for a while" });
    expect(failure()).toBeUndefined();
    expect(asked.filter(([unit]) => unit === 1)).toHaveLength(3);
  });

  it("stops when the caller gives up", async () => {
    const { asker } = setUp([exception(6)]);
    const impatient = new AbortController();
    const answer = asker.ask(request(1), impatient.signal);
    impatient.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
  });
});
