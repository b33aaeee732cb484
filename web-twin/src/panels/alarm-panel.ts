import "../styles/alarms.css";
import type { AlarmDto } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import { areasOf, filterAlarms } from "../state/alarm-filter.ts";
import { floodsOf, groupAlarms } from "../state/alarm-groups.ts";
import { alarmOrder, isUnacknowledged } from "../state/alarm-order.ts";
import { createAlarmApi } from "../stream/alarm-api.ts";
import { acknowledge } from "./acknowledge.ts";
import { createAlarmActions } from "./alarm-actions.ts";
import { createAlarmChoice } from "./alarm-choice.ts";
import { createAlarmFilters } from "./alarm-filters.ts";
import { createAlarmHistory } from "./alarm-history.ts";
import { createAlarmJournal } from "./alarm-journal.ts";
import { fillForPrinting } from "./alarm-print.ts";
import type { RowEvents } from "./alarm-row.ts";
import { type ListRow, listRows, wordsOf } from "./alarm-rows.ts";
import { createAlarmTable } from "./alarm-table.ts";
import { createAskDialog } from "./ask-dialog.ts";
import type { Done } from "./in-name-of.ts";
import { labelAlarm } from "./label-alarm.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** What keys do to the chosen alarm, from wherever they are pressed. */
export interface AlarmKeys {
  acknowledge(alarm: AlarmDto): void;
  shelve(alarm: AlarmDto): void;
}

export type AlarmPanel = Panel & AlarmKeys;

function createOperatorField({ t, operator }: PanelDeps): HTMLInputElement {
  const input = element("input", {
    type: "text",
    id: "operator",
    class: "operator-name",
    autocomplete: "name",
    maxlength: "80",
    "aria-label": t("alarms.by"),
  });
  input.value = operator.name();
  input.addEventListener("input", () => operator.rename(input.value));
  return input;
}

/** Current alarms or those of the past, as two tabs of one place. */
function createTabs({ t }: PanelDeps, chosen: (isPast: boolean) => void) {
  const tab = (words: "alarm.current" | "alarm.history", isPast: boolean) => {
    const button = element(
      "button",
      { type: "button", class: "action tab", "aria-pressed": String(!isPast), "data-past": isPast },
      t(words),
    );
    button.addEventListener("click", () => chosen(isPast));
    return { button, isPast };
  };
  const tabs = [tab("alarm.current", false), tab("alarm.history", true)];
  return {
    element: element(
      "span",
      { class: "tabs", role: "group", "aria-label": t("alarm.view") },
      ...tabs.map(({ button }) => button),
    ),
    show(past: boolean) {
      for (const { button, isPast } of tabs) setAttribute(button, "aria-pressed", String(isPast === past));
    },
  };
}

