import type { AlarmDto, LabelVerdict } from "@stethos/edge-agent/core";
import { FACE_ICONS, PRIORITY_ICONS } from "../dom/alarm-icons.ts";
import { element, setAttribute, setText } from "../dom/element.ts";
import { drawnIcon } from "../dom/icon.ts";
import type { Row } from "../dom/keyed-list.ts";
import type { Ticked } from "./alarm-choice.ts";
import type { AlarmRow, FloodRow, ListRow } from "./alarm-rows.ts";
import { createLabelButtons } from "./label-buttons.ts";
import type { PanelDeps } from "./panel.ts";

export interface RowEvents {
  select(alarm: AlarmDto): void;
  /** Resolves when the request is over. */
  acknowledge(id: string): Promise<void>;
  label(id: string, verdict: LabelVerdict): Promise<void>;
  shelve(alarm: AlarmDto): void;
  more(alarm: AlarmDto): void;
  /** Chooses alarms to be shelved together, or no longer. */
  tick(ids: readonly string[], isOn: boolean): void;
  /** Opens or closes a flood. */
  toggle(key: string): void;
}

const button = (text: string, mark: string): HTMLButtonElement =>
  element("button", { type: "button", class: "action", [`data-${mark}`]: true }, text);

const cell = (className: string, ...children: readonly Node[]): HTMLElement =>
  element("span", { role: "cell", class: `alarm-cell ${className}` }, ...children);

/** A tick that says which alarms are meant, before their row. */
function createTick(label: string, changed: (isOn: boolean) => void) {
  const box = element("input", { type: "checkbox", class: "row-tick", "aria-label": label });
  box.addEventListener("change", () => changed(box.checked));
  return {
    // The whole corner of the row can be hit by a finger.
    element: element("label", { class: "tick" }, box),
    show(words: string, state: Ticked | undefined, isPossible: boolean): void {
      setAttribute(box.parentElement ?? box, "hidden", state === undefined);
      setAttribute(box, "aria-label", words);
      box.disabled = !isPossible;
      box.checked = state === "all";
      box.indeterminate = state === "some";
    },
  };
}

