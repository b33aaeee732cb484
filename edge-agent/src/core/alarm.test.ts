import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AlarmEvent, type AlarmMemory, alarmMemory, stepAlarm } from "./alarm.ts";
import type { Alarm } from "./alarm-types.ts";
import { defaultAlarmPolicy } from "./alarm-verdict.ts";
import type { EnvelopeLine, Features, Score, SensorState } from "./score.ts";

const SECOND = 1_000_000;

function score(anomaly: number, changes: Partial<Score> = {}): Score {
  return {
    machine: "press",
    sensor: "press/bearing",
    timeUs: 0,
    sequence: 1,
    model: "listener 1.0.0",
    shaftHz: 25,
    sensorState: "valid",
    state: "scored",
    anomaly,
    votes: { network: anomaly > 0.5, spectrum: anomaly > 0.5, rms: false },
    latencyMs: 5,
    ...changes,
  };
}

const line = (name: EnvelopeLine["name"], prominenceDb: number): EnvelopeLine => ({
  name,
  foundHz: 101,
  expectedHz: 100,
  prominenceDb,
});

const withFeatures = (changes: Partial<Features>): Pick<Score, "features"> => ({
  features: { rms: 1, peak: 3, crest: 3, kurtosis: 3, skewness: 0, lines: [], ...changes },
});

const deaf = (sensorState: SensorState = "clipped"): Score => score(0, { sensorState, state: "not-scored" });

/** Plays events at one a second from second 1 on.
 *  @param script anomalies, scores, or other events */
function play(
  script: readonly (number | Score | "acknowledge" | "reset")[],
  from: AlarmMemory = alarmMemory("press", "press/bearing"),
  policy = defaultAlarmPolicy,
): { memory: AlarmMemory; changes: Alarm[] } {
  let memory = from;
  const changes: Alarm[] = [];
  script.forEach((entry, i) => {
    const timeUs = (i + 1) * SECOND;
    const step = stepAlarm(memory, eventOf(entry, timeUs), policy);
    memory = step.memory;
    if (step.change !== undefined) changes.push(step.change);
  });
  return { memory, changes };
}

function eventOf(entry: number | Score | "acknowledge" | "reset", timeUs: number): AlarmEvent {
  if (entry === "acknowledge") return { kind: "acknowledge", timeUs, by: "Ada" };
  if (entry === "reset") return { kind: "reset", timeUs };
  const heard = typeof entry === "number" ? score(entry) : entry;
  return { kind: "score", score: { ...heard, timeUs }, alarmId: `alarm-${timeUs / SECOND}` };
}

const states = (changes: readonly Alarm[]) => changes.map(({ state }) => state);
const BAD = 0.7;
const GOOD = 0.2;
const raised = [BAD, BAD, BAD];
const cleared = [GOOD, GOOD, GOOD, GOOD, GOOD];

describe("raising", () => {
  it("asks for three abnormal windows in a row", () => {
    expect(play([BAD, BAD]).changes).toEqual([]);
    expect(play([BAD, BAD, GOOD, BAD, BAD]).changes).toEqual([]);
    expect(play(raised).changes).toEqual([
      expect.objectContaining({
        id: "alarm-3",
        machine: "press",
        sensor: "press/bearing",
        state: "unacknowledged-active",
        severity: "warning",
        raisedUs: 3 * SECOND,
        peakAnomaly: BAD,
        reason: "anomaly",
      }),
    ]);
  });

  it("counts three of five where the policy says so", () => {
    const policy = { ...defaultAlarmPolicy, raiseOf: 5 };
    const script = [BAD, GOOD, BAD, GOOD, BAD];
    expect(play(script).changes).toEqual([]);
    expect(states(play(script, undefined, policy).changes)).toEqual(["unacknowledged-active"]);
  });

  it("takes no notice of windows without a baseline or a score", () => {
    const mute = score(0, { state: "no-baseline" });
    expect(states(play([BAD, mute, BAD, score(0, { state: "learning" }), BAD]).changes)).toHaveLength(1);
  });

  it("does not count a window just at its limit, nor forget those before it when it is normal", () => {
    expect(play([0.5, 0.5, 0.5]).changes).toEqual([]);
  });

  it("raises one alarm, however long it lasts", () => {
    expect(play([...raised, BAD, BAD, BAD, BAD]).changes).toHaveLength(1);
  });
});

