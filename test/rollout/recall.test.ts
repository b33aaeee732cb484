import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RolloutState } from "../../edge-agent/src/core/rollout/rollout-state.ts";
import { parseState, serialiseState } from "../../edge-agent/src/core/rollout/state-json.ts";
import { quickPolicy, type Story, story, version } from "./events.ts";

const recall = (to: number, sequence: number, channel = "stable.node-1") =>
  ({ kind: "offered", model: version(to), because: "recall", pointer: { channel, sequence } }) as const;
const published = (number: number) =>
  ({ kind: "offered", model: version(number), because: "published" }) as const;

/** From "verify" to the end of a version that is called back. */
const bringBack = (told: Story): Story =>
  told
    .tell({ kind: "done", stage: "verify" }, { kind: "done", stage: "load" }, { kind: "done", stage: "warm" })
    .tell({ kind: "golden-done", tally: undefined }, { kind: "done", stage: "full" })
    .wait(quickPolicy.soakMinutes)
    .tell({ kind: "done", stage: "commit" });

const heldTrial = (): Story => story().toCanary().wait(121);

describe("a recall to the version that serves", () => {
  it.each<[string, () => Story]>([
    ["preparing", () => story().tell(published(2))],
    ["in the shadow", () => story().toShadow()],
    ["in the canary", () => story().toCanary()],
    ["alone", () => story().toSoak()],
    ["held", heldTrial],
    ["paused", () => story().toShadow().tell({ kind: "command", command: "pause", by: "Ann" })],
  ])("ends a trial that is %s, and that version is not tried again by itself", (_, begun) => {
    const told = begun().tell(recall(1, 1));
    expect(told.state.trial?.rollback).toEqual({ reason: { code: "recalled" }, rejects: true });
    told.tell({ kind: "done", stage: "rollback" });
    expect(told.state.outcomes[0]).toMatchObject({
      kind: "rolled-back",
      model: { version: "0.2.0" },
      reason: { code: "recalled" },
    });
    expect(told.state.champion.model).toEqual(version(1));
    const before = told.state;
    expect(told.tell(published(2), recall(1, 1)).state).toBe(before);
    expect(told.tell(published(3)).state.trial?.challenger).toEqual(version(3));
  });

  it("does nothing where that was never tried, and breaks nothing", () => {
    const told = story().tell(recall(1, 1));
    expect(told.state).toMatchObject({ outcomes: [], rejected: [], recall: { sequence: 1 } });
    expect(told.state.trial).toBeUndefined();
  });

  it("waits for a commit that is decided, and then takes it back", () => {
    const told = story().toSoak().wait(quickPolicy.soakMinutes);
    expect(told.state.trial?.stage).toBe("commit");
    const deciding = told.state;
    expect(told.tell(recall(1, 1)).state).toBe(deciding);
    told.tell({ kind: "done", stage: "commit" }, recall(1, 1));
    expect(told.state.trial).toMatchObject({ challenger: version(1), because: "recall" });
    expect(bringBack(told).state).toMatchObject({
      champion: { model: version(1) },
      rejected: [version(2).digest],
    });
  });

  it("that finds the trial on its way out makes sure that it does not come back", () => {
    const broken = {
      kind: "objective-broken",
      role: "champion",
      percent: 2,
      failed: 6,
      frames: 300,
    } as const;
    const told = story().toShadow().tell(broken, recall(1, 1), { kind: "done", stage: "rollback" });
    expect(told.state.rejected).toEqual([version(2).digest]);
  });
});