/** One alarm with what can be done about it. */
function createAlarmRow(first: AlarmRow, { t, may }: PanelDeps, events: RowEvents): Row<AlarmRow> {
  let { alarm } = first;
  const priorityIcon = element("span", { class: "row-icon" });
  const priority = element("span", { class: "alarm-priority" });
  const since = element("span", { class: "alarm-since" });
  const machine = element("span", { class: "row-name" });
  const firstOut = element("span", { class: "chip first-out" }, t("alarm.firstOut"));
  const open = element("button", { type: "button", class: "alarm-open" }, machine, firstOut);
  const reason = element("span", { class: "alarm-reason" });
  const area = element("span", {});
  const stateIcon = element("span", { class: "row-icon" });
  const state = element("span", { class: "alarm-state" });
  const acknowledge = button(t("alarms.acknowledge"), "acknowledge");
  const labels = createLabelButtons({ t }, (verdict) => events.label(first.key, verdict));
  const shelve = button(t("alarm.shelve"), "shelve");
  const more = button(t("alarm.more"), "more");
  const tick = createTick("", (isOn) => events.tick([first.key], isOn));
  const row = element(
    "div",
    { role: "row", class: "alarm-row", "data-alarm": first.key },
    cell("cell-priority", tick.element, priorityIcon, priority),
    cell("cell-time", since),
    cell("cell-machine", open),
    cell("cell-reason", reason),
    cell("cell-area", area),
    cell("cell-state", stateIcon, state),
    cell("cell-actions", acknowledge, labels.element, shelve, more),
  );

  row.addEventListener("click", (event) => {
    const isOnButton = event.target instanceof Element && event.target.closest(".action, .tick") !== null;
    if (!isOnButton) events.select(alarm);
  });
  let isAsked = false;
  acknowledge.addEventListener("click", () => {
    acknowledge.disabled = true;
    isAsked = true;
    void events.acknowledge(alarm.id).finally(() => {
      acknowledge.disabled = !may("acknowledge");
    });
  });
  shelve.addEventListener("click", () => events.shelve(alarm));
  more.addEventListener("click", () => events.more(alarm));

  const icons = (next: AlarmRow): void => {
    if (row.dataset["priority"] !== next.priority) {
      priorityIcon.replaceChildren(drawnIcon(PRIORITY_ICONS[next.priority]));
    }
    if (row.dataset["face"] !== next.face) stateIcon.replaceChildren(drawnIcon(FACE_ICONS[next.face]));
  };
  const actions = (next: AlarmRow): void => {
    const name = { machine: next.machineName, reason: next.reason };
    setAttribute(acknowledge, "aria-label", t("alarms.acknowledgeLabel", name));
    setAttribute(shelve, "aria-label", t("alarm.shelveLabel", name));
    setAttribute(more, "aria-label", t("alarm.moreLabel", name));
    acknowledge.hidden = !next.canAcknowledge;
    if (!isAsked) acknowledge.disabled = !may("acknowledge");
    shelve.hidden = next.alarm.inhibit !== undefined || next.face === "normal";
    shelve.disabled = !may("shelve");
    tick.show(
      t("alarm.tickLabel", name),
      next.ticked === undefined ? undefined : next.ticked ? "all" : "none",
      next.canShelve && may("shelve"),
    );
    labels.element.hidden = next.canAcknowledge || next.face === "suppressed" || !may("label");
    labels.show(next.label, (verdict) => t("label.alarmRow", { verdict, ...name }));
    // The button goes away with the alarm's new state; the keyboard must not fall back to the top of the page.
    if (isAsked && acknowledge.hidden) open.focus();
    if (acknowledge.hidden) isAsked = false;
  };

  return {
    element: row,
    update(next) {
      alarm = next.alarm;
      icons(next);
      setAttribute(row, "data-machine", alarm.machine);
      setAttribute(row, "data-state", alarm.state);
      setAttribute(row, "data-face", next.face);
      setAttribute(row, "data-priority", next.priority);
      setAttribute(row, "data-severity", alarm.severity);
      setAttribute(row, "data-active", next.active && alarm.inhibit === undefined);
      setAttribute(row, "data-unacknowledged", next.canAcknowledge);
      setAttribute(row, "data-in-flood", next.inFlood);
      setAttribute(open, "aria-pressed", String(next.selected));
      firstOut.hidden = !next.firstOut;
      setText(priority, next.priorityText);
      setText(machine, next.machineName);
      setText(reason, next.reason);
      setText(since, next.since);
      setText(area, next.area);
      setText(state, next.stateText);
      actions(next);
    },
  };
}

/** A flood on one line, to be opened. */
function createFloodRow(first: FloodRow, { t, may }: PanelDeps, events: RowEvents): Row<FloodRow> {
  const icon = element("span", { class: "row-icon" });
  const text = element("span", { class: "flood-text" });
  const toggle = element(
    "button",
    { type: "button", class: "flood-open", title: t("alarm.floodOpen") },
    element("span", { class: "flood-mark", "aria-hidden": "true" }),
    icon,
    text,
  );
  let { shelvable } = first;
  const tick = createTick("", (isOn) => events.tick(shelvable, isOn));
  const row = element(
    "div",
    { role: "row", class: "alarm-row flood-row", "data-flood": first.key },
    element(
      "span",
      { role: "cell", "aria-colspan": "7", class: "alarm-cell cell-flood" },
      tick.element,
      toggle,
    ),
  );
  toggle.addEventListener("click", () => events.toggle(first.key));
  return {
    element: row,
    update(next) {
      if (row.dataset["priority"] !== next.priority) {
        icon.replaceChildren(drawnIcon(PRIORITY_ICONS[next.priority]));
      }
      setAttribute(row, "data-priority", next.priority);
      setAttribute(row, "data-active", true);
      setAttribute(toggle, "aria-expanded", String(next.isOpen));
      setText(text, next.text);
      ({ shelvable } = next);
      tick.show(
        t("alarm.tickFlood", { flood: next.text }),
        next.ticked,
        shelvable.length > 0 && may("shelve"),
      );
    },
  };
}

export function createListRow(first: ListRow, deps: PanelDeps, events: RowEvents): Row<ListRow> {
  if (first.kind === "flood") {
    const row = createFloodRow(first, deps, events);
    return { element: row.element, update: (next) => next.kind === "flood" && row.update(next) };
  }
  const row = createAlarmRow(first, deps, events);
  return { element: row.element, update: (next) => next.kind === "alarm" && row.update(next) };
}
