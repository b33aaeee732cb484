import { describe, expect, it } from "vitest";
import type { ModelRolloutStatus } from "../ports/resources.ts";
import { namesakesOf } from "./namesakes.ts";
import { type Decision, FINALIZER } from "./observed.ts";
import { reconcile } from "./reconcile.ts";
import { deviceOf, NOW_MS, OLD, observedOf, reportOf, rolloutOf, WANTED } from "./testing/observed-of.ts";

const FOUR = ["a", "b", "c", "d"].map((name) => deviceOf(name));
const promoted = (node: string, sequence = 20) =>
  reportOf(node, { sequence, champion: { ...WANTED, sinceTime: "2026-11-23T11:59:00.000Z" } });

const stepsOf = ({ steps }: Decision): readonly string[] =>
  steps.map((step) => {
    if (step.kind === "finalizers") return `finalizers ${step.finalizers.join()}`;
    const { name } = step.device.metadata;
    return step.kind === "renew" ? `renew ${name}` : `${step.kind} ${name} ${step.status.rollout?.step}`;
  });
const conditionOf = (status: ModelRolloutStatus | undefined, wanted: string) =>
  status?.conditions.find(({ type }) => type === wanted);

describe("a rollout that begins", () => {
  it("takes its finalizer before anything else", () => {
    const decision = reconcile(observedOf(rolloutOf({ metadata: { finalizers: ["other"] } }), FOUR));
    expect(decision.status).toBeUndefined();
    expect(stepsOf(decision)).toEqual([`finalizers other,${FINALIZER}`]);
  });

  it("writes that a wave is open before it offers anything, and then offers it to one device", () => {
    const first = reconcile(observedOf(rolloutOf(), FOUR));
    expect(first.status).toMatchObject({
      phase: "Progressing",
      wave: 0,
      devices: 4,
      startedTime: "2026-11-23T12:00:00.000Z",
    });
    expect(first.steps).toEqual([]);
    const second = reconcile(observedOf(rolloutOf({ status: first.status ?? {} }), FOUR));
    expect(stepsOf(second)).toEqual([expect.stringMatching(/^journal . Offering$/)]);
  });

  it.each([
    ["is not published", new Map([[WANTED.version, null]]), "Invalid", /push it/],
    [
      "is another one under the same name",
      new Map([[WANTED.version, "c".repeat(64)]]),
      "Invalid",
      /not the one/,
    ],
    ["cannot be asked for", new Map(), "Pending", /no answer/],
  ])("waits while the version %s", (_, published, phase, message) => {
    const { status, steps } = reconcile(observedOf(rolloutOf(), FOUR, { published }));
    expect(status?.phase).toBe(phase);
    expect(status?.message).toMatch(message);
    expect(steps).toEqual([]);
  });

  it("is refused where two EdgeDevices name one device, and names both and what to do", () => {
    const twin = deviceOf("z");
    const elsewhere = {
      ...twin,
      metadata: { ...twin.metadata, namespace: "hall" },
      spec: { ...twin.spec, node: "b" },
    };
    const namesakes = namesakesOf([...FOUR, elsewhere]);
    const { status, steps, events } = reconcile(observedOf(rolloutOf(), FOUR, { namesakes }));
    const message =
      "the EdgeDevices hall/z and plant/b name one device, b; delete all but one, or correct spec.node";
    expect(steps).toEqual([]);
    expect(status?.phase).toBe("Invalid");
    expect(status?.message).toContain(message);
    expect(conditionOf(status, "Ready")).toMatchObject({ status: "False", reason: "SharedDevice" });
    expect(events).toEqual([
      { type: "Warning", reason: "Invalid", message: expect.stringContaining(message) },
    ]);
    // Mended, it begins.
    const invalid = rolloutOf({ status: status ?? {} });
    expect(reconcile(observedOf(invalid, FOUR)).status?.phase).toBe("Progressing");
    const going = { ...elsewhere.metadata, deletionTimestamp: "2026-11-23T12:00:00Z" };
    expect(namesakesOf([...FOUR, { ...elsewhere, metadata: going }]).size).toBe(0);
  });

  it("does not care for namesakes among devices that it does not select", () => {
    const namesakes = new Map([["x", ["hall/x", "hall/y"]]]);
    expect(reconcile(observedOf(rolloutOf(), FOUR, { namesakes })).status?.phase).toBe("Progressing");
  });

  it("waits for an older rollout of the same devices, and for one that has begun, but for no other", () => {
    const older = { creationTimestamp: "2026-11-23T10:00:00Z" };
    const phaseWith = (other: ReturnType<typeof rolloutOf>) =>
      reconcile(observedOf(rolloutOf(), FOUR, { others: [other] })).status?.phase;
    expect(phaseWith(rolloutOf({ name: "first", metadata: older }))).toBe("Pending");
    expect(phaseWith(rolloutOf({ name: "first", status: { phase: "RollingBack" } }))).toBe("Pending");
    expect(phaseWith(rolloutOf({ name: "first", metadata: older, status: { phase: "Completed" } }))).toBe(
      "Progressing",
    );
    expect(phaseWith(rolloutOf({ name: "first", metadata: older, spec: { model: "other" } }))).toBe(
      "Progressing",
    );
    const elsewhere = { selector: { matchLabels: { "stethos.io/site": "hall-2" } } };
    expect(phaseWith(rolloutOf({ name: "first", metadata: older, spec: elsewhere }))).toBe("Progressing");
  });

  it("leaves out devices that nothing could bring back, and says so", () => {
    const published = new Map([[WANTED.version, WANTED.digest]]);
    const { status } = reconcile(observedOf(rolloutOf(), FOUR, { published }));
    expect(status).toMatchObject({ phase: "Pending", devices: 0 });
    expect(status?.message).toMatch(/4 running a version that the registry does not have/);
  });
});

