import { stringify } from "csv-stringify/sync";
import type { z } from "zod";
import type { alarm } from "./schemas.ts";

export const CSV_TYPE = "text/csv; charset=utf-8";

/** A spreadsheet takes UTF-8 for what it is only after this mark. */
const BYTE_ORDER_MARK = "\ufeff";

/** As it comes over the API, too. */
export type AlarmRow = z.infer<typeof alarm>;

type Cell = number | string | undefined;

const COLUMNS: Readonly<Record<string, (alarm: AlarmRow) => Cell>> = {
  id: ({ id }) => id,
  priority: ({ priority }) => priority,
  severity: ({ severity }) => severity,
  state: ({ state }) => state,
  machine: ({ machine }) => machine,
  source: ({ sensor }) => sensor,
  reason: ({ reason }) => reason,
  value: ({ evidence }) => evidence["value"],
  limit: ({ evidence }) => evidence["limit"],
  unit: ({ evidence }) => evidence["unit"],
  peak_anomaly: ({ peakAnomaly }) => peakAnomaly,
  raised: ({ raisedTime }) => raisedTime,
  cleared: ({ clearedTime }) => clearedTime,
  acknowledged: ({ acknowledgedTime }) => acknowledgedTime,
  acknowledged_by: ({ acknowledgedBy }) => acknowledgedBy,
  suppressed: ({ suppressedReason }) => suppressedReason,
  inhibit: ({ inhibit }) => inhibit?.kind,
  inhibit_by: ({ inhibit }) => inhibit?.by,
  inhibit_reason: ({ inhibit }) => inhibit?.reason,
  inhibit_until: ({ inhibit }) => inhibit?.untilTime,
  evidence: ({ evidence }) => JSON.stringify(evidence),
};

/** RFC 4180, a header line first; times in RFC 3339, UTC. */
export function alarmsCsv(alarms: readonly AlarmRow[]): string {
  const rows = alarms.map((alarm) => Object.values(COLUMNS).map((cellOf) => harmless(cellOf(alarm))));
  return BYTE_ORDER_MARK + stringify([Object.keys(COLUMNS), ...rows], { record_delimiter: "windows" });
}

/** A spreadsheet would run what begins so as a formula; people's words are among the cells. */
const harmless = (cell: Cell): Cell =>
  typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