describe("severity", () => {
  it("is alarm where each of the windows is at twice its limits", () => {
    expect(play([0.9, 0.9, 0.9]).changes[0]?.severity).toBe("alarm");
    expect(play([0.9, 0.9, 0.7]).changes[0]?.severity).toBe("warning");
  });

  it("rises with the same persistence, and never falls while the alarm is active", () => {
    const { changes } = play([...raised, 0.9, 0.9, 0.9, 0.7, 0.7, 0.7]);
    expect(changes.map(({ severity }) => severity)).toEqual(["warning", "alarm"]);
    expect(changes[1]?.id).toBe("alarm-3");
    expect(changes[1]?.state).toBe("unacknowledged-active");
  });

  it("leaves an acknowledged alarm acknowledged when it rises", () => {
    const { changes } = play([...raised, "acknowledge", 0.9, 0.9, 0.9]);
    expect(changes.at(-1)).toMatchObject({ severity: "alarm", state: "acknowledged-active" });
  });

  it("keeps the worst anomaly", () => {
    expect(play([...raised, 0.78, 0.6]).memory.alarm?.peakAnomaly).toBe(0.78);
    expect(play([...raised, 0.78, ...cleared]).changes.at(-1)?.peakAnomaly).toBe(0.78);
  });
});

describe("acknowledging and clearing", () => {
  it("goes from acknowledged to normal when five normal windows in a row clear it", () => {
    const { memory, changes } = play([...raised, "acknowledge", ...cleared]);
    expect(states(changes)).toEqual(["unacknowledged-active", "acknowledged-active", "normal"]);
    expect(changes.at(-1)).toMatchObject({
      acknowledgedUs: 4 * SECOND,
      acknowledgedBy: "Ada",
      clearedUs: 9 * SECOND,
    });
    expect(memory.alarm).toBeUndefined();
  });

  it("stays unacknowledged-cleared until somebody has seen it", () => {
    const { memory, changes } = play([...raised, ...cleared, ...cleared]);
    expect(states(changes)).toEqual(["unacknowledged-active", "unacknowledged-cleared"]);
    const after = play(["acknowledge"], memory);
    expect(states(after.changes)).toEqual(["normal"]);
    expect(after.memory.alarm).toBeUndefined();
  });

  it("does not clear by windows between the two limits, nor by normal ones that are not in a row", () => {
    const { changes } = play([...raised, 0.45, 0.45, 0.45, 0.45, 0.45, GOOD, GOOD, GOOD, GOOD, 0.45, GOOD]);
    expect(states(changes)).toEqual(["unacknowledged-active"]);
  });

  it("comes back as the same alarm where it was cleared but never acknowledged", () => {
    const { changes } = play([...raised, ...cleared, ...raised]);
    expect(changes.map(({ id, state }) => [id, state])).toEqual([
      ["alarm-3", "unacknowledged-active"],
      ["alarm-3", "unacknowledged-cleared"],
      ["alarm-3", "unacknowledged-active"],
    ]);
    expect(changes[2]?.raisedUs).toBe(11 * SECOND);
    expect(changes[2]).not.toHaveProperty("clearedUs");
  });

  it("is a new alarm where the one before was over", () => {
    const { changes } = play([...raised, "acknowledge", ...cleared, ...raised]);
    expect(changes.map(({ id }) => id)).toEqual(["alarm-3", "alarm-3", "alarm-3", "alarm-12"]);
    expect(changes.at(-1)).not.toHaveProperty("acknowledgedUs");
  });

  it("has nothing to acknowledge twice, or where there is no alarm", () => {
    expect(play(["acknowledge"]).changes).toEqual([]);
    expect(states(play([...raised, "acknowledge", "acknowledge"]).changes)).toHaveLength(2);
  });
});

