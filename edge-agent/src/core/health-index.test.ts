import { describe, expect, it } from "vitest";
import type { Alarm, AlarmState, Severity } from "./alarm-types.ts";
import { followScore, machineHealth, type SensorHealth, type SensorView } from "./health-index.ts";
import type { Score } from "./score.ts";

const score = (anomaly: number, changes: Partial<Score> = {}): Score => ({
  machine: "press",
  sensor: "press/bearing",
  timeUs: 0,
  sequence: 1,
  model: "listener 1.0.0",
  shaftHz: 25,
  sensorState: "valid",
  state: "scored",
  anomaly,
  latencyMs: 5,
  ...changes,
});

const alarm = (state: AlarmState, severity: Severity): Alarm => ({
  id: "1",
  machine: "press",
  sensor: "press/bearing",
  state,
  severity,
  raisedUs: 0,
  peakAnomaly: 0.7,
  reason: "anomaly",
  evidence: {},
});

const scored = (anomaly: number): SensorView => ({
  health: { sensorState: "valid", state: "scored", anomaly },
  baselineProgress: 1,
});

const healthOf = (sensors: readonly SensorView[], isOffline = false) =>
  machineHealth("press", 42, sensors, isOffline);

describe("followScore", () => {
  const follow = (scores: readonly Score[]): SensorHealth | undefined =>
    scores.reduce<SensorHealth | undefined>((known, one) => followScore(known, one), undefined);

  it("begins with the first score and then follows slowly", () => {
    expect(follow([score(0.2)])?.anomaly).toBe(0.2);
    expect(follow([score(0.2), score(1)])?.anomaly).toBeCloseTo(0.44, 9);
    const step = follow([score(0), ...new Array(7).fill(score(1))]);
    expect(step?.anomaly).toBeGreaterThan(0.9);
  });

  it("keeps what it knows through windows that are not scored, and their state", () => {
    expect(follow([score(0.2), score(0, { sensorState: "flat", state: "not-scored" })])).toEqual({
      sensorState: "flat",
      state: "not-scored",
      anomaly: 0.2,
    });
    expect(follow([score(0, { state: "learning" })])).toEqual({ sensorState: "valid", state: "learning" });
  });
});

describe("windows judged by thresholds alone", () => {
  const by = (state: Score["state"], anomaly: number) => score(anomaly, { state });
  const follow = (...scores: readonly Score[]) =>
    scores.reduce<SensorHealth | undefined>((known, one) => followScore(known, one), undefined);
  const indexOf = (health: SensorHealth | undefined) =>
    healthOf([{ baselineProgress: 1, ...(health && { health }) }]).index;

  it("make the index worse, and better again, but never better than the network left it", () => {
    const before = follow(by("scored", 0.4));
    const calm = follow(by("scored", 0.4), by("degraded", 0.1));
    expect(indexOf(calm)).toBe(indexOf(before));
    const loud = follow(by("scored", 0.4), by("degraded", 0.9));
    expect(indexOf(loud)).toBe(12);
    const again = follow(by("scored", 0.4), by("degraded", 0.9), ...new Array(30).fill(by("degraded", 0.1)));
    expect(indexOf(again)).toBe(indexOf(before));
  });

  it("are forgotten with the first that is scored, and stay through those that are not", () => {
    expect(follow(by("degraded", 0.9), by("not-scored", 0))).toEqual({
      sensorState: "valid",
      state: "not-scored",
      degradedAnomaly: 0.9,
    });
    expect(follow(by("degraded", 0.9), by("scored", 0.1))).toEqual({
      sensorState: "valid",
      state: "scored",
      anomaly: 0.1,
    });
  });

  it("are enough to call a machine healthy after a restart", () => {
    const health = follow(by("degraded", 0.1));
    expect(healthOf([{ baselineProgress: 1, ...(health && { health }) }])).toMatchObject({
      state: "healthy",
      index: 100,
    });
  });
});

describe("the index of a machine", () => {
  it.each([
    [0, 100],
    [0.25, 100],
    [0.375, 80],
    [0.5, 60],
    [0.75, 30],
    [1, 0],
  ])("at an anomaly of %f is %f", (anomaly, index) => {
    expect(healthOf([scored(anomaly)]).index).toBe(index);
  });

  it("is that of its worst sensor", () => {
    expect(healthOf([scored(0.1), scored(0.5), scored(0.3)]).index).toBe(60);
  });

  it("is not there before anything was scored, nor of a machine that is offline", () => {
    expect(healthOf([{ baselineProgress: 0 }])).not.toHaveProperty("index");
    expect(healthOf([scored(0.2)], true)).not.toHaveProperty("index");
  });
});

describe("the state of a machine", () => {
  const learning: SensorView = {
    health: { sensorState: "valid", state: "learning" },
    baselineProgress: 0.5,
  };
  const broken: SensorView = {
    health: { sensorState: "flat", state: "not-scored", anomaly: 0.1 },
    baselineProgress: 1,
  };
  const with_ = (view: SensorView, state: AlarmState, severity: Severity): SensorView => ({
    ...view,
    alarm: alarm(state, severity),
  });

  it("is healthy where sensors are scored and none alarms", () => {
    expect(healthOf([scored(0.2)])).toEqual({
      machine: "press",
      timeUs: 42,
      state: "healthy",
      index: 100,
      baselineProgress: 1,
    });
  });

  it("is that of the worst active alarm, acknowledged or not", () => {
    expect(healthOf([with_(scored(0.6), "unacknowledged-active", "warning")]).state).toBe("warning");
    expect(healthOf([with_(scored(0.6), "acknowledged-active", "alarm")]).state).toBe("alarm");
    const both = [
      with_(scored(0.6), "unacknowledged-active", "warning"),
      with_(scored(0.9), "unacknowledged-active", "alarm"),
    ];
    expect(healthOf(both).state).toBe("alarm");
  });

  it("does not count alarms that are cleared or suppressed", () => {
    expect(healthOf([with_(scored(0.2), "unacknowledged-cleared", "alarm")]).state).toBe("healthy");
    expect(healthOf([with_(broken, "suppressed", "alarm")]).state).toBe("sensor-fault");
  });

  it("is a sensor fault where one of its sensors is deaf: that bearing is unwatched", () => {
    expect(healthOf([scored(0.2), broken]).state).toBe("sensor-fault");
    expect(healthOf([with_(scored(0.6), "unacknowledged-active", "warning"), broken]).state).toBe("warning");
  });

  it("is learning until all its sensors have a baseline, with the share that is learnt", () => {
    expect(healthOf([learning, scored(0.2)])).toMatchObject({ state: "learning", baselineProgress: 0.75 });
    expect(healthOf([learning])).not.toHaveProperty("index");
  });

  it("is unknown before the first window, without sensors, and at a speed without a baseline", () => {
    expect(healthOf([{ baselineProgress: 0 }]).state).toBe("unknown");
    expect(healthOf([])).toEqual({ machine: "press", timeUs: 42, state: "unknown", baselineProgress: 0 });
    const lost: SensorView = { health: { sensorState: "valid", state: "no-baseline" }, baselineProgress: 0 };
    expect(healthOf([lost]).state).toBe("unknown");
  });

  it("is offline where no device answers, whatever was known", () => {
    expect(healthOf([with_(scored(0.9), "unacknowledged-active", "alarm")], true).state).toBe("offline");
  });
});
