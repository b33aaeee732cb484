import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createSlots } from "./slots.ts";

const never = new AbortController().signal;

/** A job that ends when told to. */
function held() {
  const gate = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const job = () => {
    begun.resolve();
    return gate.promise;
  };
  return { job, begun: begun.promise, end: gate.resolve, fail: gate.reject };
}

describe("slots", () => {
  it("let as many jobs run as there are slots, the others wait their turn", async () => {
    const slots = createSlots(2, 0, createManualClock());
    const started: number[] = [];
    const jobs = [held(), held(), held(), held()];
    const runs = jobs.map(({ job }, i) =>
      slots.run(() => {
        started.push(i);
        return job();
      }, never),
    );
    await jobs[1]?.begun;
    expect(started).toEqual([0, 1]);
    jobs[1]?.end("one");
    expect(await runs[1]).toBe("one");
    await jobs[2]?.begun;
    expect(started).toEqual([0, 1, 2]);
    for (const { end } of jobs) end("done");
    expect(await Promise.all(runs)).toEqual(["done", "one", "done", "done"]);
  });

  it("give the slot of a failed job on", async () => {
    const slots = createSlots(1, 0, createManualClock());
    const first = held();
    const failing = slots.run(first.job, never);
    const second = slots.run(async () => "second", never);
    first.fail(new Error("broken"));
    await expect(failing).rejects.toThrow("broken");
    expect(await second).toBe("second");
  });

  it("stop waiting when the caller gives up, without losing a slot", async () => {
    const slots = createSlots(1, 0, createManualClock());
    const first = held();
    const running = slots.run(first.job, never);
    const impatient = new AbortController();
    const waiting = slots.run(async () => "never", impatient.signal);
    await Promise.resolve();
    impatient.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(slots.run(async () => "never", impatient.signal)).rejects.toThrow("enough");
    first.end("first");
    await running;
    expect(await slots.run(async () => "next", never)).toBe("next");
  });

  it("keep a pause from the end of one job to the start of the next", async () => {
    const clock = createManualClock();
    const slots = createSlots(1, 50, clock);
    const starts: number[] = [];
    const job = async () => {
      starts.push(clock.monotonicMs());
    };
    await slots.run(job, never);
    const second = slots.run(job, never);
    await clock.advance(49);
    expect(starts).toEqual([0]);
    await clock.advance(1);
    await second;
    expect(starts).toEqual([0, 50]);
    await clock.advance(80);
    await slots.run(job, never);
    expect(starts).toEqual([0, 50, 130]);
  });
});
