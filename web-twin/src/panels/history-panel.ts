import type { AuditEntryDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList } from "../dom/keyed-list.ts";
import { errorText } from "../i18n/words.ts";
import { factList } from "./fact-list.ts";
import { createLatest } from "./latest.ts";
import { auditRows, type HistoryRow, outcomeRows } from "./models-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { supplyFacts } from "./trial-rows.ts";

function createHistoryList() {
  const list = element("ul", { class: "history" });
  const rows = createKeyedList<HistoryRow>(
    list,
    ({ key }) => key,
    () => {
      const title = element("span", { class: "history-title" });
      const when = element("span", { class: "row-state" });
      const why = element("p", { class: "history-why" });
      const row = element("li", {}, element("div", { class: "row-line" }, title, when), why);
      return {
        element: row,
        update(next) {
          setAttribute(row, "data-kind", next.kind);
          setText(title, next.title);
          setText(when, next.when);
          setText(why, next.why);
        },
      };
    },
  );
  return { element: list, show: rows.show };
}

/** How trials ended, who did what, and where models come from. */
export function createHistoryPanel(deps: PanelDeps): Panel {
  const { api, store, t, format, now } = deps;
  const outcomes = createHistoryList();
  const none = element("p", { class: "note" }, t("models.noHistory"));
  const log = createHistoryList();
  const problem = element("p", { class: "note", role: "status" });
  const details = element("details", {}, element("summary", {}, t("models.log")), problem, log.element);
  const supply = factList();
  const job = createLatest();
  let entries: readonly AuditEntryDto[] = [];
  let read = "";

  const render = (): void => {
    const { plant, page } = store.view();
    if (page !== "models" || plant.models === undefined) return;
    const words = { t, format, nowMs: now() };
    const ended = outcomeRows(plant.models, words);
    outcomes.show(ended);
    none.hidden = ended.length > 0;
    log.show(auditRows(entries, words));
    supply.show(supplyFacts(plant.models, t, format, words.nowMs));
  };

  const load = (): void => {
    job.run((signal) => api.modelHistory(signal), {
      ready(found) {
        entries = found;
        setText(problem, "");
        render();
      },
      failed(error) {
        deps.failed(error);
        setText(problem, t("models.logFailed", { why: errorText(t, error) }));
      },
    });
  };

  /** Read anew when the trial went on, while somebody looks. */
  const loadIfNew = (): void => {
    const { trial, outcomes: ended } = store.view().plant.models ?? {};
    const state = JSON.stringify([
      trial?.id,
      trial?.stage,
      trial?.paused,
      trial?.evidence.unlabelled,
      ended?.[0],
    ]);
    if (!details.open || state === read) return;
    read = state;
    load();
  };
  details.addEventListener("toggle", loadIfNew);

  return {
    element: element(
      "div",
      {},
      element(
        "section",
        { class: "block", "aria-labelledby": "history-title" },
        element("h3", { id: "history-title" }, t("models.history")),
        outcomes.element,
        none,
        details,
      ),
      element(
        "section",
        { class: "block", "aria-labelledby": "supply-title" },
        element("h3", { id: "supply-title" }, t("models.supply")),
        supply.element,
      ),
    ),
    show() {
      render();
      loadIfNew();
    },
    tick: render,
    dispose() {
      job.cancel();
    },
  };
}