describe("suppressing", () => {
  it("never raises an alarm from a sensor that cannot be believed", () => {
    const loud = score(1, { sensorState: "disconnected" });
    expect(play([loud, loud, loud, loud, loud]).changes).toEqual([]);
  });

  it("suppresses an active alarm with the reason, and brings it back when the sensor is well again", () => {
    const { changes } = play([...raised, deaf("flat"), deaf("flat"), deaf("clipped"), GOOD, GOOD, GOOD]);
    expect(changes.map(({ state, suppressedReason }) => [state, suppressedReason])).toEqual([
      ["unacknowledged-active", undefined],
      ["suppressed", "flat"],
      ["suppressed", "clipped"],
      ["unacknowledged-active", undefined],
    ]);
  });

  it("asks for three valid windows in a row before it believes the sensor", () => {
    expect(states(play([...raised, deaf(), GOOD, GOOD, deaf(), GOOD, GOOD]).changes)).toEqual([
      "unacknowledged-active",
      "suppressed",
    ]);
  });

  it("remembers who acknowledged it, before or meanwhile", () => {
    const before = play([...raised, "acknowledge", deaf(), GOOD, GOOD, GOOD]);
    expect(before.changes.at(-1)).toMatchObject({ state: "acknowledged-active", acknowledgedBy: "Ada" });
    const meanwhile = play([...raised, deaf(), "acknowledge", GOOD, GOOD, GOOD]);
    expect(states(meanwhile.changes)).toEqual([
      "unacknowledged-active",
      "suppressed",
      "suppressed",
      "acknowledged-active",
    ]);
  });

  it("does not add windows from before a fault of the sensor to those after it", () => {
    expect(play([BAD, BAD, deaf(), BAD, BAD]).changes).toEqual([]);
    const { changes } = play([...raised, GOOD, GOOD, deaf(), GOOD, GOOD, GOOD, GOOD, GOOD]);
    expect(changes.at(-1)?.state).toBe("unacknowledged-active");
  });

  it("leaves a cleared alarm that waits for its acknowledgement alone", () => {
    const { memory, changes } = play([...raised, ...cleared, deaf()]);
    expect(changes).toHaveLength(2);
    expect(memory.alarm?.state).toBe("unacknowledged-cleared");
  });
});

describe("resetting", () => {
  it("clears an active or suppressed alarm: the baseline it rested on is gone", () => {
    expect(states(play([...raised, "reset"]).changes)).toEqual([
      "unacknowledged-active",
      "unacknowledged-cleared",
    ]);
    expect(states(play([...raised, "acknowledge", "reset"]).changes).at(-1)).toBe("normal");
    const suppressed = play([...raised, deaf(), "reset"]).changes.at(-1);
    expect(suppressed?.state).toBe("unacknowledged-cleared");
    expect(suppressed).not.toHaveProperty("suppressedReason");
  });

  it("forgets what could still have raised one", () => {
    expect(play([BAD, BAD, "reset", BAD, BAD]).changes).toEqual([]);
    expect(play([...raised, ...cleared, "reset"]).changes).toHaveLength(2);
  });
});

