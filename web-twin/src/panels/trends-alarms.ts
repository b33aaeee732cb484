import type { AlarmDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import type { TimeRange } from "../state/trend-board.ts";
import { createAlarmApi } from "../stream/alarm-api.ts";
import { createLatest } from "./latest.ts";
import type { PanelDeps } from "./panel.ts";
import type { AlarmMark } from "./trends-rows.ts";

const MOST_MARKS = 40;

/** The alarms of the shown time, and the list of them below the charts. */
export interface TrendsAlarms {
  readonly elements: readonly HTMLElement[];
  want(range: TimeRange): void;
  known(): readonly AlarmDto[];
  list(marks: readonly AlarmMark[]): void;
  /** Marks those that stood at this moment. */
  showAt(timeS: number): void;
  dispose(): void;
}

export function createTrendsAlarms(deps: PanelDeps, changed: () => void): TrendsAlarms {
  const { store, t } = deps;
  const api = createAlarmApi(deps.ask);
  const job = createLatest();
  const rows = element("ul", { class: "trends-alarms" });
  const title = element("h3", {}, t("trends.alarms"));
  const note = element("p", { class: "note", role: "status" });
  let history: readonly AlarmDto[] = [];
  let asked = "";
  let listed = "";

  const row = ({ alarm, text, severity, fromS, toS }: AlarmMark): HTMLElement => {
    const open = element("button", { type: "button", class: "link", "data-severity": severity }, text);
    open.addEventListener("click", () => store.selectAlarm(alarm.id));
    return element("li", { "data-from": String(fromS), "data-to": String(toS) }, open);
  };

  return {
    elements: [title, note, rows],
    /** The alarms of a shown past come from the agent; those that stand are known. */
    want(shown) {
      const step = (shown.toS - shown.fromS) / 2;
      const fromS = Math.floor(shown.fromS / step) * step;
      const toS = Math.ceil(shown.toS / step) * step;
      const key = `${fromS} ${toS}`;
      if (key === asked) return;
      asked = key;
      const query = { fromMs: Math.round(fromS * 1000), toMs: Math.round(toS * 1000) };
      job.run((signal) => api.search(query, undefined, signal), {
        ready(found) {
          history = found;
          note.hidden = true;
          changed();
        },
        failed(error) {
          note.hidden = false;
          setText(note, t("trends.alarmsFailed", { why: errorText(t, error) }));
          deps.failed(error);
        },
      });
    },
    known() {
      const known = new Map(history.map((alarm) => [alarm.id, alarm]));
      for (const alarm of store.view().plant.alarms.values()) known.set(alarm.id, alarm);
      return [...known.values()];
    },
    list(marks) {
      const newest = marks.slice(-MOST_MARKS).reverse();
      title.hidden = newest.length === 0;
      const key = newest.map(({ alarm, text }) => `${alarm.id}${alarm.clearedTime ?? ""}${text}`).join("\n");
      if (key === listed) return;
      listed = key;
      rows.replaceChildren(...newest.map(row));
    },
    showAt(timeS) {
      for (const mark of rows.querySelectorAll<HTMLElement>("[data-from]")) {
        const isAt = Number(mark.dataset["from"]) <= timeS && Number(mark.dataset["to"]) >= timeS;
        setAttribute(mark, "data-at", isAt);
      }
    },
    dispose: job.cancel,
  };
}
