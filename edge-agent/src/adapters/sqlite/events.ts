import type { TimeUs } from "../../core/time.ts";
import type { StoredBaseline, StoredWaveform } from "../../ports/history.ts";
import { type AlarmSearch, createAlarmSearch } from "./alarm-search.ts";
import type { Database } from "./database.ts";
import { seal, unseal } from "./envelope.ts";
import type { AlarmState } from "./messages.ts";
import type { Marks } from "./segment.ts";

/** Alarms with their audit, waveforms around them, baselines. All that writes must be called within a transaction. */
export interface EventTables extends AlarmSearch {
  saveAlarm(alarm: AlarmState, atUs: TimeUs): void;
  saveWaveform(alarm: string, stored: StoredWaveform): void;
  saveBaseline(baseline: StoredBaseline): void;
  removeBaseline(sensor: string): void;
  waveforms(alarm: string): { readonly waveforms: readonly StoredWaveform[]; readonly damaged: number };
  baselines(): readonly StoredBaseline[];
  /** Takes away what is as old as a segment that went; the state and the audit of alarms that are open stay. */
  removeTo(marks: Marks): void;
  /** Takes away the older half of the waveforms. @returns false where there is none */
  thinWaveforms(): boolean;
}

export function createEventTables(db: Database): EventTables {
  // What comes a second time after the disk failed under a commit is not written twice.
  const known = db.prepare("SELECT 1 FROM alarm WHERE id = ? AND json = ?");
  const audit = db.prepare("INSERT INTO alarm_audit (alarm, at_us, json) VALUES (?, ?, ?) RETURNING id");
  const alarm = db.prepare(
    `INSERT INTO alarm (id, raised_us, is_open, audited, json) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET raised_us = excluded.raised_us, is_open = excluded.is_open,
       audited = excluded.audited, json = excluded.json`,
  );
  const waveform = db.prepare(
    `INSERT INTO waveform (alarm, sensor, unit, json, samples) SELECT ?1, ?2, ?3, ?4, ?5
     WHERE NOT EXISTS (SELECT 1 FROM waveform WHERE alarm = ?1 AND sensor = ?2 AND json = ?4)`,
  );
  const baseline = db.prepare(
    "INSERT INTO baseline VALUES (?, ?) ON CONFLICT (sensor) DO UPDATE SET json = excluded.json",
  );
  const noBaseline = db.prepare("DELETE FROM baseline WHERE sensor = ?");
  const search = createAlarmSearch(db);
  const waveforms = db.prepare(
    "SELECT sensor, unit, json, samples FROM waveform WHERE alarm = ? ORDER BY id",
  );
  const baselines = db.prepare("SELECT sensor, json FROM baseline ORDER BY sensor");
  const dropWaveforms = db.prepare("DELETE FROM waveform WHERE id <= ?");
  const dropAlarms = db.prepare("DELETE FROM alarm WHERE is_open = 0 AND audited <= ?");
  const dropAudit = db.prepare(
    "DELETE FROM alarm_audit WHERE id <= ? AND alarm NOT IN (SELECT id FROM alarm WHERE is_open = 1)",
  );

  const thin = db.prepare("DELETE FROM waveform WHERE id <= (SELECT (min(id) + max(id)) / 2 FROM waveform)");

  return {
    saveAlarm(state, atUs) {
      if (known.get(state.id, state.json) !== undefined) return;
      const audited = Number(audit.get(state.id, atUs, state.json)?.["id"]);
      alarm.run(state.id, state.raisedUs, state.isOpen ? 1 : 0, audited, state.json);
    },
    saveWaveform(id, stored) {
      const { samples, ...rest } = stored.waveform;
      const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
      waveform.run(id, stored.sensor, stored.unit, JSON.stringify(rest), seal(bytes, false));
    },
    saveBaseline(stored) {
      baseline.run(stored.sensor, stored.json);
    },
    removeBaseline(sensor) {
      noBaseline.run(sensor);
    },
    ...search,
    waveforms(id) {
      const rows = waveforms.all(id);
      const found = rows.map(waveformOf).filter((stored) => stored !== undefined);
      return { waveforms: found, damaged: rows.length - found.length };
    },
    baselines: () =>
      baselines.all().map((row) => ({ sensor: String(row["sensor"]), json: String(row["json"]) })),
    removeTo({ auditTo, waveformTo }) {
      if (waveformTo !== undefined) dropWaveforms.run(waveformTo);
      if (auditTo === undefined) return;
      dropAlarms.run(auditTo);
      dropAudit.run(auditTo);
    },
    thinWaveforms: () => thin.run().changes > 0,
  };
}

function waveformOf(row: Readonly<Record<string, unknown>>): StoredWaveform | undefined {
  const content = unseal(row["samples"] as Uint8Array);
  if (content === undefined) return undefined;
  const rest = JSON.parse(String(row["json"])) as Omit<StoredWaveform["waveform"], "samples">;
  return {
    sensor: String(row["sensor"]),
    unit: String(row["unit"]),
    waveform: { ...rest, samples: new Float32Array(content.slice().buffer) },
  };
}
