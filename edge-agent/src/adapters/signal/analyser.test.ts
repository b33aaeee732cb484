import type { Clock, Deadline } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import type { AnalysisRequest } from "../../ports/analyser.ts";
import type { Logger } from "../../ports/logger.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import { type AnalyserOptions, createAnalyser } from "./analyser.ts";
import type { Work, WorkReply } from "./messages.ts";
import { type StartThread, startThread, type ThreadEvents } from "./thread.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const { signal: never } = new AbortController();

const request = (): AnalysisRequest => ({
  samples: Float32Array.from({ length: 17_476 }, (_, i) => Math.sin(i * i)),
  sampleRateHz: 25_600,
  shaftHz: 25,
  modelRateHz: 12_000,
  windowSamples: 8192,
  hopSamples: 4096,
  augmentSeeds: [1],
});

/** A clock whose deadlines run out when the test says so. */
function createTestClock() {
  const running = new Set<() => void>();
  const clock: Clock = {
    nowUs: () => 0,
    monotonicMs: () => 0,
    sleep: () => Promise.reject(new TypeError("nothing sleeps here")),
    deadline(_ms, signal): Deadline {
      const controller = new AbortController();
      let expired = false;
      const expire = () => {
        expired = true;
        controller.abort();
      };
      const onAbort = () => controller.abort(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort);
      running.add(expire);
      return {
        signal: controller.signal,
        get expired() {
          return expired;
        },
        dispose() {
          running.delete(expire);
          signal.removeEventListener("abort", onAbort);
        },
      };
    },
  };
  return { clock, running, runOut: () => [...running][0]?.() };
}

/** Threads that do what the test says. */
function createTestThreads() {
  const threads: { readonly events: ThreadEvents; readonly posted: Work[]; ended: boolean }[] = [];
  const start: StartThread = (events) => {
    const thread = { events, posted: [] as Work[], ended: false };
    threads.push(thread);
    return {
      post: (work) => void thread.posted.push(work),
      async end() {
        thread.ended = true;
      },
    };
  };
  return { threads, start };
}

function setUp(options: AnalyserOptions = {}) {
  const { threads, start } = createTestThreads();
  const { clock, running, runOut } = createTestClock();
  const events: TelemetryEvent[] = [];
  const analyser = createAnalyser(
    { clock, logger: quiet, telemetry: { emit: (event) => events.push(event) } },
    { start, ...options },
  );
  const reply = (thread: number, message: WorkReply) => threads[thread]?.events.onReply(message);
  const answer = (thread: number, id: number) => {
    reply(thread, { kind: "prepared", id, prepared: { sensorState: "valid", windows: [], augmented: [] } });
    reply(thread, { kind: "features", id, features: undefined });
  };
  const die = (thread: number) => threads[thread]?.events.onDeath(new Error("out of memory"));
  const postedTo = (thread: number) => threads[thread]?.posted.map(({ id }) => id);
  return { analyser, threads, running, runOut, events, reply, answer, die, postedTo };
}

const failed = (message: string | RegExp) =>
  expect.objectContaining({ code: "SCORER_FAILED", message: expect.stringMatching(message) });

describe("on a real thread", () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  it("gives windows first and features after", async () => {
    const { clock } = createTestClock();
    const analyser = createAnalyser({ clock, logger: quiet, telemetry: { emit() {} } });
    closers.push(analyser.close);
    const order: string[] = [];
    const { prepared, features } = analyser.analyse(request(), never);
    const [block, values] = await Promise.all([
      prepared.finally(() => order.push("windows")),
      features.finally(() => order.push("features")),
    ]);
    expect(values).toMatchObject({ rms: expect.closeTo(Math.SQRT1_2, 2) });
    expect(order).toEqual(["windows", "features"]);
    expect(block.sensorState).toBe("valid");
    expect(block.windows.map(({ length }) => length)).toEqual([8192]);
    expect(block.augmented.map((copies) => copies.length)).toEqual([1]);
  });

  it("outlives the death of its thread", async () => {
    const { clock } = createTestClock();
    let kill: (() => void) | undefined;
    const events: TelemetryEvent[] = [];
    const dying = new URL("./dying.worker.ts", import.meta.url);
    const analyser = createAnalyser(
      { clock, logger: quiet, telemetry: { emit: (event) => events.push(event) } },
      {
        start(callbacks) {
          // The first thread dies over its first block; the second is a sound one.
          const thread = kill === undefined ? startThread(callbacks, dying) : startThread(callbacks);
          kill = () => undefined;
          return thread;
        },
      },
    );
    closers.push(analyser.close);
    const { prepared, features } = analyser.analyse(request(), never);
    expect((await prepared).windows).toHaveLength(1);
    expect(await features).toBeDefined();
    expect(events).toEqual([{ kind: "worker-restart", worker: "analyser" }]);
  });
});

