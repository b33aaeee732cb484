import { drawFrame } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceStep } from "../../k8s/controller/src/ports/resources.ts";
import type { FakeDevice } from "./fake-device.ts";
import { createWorld, type Plan, type World } from "./fake-world.ts";

const fate = fc.oneof(
  { weight: 12, arbitrary: fc.constant("good" as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("rejects" as const, "falls-back" as const, "dead" as const, "held" as const),
  },
);

const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  fates: fc.oneof(
    fc.array(fate, { minLength: 1, maxLength: 12 }),
    // A bad version.
    fc.array(fc.constantFrom("good" as const, "rejects" as const, "falls-back" as const), {
      minLength: 4,
      maxLength: 30,
    }),
  ),
  waves: fc.constantFrom(
    [{ devices: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
    [{ devices: 2 }, { percent: 100 }],
    [{ percent: 100 }],
  ),
  successPercent: fc.constantFrom(50, 80, 100),
  errorPercent: fc.constantFrom(0, 10, 40),
  leastErrors: fc.constantFrom(1, 2),
  soakMinutes: fc.constantFrom(0, 5),
  onFailure: fc.constantFrom("RollBackAll" as const, "RollBackWave" as const, "Halt" as const),
  trialSteps: fc.integer({ min: 1, max: 4 }),
  endsTrialOnRecall: fc.boolean(),
  /** Of the writes that the process does not live through, and of the looks. */
  crashShare: fc.constantFrom(0, 0.02, 0.1),
  /** How much of what is new a cache hears of with each look. */
  catchUpShare: fc.constantFrom(0, 0.3, 1),
  awayShare: fc.constantFrom(0, 0.1),
  deletesAfter: fc.option(fc.nat(60), { nil: undefined, freq: 6 }),
  pausesAfter: fc.option(fc.nat(20), { nil: undefined, freq: 4 }),
  joins: fc.nat(3),
  presentBefore: fc.nat(2),
  rejectedBefore: fc.nat(1),
});

interface End {
  readonly name: string;
  readonly step: DeviceStep | undefined;
  readonly device: FakeDevice;
  readonly wasMoved: boolean;
}

const endsOf = (world: World): readonly End[] =>
  [...world.server.devices.values()].map(({ metadata, status }) => ({
    name: metadata.name,
    step: status?.rollout,
    device: world.deviceOf(metadata.name),
    wasMoved: world.store.moved.has(metadata.name),
  }));

/** Compensated exactly: whoever was offered it is back and says so, nobody else was touched. */
function expectAllBack(world: World): void {
  for (const { step, device, wasMoved } of endsOf(world)) {
    if (!wasMoved) continue;
    // Of one that was silent until its rollout was gone nobody writes down that it followed.
    expect(world.phase === undefined ? ["Recalled", "RolledBack"] : ["RolledBack"]).toContain(step?.step);
    expect(device.report.champion.digest).toBe(world.old.digest);
    expect(device.report.trial).toBeUndefined();
  }
}

function expectConsistent(world: World, plan: Plan): void {
  expect(world.faults).toEqual([]);
  const known = [world.old.digest, world.wanted.digest];
  for (const { device } of endsOf(world)) expect(known).toContain(device.report.champion.digest);
  // Deleted: it went when there was nothing left to undo.
  if (world.phase === undefined) expect(plan.deletesAfter).toBeDefined();
  else expect(["Completed", "Halted", "RolledBack"]).toContain(world.phase);
  // A rollout that gave back one wave is over, and goes at once when it is deleted.
  const isDeletedHalt = plan.onFailure === "Halt" && world.phase === undefined;
  const isAllBack = world.wasUndone && (plan.onFailure === "RollBackAll" || isDeletedHalt);
  if (isAllBack) expectAllBack(world);
  if (world.phase !== "Completed") return;
  for (const { step } of endsOf(world))
    if (step !== undefined) expect(["Updated", "Failed"]).toContain(step.step);
}

describe("a rollout, whatever devices, processes and caches do", { timeout: 300_000 }, () => {
  it("never offers more than the wave allows, never goes a step back, journals before each deed, and ends consistent", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const world = createWorld(plan);
        await world.live();
        await world.calmDown();
        expectConsistent(world, plan);
        // Once all is done there is nothing more to do.
        const writes = world.writes;
        await world.look();
        expect(world.writes).toBe(writes);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it("takes devices in another order for each rollout, and in the same for one", () => {
    const order = (uid: string) =>
      Array.from({ length: 50 }, (_, i) => `press-${i}`).sort(
        (a, b) => drawFrame(uid, a).position - drawFrame(uid, b).position,
      );
    expect(order("a")).toEqual(order("a"));
    expect(order("a")).not.toEqual(order("b"));
  });
});
