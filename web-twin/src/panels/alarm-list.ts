import type { LabelVerdict } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { iconElement } from "../dom/icon.ts";
import { createKeyedList, type Row } from "../dom/keyed-list.ts";
import { errorText } from "../i18n/words.ts";
import { LOOKS } from "../scene/look.ts";
import { acknowledge } from "./acknowledge.ts";
import { type AlarmRow, alarmRows } from "./alarm-rows.ts";
import type { Done } from "./in-name-of.ts";
import { labelAlarm } from "./label-alarm.ts";
import { createLabelButtons } from "./label-buttons.ts";
import type { Panel, PanelDeps } from "./panel.ts";

interface RowEvents {
  select(id: string): void;
  /** Resolves when the request is over. */
  acknowledge(id: string): Promise<void>;
  label(id: string, verdict: LabelVerdict): Promise<void>;
}

function createRow(first: AlarmRow, { t }: PanelDeps, events: RowEvents): Row<AlarmRow> {
  const icon = element("span", { class: "row-icon" });
  const severity = element("span", { class: "alarm-severity" });
  const machine = element("span", { class: "row-name" });
  const reason = element("span", { class: "alarm-reason" });
  const since = element("span", { class: "alarm-since" });
  const state = element("span", { class: "alarm-state" });
  const open = element(
    "button",
    { type: "button", class: "alarm-open" },
    icon,
    element("span", { class: "alarm-who" }, severity, machine),
    reason,
    element("span", { class: "alarm-when" }, since, state),
  );
  const button = element(
    "button",
    { type: "button", class: "action", "data-acknowledge": true },
    t("alarms.acknowledge"),
  );
  const labels = createLabelButtons({ t }, (verdict) => events.label(first.id, verdict));
  const row = element("li", { class: "alarm-row", "data-alarm": first.id }, open, button, labels.element);

  open.addEventListener("click", () => events.select(first.id));
  let isAsked = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    isAsked = true;
    void events.acknowledge(first.id).finally(() => {
      button.disabled = false;
    });
  });
  return {
    element: row,
    update(next) {
      if (row.dataset["severity"] !== next.severity) {
        const look = LOOKS[next.severity];
        icon.replaceChildren(iconElement(look.icon, look.colour));
      }
      setAttribute(row, "data-machine", next.machine);
      setAttribute(row, "data-state", next.state);
      setAttribute(row, "data-severity", next.severity);
      setAttribute(row, "data-active", next.active);
      setAttribute(row, "data-unacknowledged", next.canAcknowledge);
      setAttribute(open, "aria-pressed", String(next.selected));
      setAttribute(
        button,
        "aria-label",
        t("alarms.acknowledgeLabel", { machine: next.machineName, reason: next.reason }),
      );
      button.hidden = !next.canAcknowledge;
      labels.element.hidden = next.canAcknowledge || next.state === "suppressed";
      labels.show(next.label, (verdict) =>
        t("label.alarmRow", { verdict, machine: next.machineName, reason: next.reason }),
      );
      // The button goes away with the alarm's new state; the keyboard must not fall back to the top of the page.
      if (isAsked && button.hidden) open.focus();
      if (button.hidden) isAsked = false;
      setText(severity, next.severityText);
      setText(machine, next.machineName);
      setText(reason, next.reason);
      setText(since, next.since);
      setText(state, next.stateText);
    },
  };
}

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

/** The alarms, most urgent first, with their acknowledging. */
export function createAlarmList(deps: PanelDeps, selected: () => void): Panel {
  const { store, t, format, now } = deps;
  const abort = new AbortController();
  const list = element("ul", { class: "rows" });
  const empty = element("p", { class: "empty", hidden: true }, t("alarms.none"));
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const name = createOperatorField(deps);

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

  const rows = createKeyedList<AlarmRow>(
    list,
    ({ id }) => id,
    (row) =>
      createRow(row, deps, {
        select(id) {
          store.selectAlarm(id);
          selected();
        },
        async acknowledge(id) {
          tell(await acknowledge(id, deps, abort.signal), "alarms.failed");
        },
        async label(id, verdict) {
          tell(await labelAlarm(id, verdict, deps, abort.signal), "label.failed");
        },
      }),
  );

  const render = (): void => {
    const { plant, selection, labels } = store.view();
    rows.show(alarmRows(plant, selection.alarm, { t, format, nowMs: now(), labels }));
    // Renamed elsewhere on the screen.
    if (document.activeElement !== name) name.value = deps.operator.name();
    empty.hidden = plant.alarms.size > 0 || plant.agent === undefined;
  };

  return {
    element: element(
      "section",
      { class: "panel alarms", "aria-labelledby": "alarms-title" },
      element(
        "div",
        { class: "panel-head" },
        element("h2", { id: "alarms-title" }, t("alarms.title")),
        element("label", { class: "operator" }, element("span", {}, t("alarms.by")), name),
      ),
      problem,
      list,
      empty,
    ),
    show(_, changes) {
      if (changes.alarms || changes.structure || changes.selection) render();
    },
    tick: render,
    dispose() {
      abort.abort();
    },
  };
}
