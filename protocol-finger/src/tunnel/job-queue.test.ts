import { describe, expect, it } from "vitest";
import { createJobQueue, QueueFullError } from "./job-queue.ts";

describe("job queue", () => {
  it("runs together what comes while another one is under way", async () => {
    const gate = Promise.withResolvers<void>();
    const batches: number[][] = [];
    const queue = createJobQueue<number, number>({
      most: 10,
      together: (jobs) => Math.min(3, jobs.length),
      async run(jobs) {
        batches.push([...jobs]);
        await gate.promise;
        return jobs.map((job) => job * 10);
      },
    });
    const first = queue.add(1);
    await Promise.resolve();
    await Promise.resolve();
    const others = [2, 3, 4, 5].map((job) => queue.add(job));
    gate.resolve();
    expect(await Promise.all([first, ...others])).toEqual([10, 20, 30, 40, 50]);
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  });

  it("turns away what finds it full, and goes on", async () => {
    const queue = createJobQueue<number, number>({
      most: 2,
      together: () => 1,
      run: async (jobs) => jobs,
    });
    const results = await Promise.allSettled([1, 2, 3].map((job) => queue.add(job)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(results[2]).toMatchObject({ reason: expect.any(QueueFullError) });
    expect(queue.turnedAway).toBe(1);
    expect(await queue.add(4)).toBe(4);
  });

  it("lets a failure hit only those that ran together", async () => {
    const queue = createJobQueue<number, number>({
      most: 9,
      together: () => 1,
      async run([job = 0]) {
        if (job === 2) throw new Error("no");
        return job === 3 ? [] : [job];
      },
    });
    const results = await Promise.allSettled([1, 2, 3, 4].map((job) => queue.add(job)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(results[2]).toMatchObject({ reason: expect.any(RangeError) });
  });
});
