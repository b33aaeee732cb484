import { alarmMatcher } from "../../core/alarm-filter.ts";
import type { StoredState } from "../../core/alarm-journal.ts";
import type { Alarm } from "../../core/alarm-types.ts";
import type { AlarmQuery } from "../../ports/history.ts";
import type { Database } from "./database.ts";

/** Questions about alarms. */
export interface AlarmSearch {
  /** Newest first. */
  alarms(query: AlarmQuery): readonly Alarm[];
  alarm(id: string): Alarm | undefined;
  /** Oldest first. */
  alarmStates(id: string): readonly StoredState[];
}

/** Beyond so many states nobody reads the life of one alarm. */
const MOST_STATES = 1000;

/** Time and machine are narrowed down by an index; the rest is told by what an alarm says of itself, in the one way that
 *  core/alarm-filter knows. */
export function createAlarmSearch(db: Database): AlarmSearch {
  // As the index has it.
  const machineIn = "CASE WHEN json_valid(json) THEN json_extract(json, '$.machine') END";
  const inTime = `is_open >= ? AND raised_us >= ? AND raised_us <= ?`;
  const newestFirst = "ORDER BY raised_us DESC, id DESC";
  const all = db.prepare(`SELECT json FROM alarm WHERE ${inTime} ${newestFirst}`);
  const ofMachine = db.prepare(`SELECT json FROM alarm WHERE ${inTime} AND ${machineIn} = ? ${newestFirst}`);
  const one = db.prepare("SELECT json FROM alarm WHERE id = ?");
  const states = db.prepare("SELECT at_us, json FROM alarm_audit WHERE alarm = ? ORDER BY id DESC LIMIT ?");

  function rows({ openOnly, machine, fromUs, toUs, before }: AlarmQuery) {
    const bounds = [
      openOnly ? 1 : 0,
      fromUs ?? Number.NEGATIVE_INFINITY,
      Math.min(toUs ?? Number.POSITIVE_INFINITY, before?.raisedUs ?? Number.POSITIVE_INFINITY),
    ];
    return machine === undefined ? all.iterate(...bounds) : ofMachine.iterate(...bounds, machine);
  }

  return {
    alarms(query) {
      const { openOnly: _, ...filter } = query;
      const matches = alarmMatcher(filter);
      const found: Alarm[] = [];
      for (const row of rows(query)) {
        const alarm = alarmIn(row);
        if (matches(alarm)) found.push(alarm);
        if (found.length >= query.most) break;
      }
      return found;
    },
    alarm(id) {
      const row = one.get(id);
      return row && alarmIn(row);
    },
    alarmStates: (id) =>
      states
        .all(id, MOST_STATES)
        .map((row) => ({ atUs: Number(row["at_us"]), alarm: alarmIn(row) }))
        .reverse(),
  };
}

const alarmIn = (row: Readonly<Record<string, unknown>>): Alarm => JSON.parse(String(row["json"])) as Alarm;
