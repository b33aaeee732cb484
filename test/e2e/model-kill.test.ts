import { describe, expect, it } from "vitest";
import { type ModelAgent, quickModels, verifyAudit } from "./model-agent.ts";
import { isAt, modelScene, scoredMore } from "./model-scene.ts";

const scene = modelScene();
const withRollout = (rollout: object) => ({ rollout: { ...quickModels.rollout, ...rollout } });

/** What is told is written down within moments; what stands in the log has been. */
const isWritten = (agent: ModelAgent, what: string) =>
  expect.poll(async () => (await agent.history()).map((entry) => entry.what), WRITTEN).toContain(what);
const WRITTEN = { timeout: 20_000 };

describe("an agent that is killed in the middle of a trial", { timeout: 300_000 }, () => {
  it("serves the same champion, and goes on with the evidence and the labels that it had", async () => {
    await scene.publish();
    const patient = withRollout({ mostCrashes: 9, canaryFrames: 1_000_000 });
    const first = await scene.start(patient);
    const { trial } = await first.until("it hears in the shadow", isAt("shadow"));
    await first.kill();
    const second = await scene.start(patient);
    const again = await second.until("it is in the canary", isAt("canary"));
    expect(again.champion.version).toBe("0.1.0");
    expect(again.trial?.id).toBe(trial?.id);
    scene.load = 1;
    const { trial: heard } = await second.until(
      "the models disagree",
      (now) => (now.trial?.evidence.disagreements ?? 0) >= 4,
    );
    expect(await second.label(() => "false")).toBeGreaterThan(0);
    const { trial: before } = await second.until(
      "labels count",
      (now) => (now.trial?.evidence.better ?? 0) > 0,
    );
    await isWritten(second, "labelled");
    await second.kill();
    const third = await scene.start(patient);
    const { champion, trial: after } = await third.until("it is in the canary again", isAt("canary"));
    expect(champion.version).toBe("0.1.0");
    expect(after?.id).toBe(trial?.id);
    expect(after?.evidence.frames).toBeGreaterThanOrEqual(quickModels.rollout.shadowFrames);
    expect(after?.evidence.better).toBeGreaterThanOrEqual(before?.evidence.better ?? Number.NaN);
    // A label is written down at once, with all that was heard before it; what was heard since, every half minute.
    expect(after?.evidence.disagreements).toBeGreaterThanOrEqual(heard?.evidence.disagreements ?? Number.NaN);
    await scoredMore(third);
    await third.stop();
    await verifyAudit(scene.folder);
  });

  it("falls back to the champion where the challenger had acted alone, and does not try it again by itself", async () => {
    await scene.publish();
    const long = withRollout({ soakMinutes: 10, mostCrashes: 9 });
    const before = await scene.start(long);
    await before.until("it hears in the shadow", isAt("shadow"));
    expect(await before.command("promote")).toBe(200);
    await before.until("it acts alone", isAt("soak"));
    await before.kill();
    const after = await scene.start(long);
    const fallen = await after.until(
      "it fell back",
      ({ outcomes, trial }) => trial === undefined && outcomes.length > 0,
    );
    expect(fallen.champion.version).toBe("0.1.0");
    expect(fallen.outcomes).toMatchObject([{ kind: "rolled-back", reason: { code: "restarted" } }]);
    await scoredMore(after);
    expect((await after.models()).trial).toBeUndefined();
    await after.stop();
    await verifyAudit(scene.folder);
  });

  it("goes on in the soak after a clean stop, commits, and then keeps the new champion over kill -9", async () => {
    await scene.publish();
    const before = await scene.start(withRollout({ soakMinutes: 10 }));
    await before.until("it hears in the shadow", isAt("shadow"));
    expect(await before.command("promote")).toBe(200);
    await before.until("it acts alone", isAt("soak"));
    await before.stop();
    const second = await scene.start();
    const promoted = await second.until("it is committed", ({ champion }) => champion.version === "0.1.1");
    expect(promoted.outcomes).toMatchObject([{ kind: "promoted", reason: { code: "by-hand", by: "ana" } }]);
    expect(promoted.previous?.version).toBe("0.1.0");
    await isWritten(second, "promoted");
    await second.kill();
    const third = await scene.start();
    expect((await third.models()).champion.version).toBe("0.1.1");
    await scoredMore(third);
    await third.stop();
    await verifyAudit(scene.folder);
  });

  it("ends a trial during which it dies again and again: the model may be why", async () => {
    await scene.publish();
    const strict = withRollout({ mostCrashes: 1, shadowFrames: 1_000_000 });
    for (let crash = 0; crash < 2; crash += 1) {
      const agent = await scene.start(strict);
      await agent.until("it hears in the shadow", isAt("shadow"));
      await agent.kill();
    }
    const agent = await scene.start(strict);
    const { champion, outcomes } = await agent.until("it is over", ({ trial }) => trial === undefined);
    expect(champion.version).toBe("0.1.0");
    expect(outcomes).toMatchObject([{ kind: "rolled-back", reason: { code: "restarted" } }]);
    await agent.stop();
    await verifyAudit(scene.folder);
  });

  it("can die at any moment of a trial's beginning: the next start makes good what was left", async () => {
    await scene.publish();
    const tough = withRollout({ mostCrashes: 99, shadowFrames: 1_000_000 });
    // The first start makes certificates for the plant in peace; that is the protocol's matter, not the model's.
    const calm = await scene.start({ startOn: "drift" });
    await scoredMore(calm);
    await calm.stop();
    for (const afterMs of [0, 100, 200, 400, 800, 1600]) {
      const agent = await scene.start(tough);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      expect((await agent.models()).champion.version).toBe("0.1.0");
      await agent.kill();
      await verifyAudit(scene.folder);
    }
    const agent = await scene.start(tough);
    await agent.until("it hears in the shadow", isAt("shadow"));
    const started = (await agent.history()).filter(({ what }) => what === "trial-started");
    expect(started).toHaveLength(1);
    await scoredMore(agent);
    await agent.stop();
    await verifyAudit(scene.folder);
  });
});
