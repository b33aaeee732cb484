import type { OutcomeDto, RolloutReason, WaitDto } from "@stethos/edge-agent/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  at,
  makeAlarm,
  makeChange,
  makeMachine,
  makeModels,
  makeReading,
  makeScore,
  makeSnapshot,
  makeTrial,
} from "../testing/fixtures.ts";
import { decode } from "./decode.ts";

const sent = (value: unknown) => decode(JSON.stringify(value));

const outcome = (reason: RolloutReason): OutcomeDto => ({
  kind: "rolled-back",
  trial: "t",
  model: { name: "listener", version: "1.0.5", digest: "5" },
  reason,
  time: at(0),
});

describe("what is told of models", () => {
  it("is returned as it was sent, in a snapshot and alone", () => {
    const waitsFor: WaitDto[] = [
      { code: "soak-minutes", have: 1, need: 30 },
      { code: "evidence", have: 2, need: 20 },
      { code: "gain-points", have: 0, need: 0.5 },
      { code: "latency-sure", highPercent: null, mostPercent: 5 },
      { code: "decision-by-hand" },
      { code: "working", stage: "load", progress: 0.5 },
    ];
    const models = makeModels({
      trial: makeTrial({ waitsFor, paused: { by: "Li", sinceTime: at(0) } }),
      outcomes: [
        outcome({ code: "recalled" }),
        outcome({ code: "latency-rose", quantile: "p99", percent: 9 }),
        outcome({ code: "refused", error: "MODEL_EXPIRED", message: "x" }),
      ],
    });
    const message = { kind: "models", time: at(0), models };
    expect(sent(message)).toEqual({ message, notes: [] });
    const snapshot = { ...makeSnapshot([]), models };
    expect(sent(snapshot)).toEqual({ message: snapshot, notes: [] });
  });

  it("is left out of a snapshot where it cannot be read, and the plant stays", () => {
    const models = { ...makeModels(), champion: "listener" };
    const { message, notes } = sent({ ...makeSnapshot([makeMachine("M1")]), models });
    expect(message).toMatchObject({ kind: "snapshot", machines: [{ id: "M1" }] });
    expect(notes).toEqual(["snapshot.models.champion: expected an object"]);
  });

  it("keeps the outcomes whose reason it knows", () => {
    const odd = { ...outcome({ code: "recalled" }), reason: { code: "bad-luck" } };
    const models = { ...makeModels(), outcomes: [odd, outcome({ code: "restarted" })] };
    const { message, notes } = sent({ kind: "models", time: at(0), models });
    expect(message).toMatchObject({ models: { outcomes: [{ reason: { code: "restarted" } }] } });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^models\.models\.outcomes\[0\]\.reason\.code: expected one of accuracy-fell/);
  });
});

describe("decode", () => {
  it("returns a snapshot as it was sent", () => {
    const message = makeSnapshot(
      [
        makeMachine("M1", {
          worst: "alarm",
          sensors: [
            {
              id: "M1/vibration",
              name: "Drive end",
              bearing: { name: "6205", rollers: 9, diameterRatio: 0.2, contactAngleDeg: 0 },
            },
          ],
          scores: [
            makeScore("M1", {
              votes: { network: true, spectrum: false, rms: false },
              faultHint: "outer-race",
              spectrumRatio: 1.2,
              rmsRatio: 0.8,
              features: {
                rms: 1,
                peak: 4,
                crest: 4,
                kurtosis: 3,
                skewness: 0,
                velocityRms: 2,
                lines: [{ name: "BPFO", foundHz: 88.6, expectedHz: 88.3, prominenceDb: 21 }],
              },
            }),
          ],
        }),
      ],
      [
        makeAlarm("a1", "M1", {
          clearedTime: at(5),
          acknowledgedTime: at(6),
          acknowledgedBy: "Li",
          evidence: { line: "BPFO", foundHz: 88.6 },
        }),
      ],
    );
    expect(sent(message)).toEqual({ message, notes: [] });
  });

  it("returns changes with values of every kind", () => {
    const message = makeChange({
      readings: [1.5, true, "on", null, [1, 2]].map((value, i) => makeReading(`t${i}`, { value })),
      health: [{ machine: "M1", time: at(1), state: "offline", baselineProgress: 0 }],
      scores: [makeScore("M1", { state: "learning" })],
    });
    expect(sent(message)).toEqual({ message, notes: [] });
  });

  it("returns a heartbeat, and leaves out what it does not know", () => {
    expect(sent({ kind: "heartbeat", time: at(2), mood: "fine" })).toEqual({
      message: { kind: "heartbeat", time: at(2) },
      notes: [],
    });
  });

  it("drops one misshapen machine and keeps the others", () => {
    const good = makeMachine("M1");
    const bad = {
      ...makeMachine("M2"),
      health: { machine: "M2", time: at(0), state: "jolly", baselineProgress: 1 },
    };
    const { message, notes } = sent({ ...makeSnapshot([]), machines: [good, bad] });
    expect(message).toEqual(makeSnapshot([good]));
    expect(notes).toEqual([
      "snapshot.machines[1].health.state: expected one of unknown, learning, healthy, warning, alarm, sensor-fault, offline",
    ]);
  });

  it.each([
    [
      "a message of no kind",
      { time: at(0) },
      "message.kind: expected one of snapshot, change, models, heartbeat",
    ],
    ["a list where an object belongs", [], "message: expected an object"],
    ["a number where a text belongs", { kind: "heartbeat", time: 5 }, "heartbeat.time: expected a text"],
    ["a time that is none", { kind: "heartbeat", time: "soon" }, "heartbeat.time: expected an RFC 3339 time"],
    ["an object where a list belongs", makeChange({ alarms: {} as never }), "change.alarms: expected a list"],
  ])("refuses %s and says where", (_, value, note) => {
    expect(sent(value)).toEqual({ notes: [note] });
  });

  it.each([
    ["a count that is no whole number", { openAlarms: 1.5 }, "a whole number of 0 or more"],
    ["a negative count", { openAlarms: -1 }, "a whole number of 0 or more"],
  ])("drops a machine with %s", (_, part, expected) => {
    const { notes } = sent({ ...makeSnapshot([]), machines: [{ ...makeMachine("M1"), ...part }] });
    expect(notes).toEqual([`snapshot.machines[0].openAlarms: expected ${expected}`]);
  });

  it("drops a score whose vote is no yes or no", () => {
    const score = { ...makeScore("M1"), votes: { network: "yes", spectrum: true, rms: true } };
    expect(sent({ ...makeChange({}), scores: [score] }).notes).toEqual([
      "change.scores[0].votes.network: expected true or false",
    ]);
  });

  it("refuses text that is no JSON, and binary data", () => {
    expect(decode("{").message).toBeUndefined();
    expect(decode("{").notes[0]).toMatch(/^message: no JSON/);
    expect(decode(new ArrayBuffer(4))).toEqual({ notes: ["message: expected a text, got binary data"] });
  });

  it("never throws, whatever arrives", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { message, notes } = decode(text);
        expect(message !== undefined || notes.length > 0).toBe(true);
      }),
    );
  });

  it("never throws on a snapshot that was damaged somewhere", () => {
    const whole = JSON.stringify(makeSnapshot([makeMachine("M1")], [makeAlarm("a1", "M1")]));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.string({ maxLength: 3 }), (place, put) => {
        const { message, notes } = decode(whole.slice(0, place) + put + whole.slice(place + 1));
        expect(message !== undefined || notes.length > 0).toBe(true);
      }),
    );
  });
});