describe("a rollout on its way", () => {
  const opened = { phase: "Progressing" as const };

  it("goes on with a device that it has when another EdgeDevice comes to name it, and begins with no such device", () => {
    const devices = [deviceOf("a", { step: "Offering" }), ...FOUR.slice(1)];
    const wide = rolloutOf({
      status: opened,
      spec: { waves: rolloutOf().spec.waves.map(({ devices: _, ...wave }) => ({ ...wave, percent: 100 })) },
    });
    const namesakes = new Map(["a", "b"].map((node) => [node, [`hall/${node}`, `plant/${node}`]]));
    const decision = reconcile(observedOf(wide, devices, { namesakes }));
    expect([...stepsOf(decision)].sort()).toEqual([
      "journal c Offering",
      "journal d Offering",
      "offer a Offered",
    ]);
    expect(decision.status?.message).toContain("1 named by another EdgeDevice too");
  });

  it("finishes what was being offered when somebody died", () => {
    const devices = [deviceOf("a", { step: "Offering" }), ...FOUR.slice(1)];
    const decision = reconcile(observedOf(rolloutOf({ status: opened }), devices));
    expect(stepsOf(decision)).toEqual(["offer a Offered"]);
    expect(decision.steps[0]).toMatchObject({
      pointing: { model: "listener", node: "a", version: "2.0.0", digest: WANTED.digest, expiresDays: 30 },
    });
  });

  it("goes on to the next wave when enough have promoted it and the soak is over", () => {
    const devices = [deviceOf("a", { step: "Updated" }), ...FOUR.slice(1)];
    const reports = [promoted("a"), ...FOUR.slice(1).map(({ metadata }) => reportOf(metadata.name))];
    const soaking = rolloutOf({
      status: opened,
      spec: { waves: rolloutOf().spec.waves.map((wave) => ({ ...wave, soakMinutes: 5 })) },
    });
    const first = reconcile(observedOf(soaking, devices, { reports }));
    expect(first.status).toMatchObject({
      wave: 0,
      waves: [{ devices: 1, succeeded: 1, succeededTime: "2026-11-23T12:00:00.000Z" }],
    });
    expect(first.requeueAfterMs).toBe(60_000);
    expect(first.events.map(({ reason }) => reason)).toEqual(["WaveSucceeded"]);
    const soaked = { ...soaking, status: first.status };
    const later = { reports, nowMs: NOW_MS + 5 * 60_000, readableSinceMs: NOW_MS };
    expect(reconcile(observedOf(soaked, devices, later)).status).toMatchObject({
      wave: 1,
      waves: [{}, { startedTime: expect.anything() }],
    });
  });

  it("begins nothing while it is paused, and undoes what fails all the same", () => {
    const paused = rolloutOf({ status: opened, spec: { paused: true } });
    expect(reconcile(observedOf(paused, FOUR))).toMatchObject({ steps: [], status: { phase: "Paused" } });
    const failed = [deviceOf("a", { step: "Failed", reason: "accuracy-fell" }), ...FOUR.slice(1)];
    const { status } = reconcile(observedOf(paused, failed));
    expect(status).toMatchObject({ phase: "RollingBack", failed: 1, failedDevices: ["a"] });
    // What called for it stays told while the journal goes on.
    const recalled = [deviceOf("a", { step: "Recalled" })];
    const later = reconcile(observedOf(rolloutOf({ status: status ?? {} }), recalled));
    expect(later.status ?? status).toMatchObject({ failed: 1, failedDevices: ["a"] });
  });

  it("halts without touching anything where that is wanted", () => {
    const failed = [deviceOf("a", { step: "Failed" }), ...FOUR.slice(1)];
    const { status, steps } = reconcile(
      observedOf(rolloutOf({ status: opened, spec: { onFailure: "Halt" } }), failed),
    );
    expect(status).toMatchObject({
      phase: "Halted",
      failedDevices: ["a"],
      finishedTime: "2026-11-23T12:00:00.000Z",
    });
    expect(steps).toEqual([]);
  });

  it("tells that a device waits for a person, and counts it as failed when nobody comes", () => {
    const trial = { ...WANTED, stage: "canary" as const, stageSinceTime: "", isPaused: true, isHeld: true };
    const outcomes = [
      { ...WANTED, kind: "inconclusive" as const, reason: "trial-too-long" as const, time: "" },
    ];
    const reports = [reportOf("a", { sequence: 20, trial, outcomes })];
    const offered = deviceOf("a", { step: "Offered" });
    const first = reconcile(observedOf(rolloutOf({ status: opened }), [offered], { reports }));
    expect(first.steps[0]).toMatchObject({
      status: { rollout: { step: "Offered", reason: "inconclusive: trial-too-long" } },
    });
    const waiting = deviceOf("a", { step: "Offered", reason: "inconclusive: trial-too-long" });
    const told = reconcile(observedOf(rolloutOf({ status: opened }), [waiting], { reports }));
    expect(conditionOf(told.status, "Inconclusive")).toMatchObject({ status: "True", reason: "DevicesWait" });
    const tooLong = { reports, nowMs: NOW_MS + 3_600_000 };
    expect(stepsOf(reconcile(observedOf(rolloutOf({ status: opened }), [waiting], tooLong)))).toEqual([
      "journal a Failed",
    ]);
  });

  it("calls no device silent while the store cannot be read, nor as long after", () => {
    const offered = [deviceOf("a", { step: "Offered" })];
    const trial = { ...WANTED, stage: "shadow" as const, stageSinceTime: "", isPaused: false, isHeld: false };
    const reports = [reportOf("a", { trial })];
    const nowMs = NOW_MS + 2 * 3_600_000;
    const status = { status: opened };
    const away = reconcile(
      observedOf(rolloutOf(status), offered, { reports, nowMs, readableSinceMs: nowMs - 60_000 }),
    );
    expect(stepsOf(away)).toEqual([]);
    const heard = reconcile(observedOf(rolloutOf(status), offered, { reports, nowMs }));
    expect(heard.steps[0]).toMatchObject({ status: { rollout: { step: "Failed", reason: "silent" } } });
  });

  it("changes the time of a condition only with its status", () => {
    const first = reconcile(observedOf(rolloutOf({ status: opened }), FOUR));
    const later = { nowMs: NOW_MS + 1000 };
    const second = reconcile(
      observedOf(rolloutOf({ status: { ...first.status, message: "old" } }), FOUR, later),
    );
    expect(conditionOf(second.status, "Ready")?.lastTransitionTime).toBe("2026-11-23T12:00:00.000Z");
  });
});