describe("the reason", () => {
  const at = (name: EnvelopeLine["name"], prominenceDb = 20) =>
    score(BAD, withFeatures({ lines: [line("FTF", 3), line(name, prominenceDb)] }));

  it.each([
    ["BPFO", "bearing-outer-race"],
    ["BPFI", "bearing-inner-race"],
    ["BSF", "bearing-ball"],
    ["FTF", "bearing-cage"],
  ] as const)("is the part whose line %s stands out: %s, with the evidence", (name, reason) => {
    const [alarm] = play([at(name), at(name), at(name)]).changes;
    expect(alarm?.reason).toBe(reason);
    expect(alarm?.evidence).toEqual({
      anomaly: BAD,
      votes: "network+spectrum",
      shaftHz: 25,
      line: name,
      foundHz: 101,
      expectedHz: 100,
      prominenceDb: 20,
    });
  });

  it("is the line that stands out most, where several do", () => {
    const two = score(BAD, withFeatures({ lines: [line("BPFO", 18), line("BPFI", 24), line("BSF", 20)] }));
    expect(play([two, two, two]).changes[0]?.reason).toBe("bearing-inner-race");
  });

  it("is no line below 15 dB, and none that only one window of three shows", () => {
    expect(play([at("BPFO", 14.9), at("BPFO", 14.9), at("BPFO", 14.9)]).changes[0]?.reason).toBe("anomaly");
    expect(play([at("BPFO"), BAD, BAD]).changes[0]?.reason).toBe("anomaly");
    expect(play([at("BPFO"), at("BPFI"), at("BSF")]).changes[0]?.reason).toBe("anomaly");
    expect(play([at("BPFO"), at("BPFI"), at("BPFO")]).changes[0]?.reason).toBe("bearing-outer-race");
  });

  it("is found later, while the alarm is active, and then kept", () => {
    const { changes } = play([...raised, at("BPFI"), at("BPFI"), at("BPFO"), at("BPFO"), at("BPFO")]);
    expect(changes.map(({ reason }) => reason)).toEqual(["anomaly", "bearing-inner-race"]);
  });

  it("passes the network's class on as a hint, and does not follow it", () => {
    const hinted = score(BAD, { faultHint: "ball", spectrumRatio: 2, rmsRatio: 1.4 });
    const [alarm] = play([hinted, hinted, hinted]).changes;
    expect(alarm).toMatchObject({
      reason: "anomaly",
      evidence: { hint: "ball", spectrumRatio: 2, rmsRatio: 1.4 },
    });
  });

  it("is the shaft where the network votes for it and no line stands out", () => {
    const shaft = score(BAD, { faultHint: "shaft" });
    expect(play([shaft, shaft, shaft]).changes[0]?.reason).toBe("shaft");
    const voiceless = { ...shaft, votes: { network: false, spectrum: true, rms: true } };
    expect(play([voiceless, voiceless, voiceless]).changes[0]?.reason).toBe("anomaly");
  });

  it("leaves out of the evidence what is not known", () => {
    const { votes: _, ...bare } = score(BAD, { shaftHz: 0, faultHint: "healthy" });
    expect(play([bare, bare, bare]).changes[0]?.evidence).toEqual({ anomaly: BAD });
  });
});

describe("a limit of the velocity", () => {
  const policy = { ...defaultAlarmPolicy, velocity: { warningMmS: 4.5, alarmMmS: 7.1 } };
  const at = (velocityRms: number, state: Score["state"] = "scored") =>
    score(0, { state, ...withFeatures({ velocityRms }) });

  it("is not there by default", () => {
    expect(play([at(50), at(50), at(50)]).changes).toEqual([]);
  });

  it("raises an alarm whatever the baseline says, also while there is none", () => {
    const warning = play([at(5, "learning"), at(5, "no-baseline"), at(5)], undefined, policy).changes[0];
    expect(warning).toMatchObject({
      reason: "velocity-zone",
      severity: "warning",
      evidence: { velocityRms: 5 },
    });
    expect(play([at(8), at(8), at(8)], undefined, policy).changes[0]?.severity).toBe("alarm");
  });

  it("clears a tenth below the limit", () => {
    const start = [at(5), at(5), at(5)];
    expect(play([...start, ...new Array(9).fill(at(4.2))], undefined, policy).changes).toHaveLength(1);
    expect(states(play([...start, ...new Array(5).fill(at(4))], undefined, policy).changes)).toEqual([
      "unacknowledged-active",
      "unacknowledged-cleared",
    ]);
  });

  it("says nothing of a sensor that measures no velocity", () => {
    expect(play([...raised], undefined, policy).changes).toHaveLength(1);
    expect(play([score(0, { state: "learning" })], undefined, policy).changes).toEqual([]);
  });
});

