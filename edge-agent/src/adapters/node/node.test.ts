import { PassThrough } from "node:stream";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it, vi } from "vitest";
import { createCounters } from "./counters.ts";
import { createLogger } from "./logger.ts";
import { systemRandom } from "./random.ts";

const never = new AbortController().signal;

describe("system clock", () => {
  it("gives wall time in microseconds and follows the wall clock when somebody sets it", () => {
    const clock = createSystemClock();
    expect(Math.abs(clock.nowUs() / 1000 - Date.now())).toBeLessThan(50);
    const real = Date.now.bind(Date);
    const spy = vi.spyOn(Date, "now").mockImplementation(() => real() - 3_600_000);
    expect(Math.abs(clock.nowUs() / 1000 - real() + 3_600_000)).toBeLessThan(50);
    spy.mockRestore();
  });

  it("never goes back within one setting of the wall clock", () => {
    const clock = createSystemClock();
    let last = clock.nowUs();
    for (let i = 0; i < 10_000; i += 1) {
      const now = clock.nowUs();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it("sleeps until it is called off, for the caller's own reason", async () => {
    const clock = createSystemClock();
    await clock.sleep(1, never);
    const stop = new AbortController();
    const sleeping = clock.sleep(60_000, stop.signal);
    stop.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
  });

  it("tells a deadline that passed from a caller who gave up", async () => {
    const clock = createSystemClock();
    const late = clock.deadline(1, never);
    await new Promise((resolve) => late.signal.addEventListener("abort", resolve));
    expect(late.expired).toBe(true);
    const stop = new AbortController();
    const called = clock.deadline(60_000, stop.signal);
    stop.abort(new Error("enough"));
    expect([called.signal.aborted, called.expired]).toEqual([true, false]);
    called.dispose();
    const before = clock.deadline(60_000, AbortSignal.abort(new Error("already")));
    expect(before.signal.reason).toEqual(new Error("already"));
    before.dispose();
  });
});

describe("counters", () => {
  it("count every kind of event under its own name", () => {
    const counters = createCounters();
    counters.emit({ kind: "readings", device: "a", count: 5, bad: 1 });
    counters.emit({ kind: "readings", device: "b", count: 2, bad: 0 });
    counters.emit({ kind: "suppressed", device: "a", count: 3 });
    counters.emit({ kind: "link", device: "a", up: true });
    counters.emit({ kind: "link", device: "a", up: false });
    counters.emit({ kind: "overrun", device: "a", group: "g", missed: 4 });
    counters.emit({ kind: "waveform", device: "a", missed: 2 });
    counters.emit({ kind: "torn-block", device: "a", given: "up" });
    counters.emit({ kind: "torn-block", device: "a", given: "reread" });
    counters.emit({ kind: "scored", frames: 2, latencyMs: 5 });
    counters.emit({ kind: "model-run", model: "m 1.0.0", role: "champion", frames: 4, ms: 12 });
    counters.emit({ kind: "model-run", model: "m 1.0.1", role: "champion", frames: 1, ms: 3 });
    counters.emit({ kind: "model-failed", model: "m 2.0.0", role: "challenger", frames: 2 });
    counters.emit({ kind: "dropped", queue: "failed-frames", count: 1 });
    counters.emit({ kind: "worker-restart", worker: "scorer" });
    counters.emit({ kind: "history-lost", count: 7 });
    expect(counters.read()).toEqual({
      readings: 7,
      readings_bad: 1,
      readings_suppressed: 3,
      connects: 1,
      disconnects: 1,
      scan_overruns: 4,
      champion_frames: 5,
      champion_run_ms_sum: 15,
      challenger_frames_failed: 2,
      waveforms: 1,
      waveforms_missed: 2,
      waveforms_torn_given_up: 1,
      waveforms_torn_reread: 1,
      frames_scored: 2,
      frame_latency_ms_sum: 10,
      dropped_failed_frames: 1,
      scorer_restarts: 1,
      history_lost: 7,
    });
  });
});

describe("logger", () => {
  const written = (isTerminal: boolean, log: (logger: ReturnType<typeof createLogger>) => void): string => {
    const sink = new PassThrough();
    log(createLogger("info", isTerminal, sink));
    return String(sink.read() ?? "");
  };

  it("writes a line of JSON for log shippers, without what is below its level", () => {
    const text = written(false, (logger) => {
      logger.debug({}, "unheard");
      logger.child({ device: "plc-1" }).warn({ attempt: 3 }, "reconnecting");
    });
    expect(JSON.parse(text)).toMatchObject({ level: 40, device: "plc-1", attempt: 3, msg: "reconnecting" });
  });

  it("writes a short line for people", () => {
    const text = written(true, (logger) => logger.info({ device: "plc-1", counts: { a: 1 } }, "connected"));
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d\d\d info {2}connected {2}device=plc-1 counts=\{"a":1\}\n$/);
    expect(written(true, (logger) => logger.error({}, "bad"))).toMatch(/ERROR bad\n$/);
  });

  it("hides secrets, wherever somebody put them", () => {
    const text = written(false, (logger) =>
      logger.info({ token: "s3cret", api: { password: "s3cret" } }, "started"),
    );
    expect(text).not.toContain("s3cret");
    expect(text).toContain("(hidden)");
  });
});

describe("random", () => {
  it("lies in [0, 1) and does not repeat itself", () => {
    const values = Array.from({ length: 1000 }, systemRandom);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(new Set(values).size).toBe(1000);
  });
});