describe("a recall to another version", () => {
  const promoted = (): Story => story().toCommitted();

  it("brings it back where the newer one was promoted", () => {
    const told = promoted().tell(recall(1, 4));
    expect(told.state.trial).toMatchObject({ because: "recall", promotion: { code: "recalled" } });
    expect(bringBack(told).state).toMatchObject({
      champion: { model: version(1) },
      rejected: [version(2).digest],
    });
  });

  it("is followed once: what is promoted after it stays", () => {
    const told = bringBack(promoted().tell(recall(1, 4)));
    const later = story(quickPolicy, told.state).tell(published(3));
    bringBack(later.tell({ kind: "command", command: "promote", by: "Ann" }));
    expect(later.state.champion.model).toEqual(version(3));
    const before = later.state;
    expect(later.tell(recall(1, 4), recall(1, 3)).state).toBe(before);
    expect(later.tell(recall(1, 5)).state.trial?.challenger).toEqual(version(1));
  });

  it("of another channel is another one", () => {
    const told = bringBack(promoted().tell(recall(1, 4, "stable")));
    expect(told.tell(recall(2, 1)).state.trial?.challenger).toEqual(version(2));
  });

  it("is somebody's decision, also over what this device has rejected", () => {
    const told = bringBack(promoted().tell(recall(1, 4)));
    expect(told.state.rejected).toEqual([version(2).digest]);
    told.tell(recall(2, 5));
    expect(told.state.trial?.challenger).toEqual(version(2));
    expect(told.state.rejected).toEqual([]);
  });

  it("ends the trial of a third one without a verdict, and comes again to be followed", () => {
    const told = story(quickPolicy, promoted().state).tell(published(3), recall(1, 4));
    expect(told.state.trial?.rollback).toEqual({ reason: { code: "recalled" }, rejects: false });
    expect(told.state.recall).toBeUndefined();
    told.tell(recall(1, 4), { kind: "done", stage: "rollback" }, recall(1, 4));
    expect(told.state.trial?.challenger).toEqual(version(1));
    expect(told.state.recall).toEqual({ channel: "stable.node-1", sequence: 4 });
    expect(told.state.rejected).toEqual([]);
  });

  it("takes the place of an earlier one that is under way", () => {
    const told = story(quickPolicy, promoted().state).tell(recall(1, 4), { kind: "done", stage: "verify" });
    told.tell(recall(3, 5), { kind: "done", stage: "rollback" }, recall(3, 5));
    expect(told.state.trial?.challenger).toEqual(version(3));
  });

  it("that is on trial already makes an end of comparing", () => {
    const told = story().toShadow().tell(recall(2, 1));
    expect(told.state.trial).toMatchObject({
      stage: "full",
      because: "recall",
      promotion: { code: "recalled" },
    });
    const held = heldTrial().tell(recall(2, 1));
    expect(held.state.trial).toMatchObject({ stage: "verify", because: "recall" });
    expect(bringBack(held).state.champion.model).toEqual(version(2));
  });

  it("goes on after a crash while it acts alone: what it would fall back to is not wanted", () => {
    const told = promoted().tell(recall(1, 4));
    told.tell(
      { kind: "done", stage: "verify" },
      { kind: "done", stage: "load" },
      { kind: "done", stage: "warm" },
    );
    told.tell({ kind: "golden-done", tally: undefined }, { kind: "done", stage: "full" });
    expect(told.state.trial?.stage).toBe("soak");
    const again = story(quickPolicy, parseState(serialiseState(told.state)).state);
    again.tell({ kind: "restarted", champion: version(2) });
    expect(again.state.trial).toMatchObject({ stage: "verify", because: "recall" });
    expect(bringBack(again).state.champion.model).toEqual(version(1));
  });
});

describe("any recall, whatever the device is doing", () => {
  const happenings = fc.array(
    fc.oneof(
      fc.constantFrom(published(2), published(3)),
      fc.constant({ kind: "command", command: "promote", by: "Ann" } as const),
      fc.constant({ kind: "command", command: "abort", by: "Ann" } as const),
      fc.constant("work" as const),
      fc.constant("work" as const),
      fc.constant("restart" as const),
    ),
    { maxLength: 40 },
  );

  /** Does whatever the stage asks for. */
  function work(told: Story): void {
    const stage = told.state.trial?.stage;
    if (stage === "golden") told.tell({ kind: "golden-done", tally: undefined });
    else if (stage === "soak") told.wait(quickPolicy.soakMinutes);
    else if (stage !== undefined && stage !== "shadow" && stage !== "canary")
      told.tell({ kind: "done", stage });
  }

  const restarted = (state: RolloutState): Story =>
    story(quickPolicy, parseState(serialiseState(state)).state).tell({
      kind: "restarted",
      champion: state.champion.model,
    });

  it("ends at the version that is called back, by looking again and working on", () => {
    fc.assert(
      fc.property(happenings, fc.integer({ min: 1, max: 3 }), (list, to) => {
        let told = story();
        for (const one of list) {
          if (one === "work") work(told);
          else if (one === "restart") told = restarted(told.state);
          else told.tell(one);
        }
        for (let i = 0; i < 20; i += 1) {
          told.tell(recall(to, 7));
          work(told);
        }
        expect(told.state.champion.model).toEqual(version(to));
        expect(told.state.trial).toBeUndefined();
        const before = told.state;
        expect(told.tell(recall(to, 7)).state).toBe(before);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
