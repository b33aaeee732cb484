import { describe, expect, it } from "vitest";
import type { PointerTimes } from "../ports/fleet.ts";
import type { PointersStatus } from "../ports/resources.ts";
import type { Decision, Observed } from "./observed.ts";
import { reconcile } from "./reconcile.ts";
import { deviceOf, NOW_MS, observedOf, rolloutOf, WANTED } from "./testing/observed-of.ts";

const DAY_MS = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const updated = (name: string) => deviceOf(name, { step: "Updated" });
const DEVICES = ["a", "b"].map(updated);
const signedDaysAgo = (days: number): PointerTimes => ({
  signedMs: NOW_MS - days * DAY_MS,
  expiresMs: NOW_MS + (30 - days) * DAY_MS,
});

/** Signed so many days ago, for thirty. */
const pointersOf = (days: number): PointersStatus => ({
  checkedTime: iso(NOW_MS - days * DAY_MS),
  signedTime: iso(NOW_MS - days * DAY_MS),
  validUntilTime: iso(NOW_MS + (30 - days) * DAY_MS),
});

/** Completed, as its status settles before anything is known of its pointers. */
function completed(pointers?: PointersStatus, spec: Parameters<typeof rolloutOf>[0] = {}) {
  const finishedTime = iso(NOW_MS - 20 * DAY_MS);
  return rolloutOf({ ...spec, status: { phase: "Completed", finishedTime, ...(pointers && { pointers }) } });
}

const renewedBy = ({ steps }: Decision): readonly string[] =>
  steps.flatMap((step) => (step.kind === "renew" ? step.pointing.node : []));
const decide = (
  rollout: ReturnType<typeof completed>,
  devices = DEVICES,
  renewals: Observed["renewals"] = new Map(),
) => reconcile(observedOf(rollout, devices, { renewals }));