describe("a rollout that is over", () => {
  it("keeps its figures when a later one has taken its devices", () => {
    const status = { phase: "Completed" as const, devices: 4, updated: 3, failed: 1, failedDevices: ["d"] };
    const taken = FOUR.map(({ metadata }) => deviceOf(metadata.name, { name: "later", uid: "uid-later" }));
    const decision = reconcile(observedOf(rolloutOf({ status }), taken));
    expect(decision.status).toMatchObject(status);
    expect(conditionOf(decision.status, "Degraded")).toMatchObject({
      status: "True",
      reason: "DevicesFailed",
    });
    const settled = reconcile(observedOf(rolloutOf({ status: decision.status ?? {} }), taken));
    expect(settled).toEqual({ steps: [], events: [] });
  });
});

describe("a rollout that is undone", () => {
  const failedWaves = (count: number, failed: number) =>
    Array.from({ length: count }, (_, place) => ({
      devices: 1,
      succeeded: place === failed ? 0 : 1,
      failed: place === failed ? 1 : 0,
      startedTime: "2026-11-23T11:00:00.000Z",
      ...(place === failed && { failedTime: "2026-11-23T11:30:00.000Z" }),
    }));
  const back = {
    phase: "RollingBack" as const,
    wave: 1,
    waves: failedWaves(2, 1),
    failed: 1,
    failedDevices: ["b"],
  };

  it("writes down that a device is called back before it is, and keeps why it failed", () => {
    const devices = [
      deviceOf("a", { step: "Updated" }),
      deviceOf("b", { step: "Failed", wave: 1, reason: "errors" }),
    ];
    const decision = reconcile(observedOf(rolloutOf({ status: back }), devices));
    expect(stepsOf(decision)).toEqual(["journal a Recalling", "journal b Recalling"]);
    expect(decision.steps[1]).toMatchObject({ status: { rollout: { reason: "errors" } } });
    const recalling = devices.map(({ metadata }) => deviceOf(metadata.name, { step: "Recalling" }));
    const deeds = reconcile(observedOf(rolloutOf({ status: back }), recalling));
    expect(stepsOf(deeds)).toEqual(["recall a Recalled", "recall b Recalled"]);
    expect(deeds.steps[0]).toMatchObject({ pointing: { ...OLD, node: "a" } });
  });

  it("calls back one wave where that is wanted, and leaves held devices alone", () => {
    const rollout = rolloutOf({ status: back, spec: { onFailure: "RollBackWave" } });
    const devices = [
      deviceOf("a", { step: "Updated" }),
      deviceOf("b", { step: "Failed", wave: 1 }),
      deviceOf("c", { step: "Updated", wave: 1 }, true),
    ];
    expect(stepsOf(reconcile(observedOf(rollout, devices)))).toEqual(["journal b Recalling"]);
  });

  it("touches neither a device that ran the version before nor one that had rejected it", () => {
    const devices = [
      deviceOf("a", { step: "Updated", previous: WANTED }),
      deviceOf("b", { step: "Failed", reason: "rejected-before" }),
    ];
    const { status, steps } = reconcile(observedOf(rolloutOf({ status: back }), devices));
    expect(steps).toEqual([]);
    expect(status?.phase).toBe("RolledBack");
  });

  it("believes that a device is back when a later report says so, and not before", () => {
    const recalled = [deviceOf("a", { step: "Recalled", reportSequence: 10 })];
    const rollout = rolloutOf({ status: back });
    expect(stepsOf(reconcile(observedOf(rollout, recalled)))).toEqual([]);
    const reports = [reportOf("a", { sequence: 11 })];
    expect(stepsOf(reconcile(observedOf(rollout, recalled, { reports })))).toEqual(["journal a RolledBack"]);
  });

  it("ends without a device that stays silent, and says so", () => {
    const recalled = [deviceOf("a", { step: "Recalled" })];
    const { status } = reconcile(
      observedOf(rolloutOf({ status: back }), recalled, { nowMs: NOW_MS + 3_600_000 }),
    );
    expect(status?.phase).toBe("RolledBack");
    expect(conditionOf(status, "Degraded")?.message).toMatch(/1 devices are not known to be back/);
  });

  it("is undone when it is deleted on its way, and goes at once when it is over", () => {
    const deleted = { finalizers: [FINALIZER, "x"], deletionTimestamp: "2026-11-23T12:00:00Z" };
    const devices = [deviceOf("a", { step: "Updated" })];
    const underWay = reconcile(observedOf(rolloutOf({ metadata: deleted, status: {} }), devices));
    expect(underWay.status?.phase).toBe("RollingBack");
    const over = reconcile(
      observedOf(rolloutOf({ metadata: deleted, status: { phase: "Completed" } }), devices),
    );
    expect(stepsOf(over)).toEqual(["finalizers x"]);
  });
});