describe("alarmMemory", () => {
  it("goes on with an alarm that was open when the agent stopped", () => {
    const [open] = play(raised).changes;
    const memory = alarmMemory("press", "press/bearing", open);
    expect(states(play(["acknowledge", ...cleared], memory).changes)).toEqual([
      "acknowledged-active",
      "normal",
    ]);
  });

  it("begins anew where the stored alarm is over", () => {
    const over = play([...raised, "acknowledge", ...cleared]).changes.at(-1);
    expect(alarmMemory("press", "press/bearing", over).alarm).toBeUndefined();
  });

  it("has nothing to acknowledge where a stored alarm carries no time of it", () => {
    const [open] = play([...raised, "acknowledge"]).changes.slice(-1);
    const { acknowledgedUs: _, ...torn } = open as Alarm;
    expect(play(["acknowledge"], alarmMemory("press", "press/bearing", torn)).changes).toEqual([]);
  });
});

describe("any sequence of events", () => {
  const entry = fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    { weight: 4, arbitrary: fc.constant(0.9) },
    { weight: 4, arbitrary: fc.constant(GOOD) },
    { weight: 1, arbitrary: fc.constant("acknowledge" as const) },
    { weight: 1, arbitrary: fc.constant("reset" as const) },
    { weight: 1, arbitrary: fc.constantFrom(deaf("flat"), deaf("bad-quality")) },
    { weight: 1, arbitrary: fc.constant(score(0, { state: "no-baseline" })) },
  );
  const script = fc.array(entry, { maxLength: 120 });
  const policies = fc
    .record({
      raiseAbnormal: fc.integer({ min: 1, max: 5 }),
      more: fc.integer({ min: 0, max: 3 }),
      clearNormal: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ raiseAbnormal, more, clearNormal }) => ({
      ...defaultAlarmPolicy,
      raiseAbnormal,
      raiseOf: raiseAbnormal + more,
      clearNormal,
    }));

  it("raises no alarm with fewer than m abnormal windows among the last n", () => {
    fc.assert(
      fc.property(script, policies, (events, policy) => {
        let memory = alarmMemory("press", "press/bearing");
        let evidence: boolean[] = [];
        events.forEach((one, i) => {
          if (one === "reset" || (typeof one === "object" && one.sensorState !== "valid")) evidence = [];
          if (typeof one === "number") evidence.push(one > 0.5);
          const before = memory.alarm?.state;
          const step = stepAlarm(memory, eventOf(one, i), policy);
          const isRaise =
            step.change?.state === "unacknowledged-active" &&
            (before === undefined || before === "unacknowledged-cleared");
          if (isRaise) {
            const abnormal = evidence.slice(-policy.raiseOf).filter(Boolean).length;
            expect(abnormal).toBeGreaterThanOrEqual(policy.raiseAbnormal);
          }
          memory = step.memory;
        });
      }),
    );
  });

  it("takes only the steps of ISA-18.2, and tells each of them once", () => {
    const steps: Record<string, readonly string[]> = {
      normal: ["unacknowledged-active"],
      "unacknowledged-active": [
        "acknowledged-active",
        "unacknowledged-cleared",
        "suppressed",
        "unacknowledged-active",
      ],
      "acknowledged-active": ["normal", "suppressed", "acknowledged-active"],
      "unacknowledged-cleared": ["normal", "unacknowledged-active"],
      suppressed: [
        "suppressed",
        "unacknowledged-active",
        "acknowledged-active",
        "normal",
        "unacknowledged-cleared",
      ],
    };
    fc.assert(
      fc.property(script, policies, (events, policy) => {
        let memory = alarmMemory("press", "press/bearing");
        events.forEach((one, i) => {
          const before = memory.alarm?.state ?? "normal";
          const step = stepAlarm(memory, eventOf(one, i), policy);
          const after = step.memory.alarm?.state ?? "normal";
          if (step.change === undefined) expect(after).toBe(before);
          else {
            expect(step.change.state).toBe(after);
            expect(steps[before]).toContain(after);
          }
          memory = step.memory;
        });
      }),
    );
  });

  it("never raises an acknowledged alarm again before it cleared", () => {
    fc.assert(
      fc.property(script, policies, (events, policy) => {
        const { changes } = play(events, undefined, policy);
        changes.forEach((change, i) => {
          const next = changes[i + 1];
          if (change.acknowledgedUs === undefined || change.state === "normal" || next === undefined) return;
          expect(next.state).not.toBe("unacknowledged-active");
          expect(next.acknowledgedUs).toBe(change.acknowledgedUs);
        });
      }),
    );
  });

  it("says nothing while a sensor cannot be believed, but that the alarm is suppressed", () => {
    fc.assert(
      fc.property(script, policies, (events, policy) => {
        let memory = alarmMemory("press", "press/bearing");
        events.forEach((one, i) => {
          const step = stepAlarm(memory, eventOf(one, i), policy);
          if (typeof one === "object" && one.sensorState !== "valid") {
            expect(step.change?.state ?? "suppressed").toBe("suppressed");
          }
          memory = step.memory;
        });
      }),
    );
  });

  it("remembers no more than the policy needs", () => {
    fc.assert(
      fc.property(script, policies, (events, policy) => {
        const { memory } = play(events, undefined, policy);
        expect(memory.recent.length).toBeLessThanOrEqual(policy.raiseOf);
      }),
    );
  });
});

