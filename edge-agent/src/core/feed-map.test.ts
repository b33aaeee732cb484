import { describe, expect, it } from "vitest";
import type { Alarm } from "./alarm-types.ts";
import { alarmDto, healthDto, isOpen, machineDto, scoreDto, trendDto, waveformDto } from "./feed-map.ts";
import type { Machine } from "./machine.ts";
import { StatusCode } from "./quality.ts";
import type { Score } from "./score.ts";
import type { Waveform } from "./waveform.ts";

const T0 = 1_700_000_000_000_000;

const alarm: Alarm = {
  id: "a1",
  machine: "s/a/l/c/pump",
  sensor: "s/a/l/c/pump/vib",
  state: "unacknowledged-active",
  severity: "warning",
  raisedUs: T0,
  peakAnomaly: 0.7,
  reason: "anomaly",
  evidence: { ratio: 1.5 },
};

describe("alarmDto", () => {
  it("tells times in RFC 3339 and leaves out those that have not come", () => {
    expect(alarmDto(alarm)).toEqual({
      id: "a1",
      machine: "s/a/l/c/pump",
      sensor: "s/a/l/c/pump/vib",
      state: "unacknowledged-active",
      severity: "warning",
      raisedTime: "2023-11-14T22:13:20.000000Z",
      peakAnomaly: 0.7,
      reason: "anomaly",
      evidence: { ratio: 1.5 },
    });
  });

  it("tells when an alarm was cleared and acknowledged, and by whom", () => {
    const dto = alarmDto({ ...alarm, clearedUs: T0 + 1, acknowledgedUs: T0 + 2, acknowledgedBy: "Ada" });
    expect(dto).toMatchObject({
      clearedTime: "2023-11-14T22:13:20.000001Z",
      acknowledgedTime: "2023-11-14T22:13:20.000002Z",
      acknowledgedBy: "Ada",
    });
  });
});

describe("isOpen", () => {
  it.each([
    ["normal", false],
    ["suppressed", false],
    ["unacknowledged-active", true],
    ["acknowledged-active", true],
    ["unacknowledged-cleared", true],
  ] as const)("says of a %s alarm: %s", (state, open) => {
    expect(isOpen({ ...alarm, state })).toBe(open);
  });
});

describe("scoreDto and healthDto", () => {
  it("leave the class probabilities at home", () => {
    const score: Score = {
      machine: "m",
      sensor: "s",
      timeUs: T0,
      sequence: 1,
      model: "x 1.0.0",
      shaftHz: 0,
      sensorState: "flat",
      state: "not-scored",
      anomaly: 0,
      probabilities: [1, 0],
      latencyMs: 2,
    };
    expect(scoreDto(score)).toEqual({
      machine: "m",
      sensor: "s",
      time: "2023-11-14T22:13:20.000000Z",
      sequence: 1,
      model: "x 1.0.0",
      shaftHz: 0,
      sensorState: "flat",
      state: "not-scored",
      anomaly: 0,
      latencyMs: 2,
    });
  });

  it("call the time of a health time", () => {
    const health = { machine: "m", timeUs: T0, state: "learning", baselineProgress: 0.5 } as const;
    expect(healthDto(health)).toEqual({
      machine: "m",
      time: "2023-11-14T22:13:20.000000Z",
      state: "learning",
      baselineProgress: 0.5,
    });
  });
});