describe("a thread that dies", () => {
  it("is replaced, and its blocks are tried once more", async () => {
    const { analyser, answer, die, postedTo, events } = setUp();
    const first = analyser.analyse(request(), never);
    const second = analyser.analyse(request(), never);
    die(0);
    expect(postedTo(1)).toEqual([1, 2]);
    answer(1, 1);
    answer(1, 2);
    await expect(first.prepared).resolves.toMatchObject({ sensorState: "valid" });
    await expect(second.features).resolves.toBeUndefined();
    expect(events).toEqual([{ kind: "worker-restart", worker: "analyser" }]);
  });

  it("twice over one block costs that block, not those that waited behind it", async () => {
    const { analyser, answer, die, postedTo } = setUp();
    const poison = analyser.analyse(request(), never);
    const other = analyser.analyse(request(), never);
    die(0);
    die(1);
    await expect(poison.prepared).rejects.toEqual(failed("died twice"));
    await expect(poison.features).rejects.toEqual(failed("died twice"));
    expect(postedTo(2)).toEqual([2]);
    answer(2, 2);
    await expect(other.features).resolves.toBeUndefined();
  });

  it("while idle is replaced by the next block", () => {
    const { analyser, threads, die, postedTo } = setUp();
    die(0);
    expect(threads).toHaveLength(1);
    analyser.analyse(request(), never);
    expect(postedTo(1)).toEqual([1]);
  });

  it("has no say any more", async () => {
    const { analyser, answer, die, events } = setUp();
    const { prepared } = analyser.analyse(request(), never);
    die(0);
    die(0);
    answer(0, 1);
    expect(events).toHaveLength(1);
    answer(1, 1);
    await expect(prepared).resolves.toBeDefined();
  });
});

describe("a thread that hangs", () => {
  it("is ended and replaced when the time is up", async () => {
    const { analyser, threads, answer, runOut, postedTo } = setUp();
    const { features } = analyser.analyse(request(), never);
    runOut();
    expect(threads[0]?.ended).toBe(true);
    expect(postedTo(1)).toEqual([1]);
    answer(1, 1);
    await expect(features).resolves.toBeUndefined();
  });

  it("twice over one block rejects it with the reason", async () => {
    const { analyser, runOut } = setUp({ timeoutMs: 500 });
    const { features } = analyser.analyse(request(), never);
    runOut();
    runOut();
    await expect(features).rejects.toMatchObject({
      code: "SCORER_FAILED",
      cause: { message: "no word from the thread in 500 ms" },
    });
  });

  it("and does not end cleanly either is logged and replaced all the same", async () => {
    const errors: unknown[] = [];
    const { clock, runOut } = createTestClock();
    const logger: Logger = { ...quiet, error: (_fields, message) => void errors.push(message) };
    const analyser = createAnalyser(
      { clock, logger, telemetry: { emit() {} } },
      { start: () => ({ post() {}, end: () => Promise.reject(new Error("stuck")) }) },
    );
    const { prepared } = analyser.analyse(request(), never);
    runOut();
    runOut();
    await expect(prepared).rejects.toEqual(failed("died twice"));
    expect(errors).toContain("a thread did not end");
  });
});

describe("a block", () => {
  it("that the thread cannot look at is rejected with its words, without a second try", async () => {
    const { analyser, reply, postedTo, threads } = setUp();
    const { prepared, features } = analyser.analyse(request(), never);
    reply(0, { kind: "failed", id: 1, message: "cannot resample" });
    await expect(prepared).rejects.toEqual(failed("cannot resample"));
    await expect(features).rejects.toEqual(failed("cannot resample"));
    expect(threads).toHaveLength(1);
    expect(postedTo(0)).toEqual([1]);
  });

  it("is given up with the caller's reason when the caller aborts, before or meanwhile", async () => {
    const { analyser, answer, postedTo, running } = setUp();
    const caller = new AbortController();
    const { prepared } = analyser.analyse(request(), caller.signal);
    caller.abort(new Error("the agent stops"));
    await expect(prepared).rejects.toThrow("the agent stops");
    // A word that comes late is about nothing.
    answer(0, 1);
    const late = analyser.analyse(request(), caller.signal);
    await expect(late.features).rejects.toThrow("the agent stops");
    expect(postedTo(0)).toEqual([1]);
    expect(running.size).toBe(0);
  });

  it("too many is refused", async () => {
    const { analyser, answer, running } = setUp({ mostInFlight: 2 });
    analyser.analyse(request(), never);
    analyser.analyse(request(), never);
    const { prepared } = analyser.analyse(request(), never);
    await expect(prepared).rejects.toEqual(failed("behind: 2 blocks wait"));
    answer(0, 1);
    answer(0, 2);
    expect(running.size).toBe(0);
    const next = analyser.analyse(request(), never);
    answer(0, 4);
    await expect(next.features).resolves.toBeUndefined();
  });
});

describe("close", () => {
  it("ends the thread, rejects what waits and refuses what comes", async () => {
    const { analyser, threads, running } = setUp();
    const { prepared, features } = analyser.analyse(request(), never);
    await analyser.close();
    expect(threads[0]?.ended).toBe(true);
    await expect(prepared).rejects.toEqual(failed("closed"));
    await expect(features).rejects.toEqual(failed("closed"));
    await expect(analyser.analyse(request(), never).prepared).rejects.toEqual(failed("closed"));
    expect(running.size).toBe(0);
    await analyser.close();
  });
});
