import { type AlarmDto, PRIORITIES } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import { areasOf } from "../state/alarm-filter.ts";
import { type AlarmApi, type AlarmQuery, HISTORY_PAGE } from "../stream/alarm-api.ts";
import type { RowEvents } from "./alarm-row.ts";
import { type ListRow, listRows } from "./alarm-rows.ts";
import { createAlarmTable } from "./alarm-table.ts";
import { createLatest } from "./latest.ts";
import type { PanelDeps } from "./panel.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SPANS = [8 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS] as const;
/** More are not kept in the page: narrow the search. */
const MOST_ALARMS = 5_000;

/** Alarms of the past, as the agent keeps them. */
export interface AlarmHistory {
  readonly element: HTMLElement;
  /** What is found, for printing. */
  rows(): readonly ListRow[];
  /** Searches when it is looked at for the first time. */
  open(): void;
  render(): void;
  dispose(): void;
}

function createForm({ t, format, store }: PanelDeps) {
  const span = element(
    "select",
    { "aria-label": t("alarm.span"), title: t("alarm.span") },
    ...SPANS.map((ms) => element("option", { value: String(ms) }, format.age(ms))),
    element("option", { value: "" }, t("alarm.spanAll")),
  );
  const area = element("select", { "aria-label": t("alarm.column.area") });
  const priority = element(
    "select",
    { "aria-label": t("alarm.priority") },
    element("option", { value: "" }, `${t("alarm.priority")}: ${t("alarm.any")}`),
    ...PRIORITIES.map((each) => element("option", { value: each }, t(`alarm.priority.${each}`))),
  );
  const text = element("input", {
    type: "search",
    "aria-label": t("alarm.search"),
    placeholder: t("alarm.search"),
    maxlength: "100",
    "data-history-text": true,
  });
  const submit = element("button", { type: "submit", class: "action primary" }, t("alarm.find"));
  const form = element("form", { class: "alarm-filters" }, text, span, area, priority, submit);
  return {
    element: form,
    fillAreas() {
      const { plant } = store.view();
      const names = [...plant.machines.values()].map(({ path }) => path.area);
      const all = [...new Set([...names, ...areasOf(plant.alarms.values())])].sort();
      const kept = area.value;
      area.replaceChildren(
        element("option", { value: "" }, `${t("alarm.column.area")}: ${t("alarm.any")}`),
        ...all.map((name) => element("option", { value: name }, name)),
      );
      area.value = all.includes(kept) ? kept : "";
    },
    query(nowMs: number): AlarmQuery {
      const chosen = PRIORITIES.find((each) => each === priority.value);
      return {
        ...(span.value === "" ? {} : { fromMs: nowMs - Number(span.value) }),
        ...(area.value === "" ? {} : { area: area.value }),
        ...(chosen === undefined ? {} : { priority: chosen }),
        ...(text.value.trim() === "" ? {} : { text: text.value }),
      };
    },
  };
}

export function createAlarmHistory(deps: PanelDeps, api: AlarmApi, events: RowEvents): AlarmHistory {
  const { t, format, now, nameOf, store } = deps;
  const form = createForm(deps);
  const table = createAlarmTable(deps, events, "alarms-title");
  const note = element("p", { class: "note", role: "status" });
  const older = element("button", { type: "button", class: "action", hidden: true }, t("alarm.historyMore"));
  const csv = element("a", { class: "action", download: "alarms.csv", "data-csv": true }, t("alarm.csv"));
  const job = createLatest();
  let query: AlarmQuery = {};
  let found: readonly AlarmDto[] = [];
  let isOpened = false;

  const rows = (): readonly ListRow[] =>
    listRows(
      found.map((alarm) => ({ kind: "alarm", alarm })),
      {
        t,
        format,
        nowMs: now(),
        nameOf,
        selected: store.view().selection.alarm,
        labels: store.view().labels,
      },
    );
  const render = (): void => table.show(rows());

  const fetchMore = (): void => {
    older.disabled = true;
    setText(note, t("page.loading"));
    job.run((signal) => api.search(query, found.at(-1)?.id, signal), {
      ready(more) {
        found = [...found, ...more];
        older.disabled = false;
        older.hidden = more.length < HISTORY_PAGE || found.length >= MOST_ALARMS;
        if (found.length === 0) setText(note, t("alarm.historyNone"));
        else setText(note, older.hidden ? t("alarm.historyEnd") : "");
        render();
      },
      failed(error) {
        deps.failed(error);
        older.disabled = false;
        older.hidden = false;
        setText(note, t("alarm.historyFailed", { why: errorText(t, error) }));
      },
    });
  };
  const search = (): void => {
    query = form.query(now());
    found = [];
    setAttribute(csv, "href", api.csvPath(query));
    render();
    fetchMore();
  };
  form.element.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  older.addEventListener("click", fetchMore);

  return {
    element: element(
      "div",
      { class: "alarm-history" },
      form.element,
      table.element,
      element("div", { class: "alarm-foot" }, note, older, csv),
    ),
    rows,
    open() {
      if (isOpened) return;
      isOpened = true;
      form.fillAreas();
      search();
    },
    render,
    dispose() {
      job.cancel();
      table.dispose();
    },
  };
}
