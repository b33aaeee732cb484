import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allInhibits,
  endedBy,
  type InhibitCommand,
  type Inhibits,
  inhibitsFrom,
  MOST_INHIBITED,
  MOST_SHELVED_MINUTES,
  shownInhibit,
  stepInhibits,
} from "./inhibit.ts";
import { inhibitsJson, parseInhibits } from "./inhibit-json.ts";

const MINUTE = 60e6;
const NOW = 1e15;
const NONE: Inhibits = new Map();
const shelve = (minutes = 10, source = "s", by = "Ada"): InhibitCommand => ({
  kind: "shelve",
  source,
  by,
  reason: "noise",
  minutes,
});
const out = (source = "s"): InhibitCommand => ({
  kind: "out-of-service",
  source,
  by: "Eve",
  reason: "broken",
});
const unshelve: InhibitCommand = { kind: "unshelve", source: "s", by: "Ada" };
const giveBack: InhibitCommand = { kind: "return-to-service", source: "s", by: "Eve" };

function after(commands: readonly InhibitCommand[], from = NONE): Inhibits {
  return commands.reduce((inhibits, command, i) => {
    const step = stepInhibits(inhibits, command, NOW + i);
    return step.kind === "refused" ? inhibits : step.inhibits;
  }, from);
}

describe("inhibits", () => {
  it("shelve a source for a time, and renew that", () => {
    const first = stepInhibits(NONE, shelve(), NOW);
    const inhibit = {
      kind: "shelved",
      source: "s",
      by: "Ada",
      reason: "noise",
      fromUs: NOW,
      untilUs: NOW + 10 * MINUTE,
    };
    expect(first).toMatchObject({ kind: "set", inhibit });
    const again = stepInhibits(after([shelve()]), shelve(20, "s", "Bob"), NOW + 5);
    expect(again).toMatchObject({
      kind: "set",
      before: inhibit,
      inhibit: { by: "Bob", untilUs: NOW + 5 + 20 * MINUTE },
    });
  });

  it.each([0, -1, Number.NaN, MOST_SHELVED_MINUTES + 1])("refuse %j minutes", (minutes) => {
    expect(stepInhibits(NONE, shelve(minutes), NOW)).toEqual({ kind: "refused", why: "bad-minutes" });
  });

  it("take a source out of service, which ends its shelving and refuses another", () => {
    const inhibits = after([shelve(), out()]);
    expect(allInhibits(inhibits).map(({ kind }) => kind)).toEqual(["out-of-service"]);
    expect(stepInhibits(inhibits, shelve(), NOW)).toEqual({ kind: "refused", why: "out-of-service" });
    expect(stepInhibits(inhibits, giveBack, NOW)).toMatchObject({ kind: "lifted", inhibit: { by: "Eve" } });
  });

  it("change nothing where there is nothing to lift", () => {
    expect(stepInhibits(NONE, unshelve, NOW)).toEqual({ kind: "unchanged", inhibits: NONE });
    expect(stepInhibits(NONE, giveBack, NOW)).toEqual({ kind: "unchanged", inhibits: NONE });
  });

  it("show what lasts before what the plant brings before what ends by itself", () => {
    const byDesign = { ...allInhibits(after([shelve()]))[0], kind: "suppressed-by-design" } as never;
    const kindOf = (commands: readonly InhibitCommand[]) =>
      shownInhibit(after(commands).get("s"), byDesign)?.kind;
    expect(kindOf([shelve()])).toBe("suppressed-by-design");
    expect(kindOf([out()])).toBe("out-of-service");
    expect(shownInhibit(after([shelve()]).get("s"), undefined)?.kind).toBe("shelved");
    expect(shownInhibit(undefined, undefined)).toBeUndefined();
  });

  it("end a shelving by the clock, and one of a clock that was wrong at once", () => {
    const inhibits = after([shelve(), out("t")]);
    expect(endedBy(inhibits, NOW + 10 * MINUTE - 1)).toEqual([]);
    expect(endedBy(inhibits, NOW + 10 * MINUTE).map(({ source }) => source)).toEqual(["s"]);
    expect(endedBy(inhibits, NOW - 30 * 86_400e6).map(({ source }) => source)).toEqual(["s"]);
  });

  it("are bounded", () => {
    const full = inhibitsFrom(
      Array.from({ length: MOST_INHIBITED }, (_, i) => ({
        kind: "out-of-service" as const,
        source: `s${i}`,
        by: "Eve",
        reason: "rebuilt",
        fromUs: NOW,
      })),
    );
    for (const command of [shelve(), out()])
      expect(stepInhibits(full, command, NOW)).toEqual({ kind: "refused", why: "too-many" });
    expect(stepInhibits(full, out("s7"), NOW).kind).toBe("set");
  });

  it("are the same after a restart", () => {
    const inhibits = after([shelve(), out("t")]);
    expect(inhibitsFrom(parseInhibits(inhibitsJson(allInhibits(inhibits))))).toEqual(inhibits);
  });

  it.each([
    "",
    "[]",
    "{}",
    '{"version":2,"inhibits":[]}',
    '{"version":1}',
    '{"version":1,"inhibits":[null]}',
    '{"version":1,"inhibits":[{"kind":"shelved","source":"s","by":"b","reason":"r","fromUs":1}]}',
  ])("refuse a list that cannot be read: %j", (text) => {
    expect(() => parseInhibits(text)).toThrow(/cannot be read/);
  });

  it("of one source never touch another, and whatever was begun can be ended", () => {
    const source = fc.constantFrom("s", "t");
    const command = fc.oneof(
      source.map((one) => shelve(10, one)),
      source.map(out),
      source.map((one): InhibitCommand => ({ ...unshelve, source: one })),
      source.map((one): InhibitCommand => ({ ...giveBack, source: one })),
    );
    fc.assert(
      fc.property(fc.array(command), (commands) => {
        const all = after(commands);
        const alone = after(commands.filter((one) => one.source === "s"));
        expect(all.get("s") === undefined).toBe(alone.get("s") === undefined);
        expect(after([unshelve, giveBack], all).has("s")).toBe(false);
        for (const own of all.values()) expect(Object.keys(own)).toHaveLength(1);
      }),
    );
  });
});
