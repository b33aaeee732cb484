import { PRIORITIES } from "@stethos/edge-agent/core";
import { element, setText } from "../dom/element.ts";
import type { AlarmFilter } from "../state/alarm-filter.ts";
import { ALARM_FACES } from "../state/alarm-order.ts";
import type { PanelDeps } from "./panel.ts";

const ANY = "";

interface Option<T extends string> {
  readonly value: T;
  readonly words: string;
}

/** A labelled choice of one or none. */
function choice<T extends string>(
  key: string,
  label: string,
  any: string,
  options: readonly Option<T>[],
  chosen: () => void,
) {
  const select = element("select", { "aria-label": label, [`data-filter-${key}`]: true, title: label });
  const fill = (all: readonly Option<T>[]): void => {
    const kept = select.value;
    select.replaceChildren(
      element("option", { value: ANY }, `${label}: ${any}`),
      ...all.map(({ value, words }) => element("option", { value }, words)),
    );
    select.value = all.some(({ value }) => value === kept) ? kept : ANY;
  };
  fill(options);
  select.addEventListener("change", chosen);
  return {
    select,
    fill,
    value: (among: readonly Option<T>[]): T | undefined =>
      among.find(({ value }) => value === select.value)?.value,
  };
}

export interface AlarmFilters {
  readonly element: HTMLElement;
  value(): AlarmFilter;
  /** In words, for what is printed; empty where nothing is filtered. */
  words(): string;
  showAreas(areas: readonly string[]): void;
  showCount(shown: number, all: number): void;
  clear(): void;
}

/** Which alarms are wanted. @param changed called with every change */
export function createAlarmFilters({ t }: PanelDeps, changed: () => void): AlarmFilters {
  const any = t("alarm.any");
  const priorities = PRIORITIES.map((value) => ({ value, words: t(`alarm.priority.${value}`) }));
  const states = [
    { value: "open" as const, words: t("alarm.open") },
    ...ALARM_FACES.map((value) => ({ value, words: t(`alarm.face.${value}`) })),
  ];
  let areas: readonly Option<string>[] = [];
  const area = choice<string>("area", t("alarm.column.area"), any, areas, changed);
  const priority = choice("priority", t("alarm.priority"), any, priorities, changed);
  const state = choice("state", t("alarm.column.state"), any, states, changed);
  const text = element("input", {
    type: "search",
    "aria-label": t("alarm.search"),
    placeholder: t("alarm.search"),
    "data-filter-text": true,
    maxlength: "100",
  });
  const count = element("span", { class: "note filter-count", role: "status" });
  text.addEventListener("input", changed);

  const value = (): AlarmFilter => {
    const [inArea, ofPriority, inState] = [
      area.value(areas),
      priority.value(priorities),
      state.value(states),
    ];
    return {
      ...(inArea === undefined ? {} : { area: inArea }),
      ...(ofPriority === undefined ? {} : { priority: ofPriority }),
      ...(inState === undefined ? {} : { state: inState }),
      ...(text.value.trim() === "" ? {} : { text: text.value }),
    };
  };

  return {
    element: element(
      "div",
      { class: "alarm-filters", role: "search", "aria-label": t("alarm.search") },
      text,
      area.select,
      priority.select,
      state.select,
      count,
    ),
    value,
    words() {
      const chosen = [area.select, priority.select, state.select]
        .filter((select) => select.value !== ANY)
        .map((select) => select.selectedOptions[0]?.textContent ?? "");
      return [...chosen, ...(text.value.trim() === "" ? [] : [`"${text.value.trim()}"`])].join(", ");
    },
    showAreas(names) {
      if (names.join("\n") === areas.map(({ value: each }) => each).join("\n")) return;
      areas = names.map((name) => ({ value: name, words: name }));
      area.fill(areas);
    },
    showCount: (shown, all) => setText(count, t("alarm.shown", { shown, all })),
    clear() {
      for (const select of [area.select, priority.select, state.select]) select.value = ANY;
      text.value = "";
      changed();
    },
  };
}