describe("machineDto", () => {
  const machine: Machine = {
    id: "s/a/l/c/pump",
    name: "Pump",
    path: { site: "s", area: "a", line: "l", cell: "c", asset: "pump" },
    sensors: [
      {
        id: "s/a/l/c/pump/vib",
        machine: "s/a/l/c/pump",
        name: "vib",
        waveform: 0,
        unit: "m/s2",
        toMetresPerSecondSquared: 1,
      },
    ],
    tags: ["s/a/l/c/pump/t"],
  };
  const health = { machine: machine.id, timeUs: T0, state: "healthy", baselineProgress: 1 } as const;
  const state = { tags: [], health, scores: [], readings: [], alarms: [] };

  it("keeps the agent's own matters to itself", () => {
    const tag = { id: "s/a/l/c/pump/t", name: "t", unit: "Cel", address: "DB1,REAL0" };
    const dto = machineDto(machine, { ...state, tags: [tag] });
    expect(dto.sensors).toEqual([{ id: "s/a/l/c/pump/vib", name: "vib" }]);
    expect(dto.tags).toEqual([{ id: "s/a/l/c/pump/t", name: "t", unit: "Cel" }]);
    expect(dto).toMatchObject({ openAlarms: 0, health: { state: "healthy" } });
    expect(dto).not.toHaveProperty("worst");
  });

  it("counts its own open alarms and tells the worst", () => {
    const warned = machineDto(machine, {
      ...state,
      alarms: [alarm, { ...alarm, id: "a2", state: "normal" }],
    });
    expect([warned.openAlarms, warned.worst]).toEqual([1, "warning"]);
    const alarms = [
      alarm,
      { ...alarm, id: "a3", severity: "alarm" as const },
      { ...alarm, id: "a4", machine: "other" },
    ];
    const alarmed = machineDto(machine, { ...state, alarms });
    expect([alarmed.openAlarms, alarmed.worst]).toEqual([2, "alarm"]);
  });

  it("does not let a suppressed alarm colour the machine", () => {
    const dto = machineDto(machine, {
      ...state,
      alarms: [{ ...alarm, state: "suppressed", severity: "alarm" }],
    });
    expect([dto.openAlarms, dto.worst]).toEqual([0, undefined]);
  });
});

describe("trendDto", () => {
  it("writes null where a bucket holds nothing, and seconds for times", () => {
    const columns = {
      timeUs: Float64Array.of(1_500_000, 2_500_000),
      min: Float64Array.of(-1, Number.NaN),
      max: Float64Array.of(3, Number.NaN),
      mean: Float64Array.of(1, Number.POSITIVE_INFINITY),
    };
    expect(trendDto("t", "Cel", columns)).toEqual({
      id: "t",
      unit: "Cel",
      time: [1.5, 2.5],
      min: [-1, null],
      max: [3, null],
      mean: [1, null],
    });
  });
});

describe("waveformDto", () => {
  const waveform: Waveform = {
    tag: 0,
    sampleRateHz: 1000,
    firstSampleTimeUs: T0,
    sequence: 9,
    missed: 0,
    status: StatusCode.Good,
    samples: Float32Array.of(0.1, -2, Number.NaN, 3.25),
  };

  it("writes each sample with the digits a float32 has, and null for none", () => {
    const dto = waveformDto("s", "m/s2", waveform, { first: 0, most: 100 });
    expect(dto).toEqual({
      sensor: "s",
      unit: "m/s2",
      quality: "good",
      sequence: 9,
      sampleRateHz: 1000,
      firstSampleTime: "2023-11-14T22:13:20.000000Z",
      samples: [0.100000001, -2, null, 3.25],
      totalSamples: 4,
    });
    expect(Math.fround(dto.samples[0] ?? 0)).toBe(waveform.samples[0]);
  });

  it("gives the stretch asked for with the time of its own first sample", () => {
    const dto = waveformDto("s", "m/s2", waveform, { first: 1, most: 1 });
    expect(dto).toMatchObject({
      samples: [-2],
      totalSamples: 4,
      firstSampleTime: "2023-11-14T22:13:20.001000Z",
    });
  });

  it("gives nothing beyond the end", () => {
    expect(waveformDto("s", "m/s2", waveform, { first: 99, most: 10 }).samples).toEqual([]);
  });

  it("says when the block is of bad quality", () => {
    const bad = { ...waveform, status: StatusCode.BadSensorFailure };
    expect(waveformDto("s", "m/s2", bad, { first: 0, most: 1 }).quality).toBe("bad");
  });
});