describe("the pointers of a completed rollout", () => {
  it("are looked at once it is completed, and what they tell is written down", () => {
    const first = decide(completed());
    expect(renewedBy(first)).toEqual(["a", "b"]);
    expect(first.steps[0]).toMatchObject({
      pointing: { model: "listener", node: "a", ...WANTED, expiresDays: 30 },
    });
    expect(first.status?.pointers).toBeUndefined();
    const seen = new Map([
      ["a", signedDaysAgo(21)],
      ["b", signedDaysAgo(22)],
    ]);
    // Seen in this round, but so long ago that both are past their half by now.
    expect(renewedBy(decide(completed(), DEVICES, seen))).toEqual(["a", "b"]);
    const young = new Map([
      ["a", signedDaysAgo(3)],
      ["b", signedDaysAgo(1)],
    ]);
    const { status, steps } = decide(completed(), DEVICES, young);
    expect(steps).toEqual([]);
    expect(status?.pointers).toEqual({
      checkedTime: iso(NOW_MS),
      signedTime: iso(NOW_MS - DAY_MS),
      validUntilTime: iso(NOW_MS + 27 * DAY_MS),
    });
  });

  it("are left alone until half of their time is over, and looked at within the hour", () => {
    const settled = decide(completed(pointersOf(14.9)));
    expect(settled.steps).toEqual([]);
    expect(settled.requeueAfterMs).toBe(3_600_000);
    expect(decide(completed(pointersOf(14.99))).requeueAfterMs).toBe(864_000);
    expect(renewedBy(decide(completed(pointersOf(15))))).toEqual(["a", "b"]);
  });

  it("are told of by one event a round, and by none where nothing was signed", () => {
    const renewed = new Map(DEVICES.map(({ metadata }) => [metadata.name, signedDaysAgo(0)]));
    const { events, status } = decide(completed(pointersOf(15)), DEVICES, renewed);
    expect(events).toEqual([
      {
        type: "Normal",
        reason: "PointersRenewed",
        message: `pointers were signed anew; all are valid until ${iso(NOW_MS + 30 * DAY_MS)}`,
      },
    ]);
    expect(status?.pointers).toEqual(pointersOf(0));
    const moved = new Map(DEVICES.map(({ metadata }) => [metadata.name, signedDaysAgo(14)]));
    const unsigned = { ...pointersOf(15), signedTime: iso(NOW_MS - 14 * DAY_MS) };
    expect(decide(completed(unsigned), DEVICES, moved).events).toEqual([]);
    // Nor of the first look, unless something was signed since the rollout was over.
    const asOffered = new Map(DEVICES.map(({ metadata }) => [metadata.name, signedDaysAgo(0)]));
    expect(decide(completed(), DEVICES, asOffered).events).toHaveLength(1);
    const justOver = rolloutOf({ status: { phase: "Completed", finishedTime: iso(NOW_MS) } });
    expect(decide(justOver, DEVICES, asOffered).events).toEqual([]);
  });

  it("are renewed for longer when that is wanted", () => {
    const longer = completed(pointersOf(1), { spec: { pointerDays: 90 } });
    expect(renewedBy(decide(longer))).toEqual(["a", "b"]);
  });

  it("are those of devices that were offered the version, also of one that was silent, and of nobody else", () => {
    const devices = [
      updated("a"),
      deviceOf("silent", { step: "Failed", reason: "silent" }),
      deviceOf("later", { step: "Updated", uid: "uid-later" }),
      deviceOf("none"),
      deviceOf("held", { step: "Updated" }, true),
      deviceOf("had-it", { step: "Updated", previous: WANTED }),
      deviceOf("rejected", { step: "Failed", reason: "rejected-before" }),
    ];
    const going = updated("going");
    const metadata = { ...going.metadata, deletionTimestamp: "2026-11-23T12:00:00Z" };
    const all = [...devices, { ...going, metadata }];
    expect(renewedBy(decide(completed(pointersOf(15)), all))).toEqual(["a", "silent"]);
  });

  it("are nobody's care when a later rollout has all its devices, and the status tells so", () => {
    const taken = DEVICES.map(({ metadata }) => deviceOf(metadata.name, { uid: "uid-later" }));
    const { status, steps, requeueAfterMs } = decide(completed(pointersOf(15)), taken);
    expect(steps).toEqual([]);
    expect(status?.pointers).toBeUndefined();
    expect(requeueAfterMs).toBeUndefined();
  });

  it("are looked at again after half of their time where all name something else", () => {
    const others = new Map(DEVICES.map(({ metadata }) => [metadata.name, undefined]));
    const { status } = decide(completed(pointersOf(15)), DEVICES, others);
    expect(status?.pointers).toEqual({ checkedTime: iso(NOW_MS) });
    expect(decide(completed({ checkedTime: iso(NOW_MS - 14 * DAY_MS) })).steps).toEqual([]);
    expect(renewedBy(decide(completed({ checkedTime: iso(NOW_MS - 15 * DAY_MS) })))).toEqual(["a", "b"]);
  });

  it("are renewed so many at a time", () => {
    const many = Array.from({ length: 450 }, (_, i) => updated(`d-${i}`));
    const first = renewedBy(decide(completed(pointersOf(15)), many));
    expect(first).toHaveLength(200);
    const seen = new Map(first.map((node) => [node, signedDaysAgo(0)]));
    const second = renewedBy(decide(completed(pointersOf(15)), many, seen));
    expect(second).toHaveLength(200);
    expect(second.filter((node) => seen.has(node))).toEqual([]);
  });

  it("of a rollout that is deleted or not completed are not renewed", () => {
    const deleted = completed(pointersOf(15), { metadata: { deletionTimestamp: "2026-11-23T12:00:00Z" } });
    expect(decide(deleted).steps.map(({ kind }) => kind)).toEqual(["finalizers"]);
    for (const phase of ["Progressing", "RolledBack", "Halted"] as const) {
      const rollout = rolloutOf({ status: { phase, pointers: pointersOf(15) } });
      expect(renewedBy(decide(rollout))).toEqual([]);
    }
  });
});
