import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AlarmFilter, alarmMatcher, byNewest } from "../../core/alarm-filter.ts";
import type { Alarm } from "../../core/alarm-types.ts";
import type { Item } from "./messages.ts";
import { openStore } from "./store.ts";
import { settingsFor, tempFolder } from "./test-kit.ts";

const alarm = (id: string, more: Partial<Alarm> = {}): Alarm => ({
  id,
  machine: "s/hall/l/c/pump",
  sensor: "s/hall/l/c/pump/v",
  state: "unacknowledged-active",
  severity: "alarm",
  priority: "high",
  raisedUs: 1,
  peakAnomaly: 0,
  reason: "anomaly",
  evidence: {},
  ...more,
});

const itemOf = (one: Alarm, atUs = one.raisedUs): Item => ({
  kind: "alarm",
  alarm: { id: one.id, raisedUs: one.raisedUs, isOpen: one.state !== "normal", json: JSON.stringify(one) },
  atUs,
});

const INDEXES =
  "SELECT name FROM sqlite_master WHERE type = 'index' AND name IN ('alarm_machine', 'alarm_audit_alarm')";

describe("the search for alarms", () => {
  it("finds what the filter says, in pages that leave nothing out", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file()));
    const all = Array.from({ length: 200 }, (_, i) =>
      alarm(`a${i}`, {
        raisedUs: Math.floor(i / 3),
        machine: `s/hall-${i % 2}/l/c/pump-${i % 5}`,
        priority: i % 3 === 0 ? "low" : "high",
        reason: i % 4 === 0 ? "limit-high" : "anomaly",
        state: i % 7 === 0 ? "normal" : "acknowledged-active",
      }),
    );
    store.commit(
      all.map((one) => itemOf(one)),
      0,
      0,
    );
    const filter = fc.record(
      {
        fromUs: fc.integer({ min: 0, max: 70 }),
        toUs: fc.integer({ min: 0, max: 70 }),
        machine: fc.constantFrom("s/hall-0/l/c/pump-0", "s/hall-1/l/c/pump-1", "none"),
        area: fc.constantFrom("hall-0", "hall-1"),
        priority: fc.constantFrom("low" as const, "high" as const),
        reason: fc.constantFrom("limit-high", "anomaly"),
        q: fc.constantFrom("pump-3", "HALL-1 limit", "nobody"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        filter,
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        (given: AlarmFilter, openOnly, most) => {
          const expected = all
            .filter(alarmMatcher(given))
            .filter(({ state }) => !openOnly || state !== "normal")
            .sort(byNewest);
          const found: Alarm[] = [];
          for (;;) {
            const before = found.at(-1);
            const page = store.events.alarms({ ...given, openOnly, most, before });
            found.push(...page);
            if (page.length < most) break;
          }
          expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        },
      ),
    );
    store.close(true);
  });

  it("tells one alarm and all its states, oldest first", () => {
    using folder = tempFolder();
    const store = openStore(settingsFor(folder.file()));
    const acknowledged = alarm("a", { state: "acknowledged-active" });
    store.commit([itemOf(alarm("a"), 10), itemOf(alarm("b"), 11), itemOf(acknowledged, 12)], 0, 0);
    expect(store.events.alarm("a")).toEqual(acknowledged);
    expect(store.events.alarm("none")).toBeUndefined();
    expect(store.events.alarmStates("a")).toEqual([
      { atUs: 10, alarm: alarm("a") },
      { atUs: 12, alarm: acknowledged },
    ]);
    store.close(true);
  });

  it("takes over a file of before without loss, and uses its new indexes", () => {
    using folder = tempFolder();
    const old = openStore(settingsFor(folder.file()));
    old.commit([itemOf(alarm("a"))], 0, 0);
    old.close(true);
    const before = new DatabaseSync(folder.file());
    before.exec("DROP INDEX alarm_machine; DROP INDEX alarm_audit_alarm");
    before.exec("INSERT INTO alarm VALUES ('torn', 0, 0, 1, '{\"id\":')");
    before.close();
    const store = openStore(settingsFor(folder.file()));
    expect(store.events.alarms({ most: 5, openOnly: false, machine: "s/hall/l/c/pump" })).toEqual([
      alarm("a"),
    ]);
    store.close(true);
    using db = new DatabaseSync(folder.file());
    expect(db.prepare(INDEXES).all()).toHaveLength(2);
    const plan = db
      .prepare(
        "EXPLAIN QUERY PLAN SELECT json FROM alarm WHERE is_open >= 0 AND raised_us >= 0 AND raised_us <= 9 AND " +
          "CASE WHEN json_valid(json) THEN json_extract(json, '$.machine') END = 'm' ORDER BY raised_us DESC, id DESC",
      )
      .all();
    expect(JSON.stringify(plan)).toContain("alarm_machine");
  });
});
