import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../../core/alarm-types.ts";
import type { PlantChange } from "../../ports/plant.ts";
import { HEALTH, OPEN_ALARM, SCORE } from "./fake-plant.ts";
import { createChangeBook } from "./feed-changes.ts";

const reading = (tag: number): PlantChange => ({ kind: "reading", tag });
const score = (sensor: string): PlantChange => ({ kind: "score", score: { ...SCORE, sensor } });
const health = (machine: string): PlantChange => ({ kind: "health", health: { ...HEALTH, machine } });
const alarmOf = (id: string, peakAnomaly = 0.5): Alarm => ({ ...OPEN_ALARM, id, peakAnomaly });
const alarm = (id: string, peakAnomaly?: number): PlantChange => ({
  kind: "alarm",
  alarm: alarmOf(id, peakAnomaly),
});

describe("the book of changes", () => {
  it("tells each subject once, however often it changed", () => {
    const book = createChangeBook(10);
    for (const change of [
      reading(4),
      reading(4),
      score("s"),
      score("s"),
      health("m"),
      alarm("a"),
      alarm("a", 0.9),
    ]) {
      book.note(change);
    }
    expect(book.endTurn()).toBe(1);
    expect(book.since(0)).toEqual({
      tags: [4],
      sensors: ["s"],
      machines: ["m"],
      alarms: [alarmOf("a", 0.9)],
      models: false,
    });
  });

  it("tells that something of the models changed to who has not heard it", () => {
    const book = createChangeBook(10);
    const first = book.endTurn();
    book.noteModels();
    const second = book.endTurn();
    expect([0, first, second].map((seen) => book.since(seen)?.models)).toEqual([true, true, false]);
  });

  it("tells a client that is behind all that changed meanwhile, and one that is not only what is new", () => {
    const book = createChangeBook(10);
    book.note(reading(1));
    const first = book.endTurn();
    book.note(reading(2));
    book.note(reading(1));
    book.endTurn();
    book.note(reading(3));
    const third = book.endTurn();
    expect(book.since(0)?.tags).toEqual([1, 2, 3]);
    expect(book.since(first)?.tags).toEqual([1, 2, 3]);
    expect(book.since(third - 1)?.tags).toEqual([3]);
    expect(book.since(third)?.tags).toEqual([]);
  });

  it("no longer knows what changed before an alarm that it had to forget", () => {
    const book = createChangeBook(2);
    book.note(alarm("a"));
    const first = book.endTurn();
    book.note(alarm("b"));
    book.note(alarm("c"));
    book.endTurn();
    expect(book.since(0)).toBeUndefined();
    expect(book.since(first)?.alarms.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("never keeps a client from what it has not seen, whatever the order", () => {
    const change = fc.oneof(
      fc.nat(5).map(reading),
      fc.constantFrom("s1", "s2").map(score),
      fc.constantFrom("m1", "m2").map(health),
      fc.constantFrom("a1", "a2", "a3").map((id) => alarm(id)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 8 }),
        fc.nat(8),
        (turns, seen) => {
          const book = createChangeBook(100);
          for (const changes of turns) {
            for (const one of changes) book.note(one);
            book.endTurn();
          }
          const missed = turns.slice(seen).flat();
          const of = (kind: PlantChange["kind"]) => missed.filter((one) => one.kind === kind);
          const told = book.since(seen);
          expect(new Set(told?.tags)).toEqual(new Set(of("reading").map((one) => "tag" in one && one.tag)));
          expect(told?.sensors.length).toBe(
            new Set(of("score").map((one) => "score" in one && one.score.sensor)).size,
          );
          expect(told?.alarms.length).toBe(
            new Set(of("alarm").map((one) => "alarm" in one && one.alarm.id)).size,
          );
        },
      ),
    );
  });
});
