import type { AuditEntry } from "../core/rollout/rollout-report.ts";
import type { AuditLog } from "../ports/audit-log.ts";

/** A log that shows only some of its entries: what is done to models is not lost among what is done to alarms. */
export const createAuditView = (log: AuditLog, isShown: (entry: AuditEntry) => boolean): AuditLog => ({
  append: log.append,
  async newest(most, signal) {
    if (most <= 0) return [];
    for (let asked = most * 2; ; asked *= 4) {
      const all = await log.newest(asked, signal);
      const shown = all.filter(isShown);
      if (shown.length >= most || all.length < asked) return shown.slice(0, most);
    }
  },
});

/** An entry that flow/inhibit-alarms wrote. */
export const isAboutAlarms = ({ what }: AuditEntry): boolean => what.startsWith("alarm-");