/** The alarms, most urgent first, with all that is done to them. Beside the plant it is short, on its own page whole. */
export function createAlarmPanel(deps: PanelDeps): AlarmPanel {
  const { store, t, format, now, nameOf } = deps;
  const abort = new AbortController();
  const api = createAlarmApi(deps.ask);
  const dialog = createAskDialog(deps);
  const actions = createAlarmActions(deps, api, dialog);
  const journal = createAlarmJournal(deps, api, actions);
  const name = createOperatorField(deps);
  const empty = element("p", { class: "empty", hidden: true }, t("alarms.none"));
  const noneFit = element("p", { class: "empty", hidden: true }, t("alarm.noneFit"), " ");
  const clear = element("button", { type: "button", class: "action" }, t("alarm.clear"));
  noneFit.append(clear);
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const refused = element("p", { class: "note refused", hidden: true });
  const all = element("button", { type: "button", class: "action", "data-all": true });
  const shelveAll = element("button", { type: "button", class: "action", "data-shelve-all": true });
  const print = element("button", { type: "button", class: "action" }, t("alarm.print"));
  const paper = element("div", { class: "print-only" });
  let opened: ReadonlySet<string> = new Set();
  let isPast = false;
  const choice = createAlarmChoice();
  let visible: readonly AlarmDto[] = [];
  let rows: readonly ListRow[] = [];

  const complain = (text: string | undefined): void => {
    problem.hidden = text === undefined;
    setText(problem, text ?? "");
  };
  const tell = (result: Done<unknown>, failed: "alarms.failed" | "label.failed"): void => {
    if (abort.signal.aborted) return;
    if (result.kind === "nameless") {
      complain(t("alarms.byMissing"));
      name.focus();
    } else complain(result.kind === "failed" ? t(failed, { why: errorText(t, result.error) }) : undefined);
  };

  const events: RowEvents = {
    select: ({ id }) => store.selectAlarm(id),
    acknowledge: async (id) => tell(await acknowledge(id, deps, abort.signal), "alarms.failed"),
    label: async (id, verdict) => tell(await labelAlarm(id, verdict, deps, abort.signal), "label.failed"),
    shelve: (alarm) => actions.ask("shelve", alarm),
    more: journal.show,
    tick(ids, isOn) {
      choice.set(ids, isOn);
      render();
    },
    toggle(key) {
      const flood = key.replace(/^flood /u, "");
      opened = new Set(opened.has(flood) ? [...opened].filter((each) => each !== flood) : [...opened, flood]);
      render();
    },
  };
  const table = createAlarmTable(deps, events, "alarms-title");
  const filters = createAlarmFilters(deps, () => render());
  const history = createAlarmHistory(deps, api, events);
  const tabs = createTabs(deps, (past) => {
    isPast = past;
    tabs.show(past);
    current.hidden = past;
    history.element.hidden = !past;
    if (past) history.open();
  });

  const showList = (): void => {
    const { plant, selection, labels, page } = store.view();
    const ordered = alarmOrder(plant.alarms.values());
    filters.showAreas(areasOf(ordered));
    // Beside the plant there is no room to see that something is filtered away.
    const filter = page === "alarms" ? filters.value() : {};
    visible = filterAlarms(ordered, filter, (alarm) => wordsOf(alarm, deps));
    // Beside the plant there are no ticks: what nobody sees is not chosen.
    choice.keep(page === "alarms" ? visible : []);
    const entries = groupAlarms(visible, floodsOf(ordered), opened);
    rows = listRows(entries, { t, format, nowMs: now(), nameOf, selected: selection.alarm, labels, choice });
    table.show(rows);
    filters.showCount(visible.length, ordered.length);
    noneFit.hidden = visible.length > 0 || ordered.length === 0;
    empty.hidden = ordered.length > 0 || plant.agent === undefined;
  };
  const showActions = (): void => {
    const waiting = visible.filter(isUnacknowledged);
    all.hidden = waiting.length < 2;
    setText(all, t("alarm.acknowledgeAll", { n: waiting.length }));
    const ticks = choice.alarms(visible).length;
    shelveAll.hidden = ticks === 0;
    setText(shelveAll, t("alarm.shelveAll", { n: ticks }));
    shelveAll.disabled = actions.whyNot("shelve") !== undefined;
    const why = actions.whyNot("acknowledge");
    all.disabled = why !== undefined;
    refused.hidden = why === undefined;
    setText(refused, why ?? "");
    name.disabled = store.view().session.name !== undefined;
    // Renamed elsewhere on the screen.
    if (document.activeElement !== name) name.value = deps.operator.name();
  };
  const openFloodOf = (id: string): void => {
    const flood = floodsOf(store.view().plant.alarms.values()).find(({ alarms }) => alarms.has(id));
    if (flood !== undefined) opened = new Set([...opened, flood.key]);
  };
  const render = (): void => {
    showList();
    showActions();
    if (isPast) history.render();
  };

  clear.addEventListener("click", filters.clear);
  all.addEventListener("click", () => actions.askAll(visible.filter(isUnacknowledged)));
  shelveAll.addEventListener("click", () => actions.askShelveAll(choice.alarms(visible)));
  print.addEventListener("click", () => globalThis.print());
  const endPrinting = fillForPrinting(deps, paper, () =>
    isPast ? { rows: history.rows(), filter: t("alarm.history") } : { rows, filter: filters.words() },
  );

  const current = element("div", { class: "alarm-current" }, filters.element, table.element, noneFit, empty);
  history.element.hidden = true;
  let shown: string | undefined;

  return {
    element: element(
      "section",
      { class: "panel alarms", id: "alarms", tabindex: "-1", "aria-labelledby": "alarms-title" },
      element(
        "div",
        { class: "panel-head" },
        element("h2", { id: "alarms-title" }, t("alarms.title")),
        tabs.element,
        all,
        shelveAll,
        print,
        element("label", { class: "operator" }, element("span", {}, t("alarms.by")), name),
      ),
      element("p", { class: "replay-beside" }, t("replay.liveBeside")),
      refused,
      problem,
      current,
      history.element,
      paper,
      dialog.element,
      journal.element,
    ),
    show(view, changes) {
      if (!changes.alarms && !changes.structure && !changes.selection && !changes.setting) return;
      const { alarm } = view.selection;
      const isChosen = alarm !== undefined && alarm !== shown;
      // What stood there first nobody chose: a flood stays closed over it.
      if (isChosen && shown !== undefined) openFloodOf(alarm);
      render();
      if (isChosen) table.reveal(alarm);
      shown = alarm ?? shown;
    },
    tick: render,
    acknowledge(alarm) {
      if (!isUnacknowledged(alarm)) return;
      const why = actions.whyNot("acknowledge");
      if (why === undefined) void events.acknowledge(alarm.id);
      else complain(why);
    },
    shelve(alarm) {
      const why = actions.whyNot("shelve");
      const isPossible = actions.offered(alarm).includes("shelve");
      if (why !== undefined) complain(why);
      else actions.ask(isPossible ? "shelve" : "unshelve", alarm);
    },
    dispose() {
      abort.abort();
      endPrinting();
      table.dispose();
      history.dispose();
      dialog.dispose();
      journal.dispose();
    },
  };
}