describe("windows that the network did not hear", () => {
  const thresholds = (anomaly: number, changes: Partial<Score> = {}): Score =>
    score(anomaly, { state: "degraded", votes: { rms: anomaly > 0.5 }, ...changes });
  const failed = (changes: Partial<Score> = {}): Score => {
    const { votes: _, ...rest } = score(0, { state: "not-scored", ...changes });
    return rest;
  };
  const times = <T>(count: number, one: T): T[] => new Array<T>(count).fill(one);

  it("raise an alarm by themselves, which says that thresholds judged", () => {
    const [alarm] = play(times(3, thresholds(0.9))).changes;
    expect(alarm).toMatchObject({
      state: "unacknowledged-active",
      severity: "alarm",
      evidence: { votes: "rms", judgedBy: "thresholds" },
    });
    expect(play(raised).changes[0]?.evidence).not.toHaveProperty("judgedBy");
  });

  it("clear what they have raised", () => {
    const { changes } = play([...times(3, thresholds(0.9)), ...times(5, thresholds(0.1))]);
    expect(states(changes)).toEqual(["unacknowledged-active", "unacknowledged-cleared"]);
  });

  it("do not clear what only the network or the spectrum heard", () => {
    expect(states(play([...raised, ...times(50, thresholds(0.1))]).changes)).toEqual([
      "unacknowledged-active",
    ]);
    const withSpectrum = thresholds(0.1, { votes: { spectrum: false, rms: false } });
    expect(play([...raised, ...times(50, withSpectrum)]).changes).toHaveLength(1);
    const bySpectrum = thresholds(0.9, { votes: { spectrum: true, rms: false } });
    const cleared = play([...times(3, bySpectrum), ...times(9, thresholds(0.1)), ...times(5, withSpectrum)]);
    expect(cleared.changes.at(-1)).toMatchObject({ state: "unacknowledged-cleared", clearedUs: 17 * SECOND });
  });

  it("do not break off what the network has begun, nor go on with it", () => {
    expect(play([BAD, BAD, thresholds(0.1), failed(), BAD]).changes).toHaveLength(1);
    expect(play([BAD, BAD, thresholds(0.1), failed()]).changes).toEqual([]);
  });

  it("change nothing where they were not judged at all", () => {
    const { memory } = play([...raised, GOOD, GOOD]);
    expect(play(times(20, failed()), memory)).toEqual({ memory, changes: [] });
    expect(play(times(20, failed())).changes).toEqual([]);
  });

  it("still have a velocity: it raises an alarm, and clears only that", () => {
    const policy = { ...defaultAlarmPolicy, velocity: { warningMmS: 4.5, alarmMmS: 7.1 } };
    const at = (velocityRms: number): Score => failed(withFeatures({ velocityRms }));
    expect(play(times(3, at(8)), undefined, policy).changes[0]).toMatchObject({ reason: "velocity-zone" });
    const { changes } = play([...times(3, at(8)), ...times(5, at(1))], undefined, policy);
    expect(states(changes)).toEqual(["unacknowledged-active", "unacknowledged-cleared"]);
    expect(play([...raised, ...times(20, at(1))], undefined, policy).changes).toHaveLength(1);
  });
});
