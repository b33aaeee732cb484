import type { PlantLayout } from "@stethos/edge-agent/core";
import { element } from "../dom/element.ts";
import type { MessageKey } from "../i18n/en.ts";
import { STATE_FILTERS, type TableQuery } from "../state/table-model.ts";
import type { PanelDeps } from "./panel.ts";

const TYPING_MS = 150;

/** Which rows are wanted; the order is the heads' matter. */
export type TableWish = Omit<TableQuery, "isDescending" | "sort">;

export interface TableFilters {
  readonly element: HTMLElement;
  wish(): TableWish;
  /** Areas and kinds of another plant to choose from; what was chosen stays where it still exists. */
  offer(layout: PlantLayout | undefined): void;
  dispose(): void;
}

function fill(box: HTMLSelectElement, options: readonly (readonly [string, string])[]): void {
  const before = box.value;
  box.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  box.value = options.some(([value]) => value === before) ? before : (options[0]?.[0] ?? "");
}

/** @param changed other rows are wanted */
export function createTableFilters(
  { t, timers }: Pick<PanelDeps, "t" | "timers">,
  changed: () => void,
): TableFilters {
  const select = (key: MessageKey, name: string): HTMLSelectElement =>
    element("select", { "aria-label": t(key), "data-filter": name });
  const labelled = (key: MessageKey, box: HTMLElement): HTMLElement =>
    element("label", { class: "field" }, element("span", {}, t(key)), box);
  let cancelTyping: (() => void) | undefined;

  const of = select("table.of", "of");
  fill(of, [
    ["points", t("table.points")],
    ["assets", t("table.assets")],
  ]);
  const area = select("table.area", "area");
  const kind = select("table.kind", "kind");
  const state = select("table.state", "state");
  fill(
    state,
    STATE_FILTERS.map((one) => [one, t(`table.${one}`)]),
  );
  const text = element("input", {
    type: "search",
    "aria-label": t("table.filter"),
    placeholder: t("table.filter"),
    "data-filter": "text",
  });

  const ask = (): void => {
    kind.disabled = of.value === "assets";
    changed();
  };
  for (const box of [of, area, kind, state]) box.addEventListener("change", ask);
  text.addEventListener("input", () => {
    cancelTyping?.();
    cancelTyping = timers.after(TYPING_MS, ask);
  });

  return {
    element: element(
      "div",
      { class: "table-filters" },
      labelled("table.of", of),
      labelled("table.area", area),
      labelled("table.kind", kind),
      labelled("table.state", state),
      text,
    ),
    wish: () => ({
      of: of.value === "assets" ? "assets" : "points",
      ...(area.value === "" ? {} : { area: Number(area.value) }),
      ...(kind.value === "" || of.value === "assets" ? {} : { kind: Number(kind.value) }),
      state: STATE_FILTERS.find((one) => one === state.value) ?? "all",
      text: text.value,
    }),
    offer(layout) {
      const all = ["", t("table.all")] as const;
      fill(area, [all, ...(layout?.areas ?? []).map(({ name }, i) => [String(i), name] as const)]);
      fill(kind, [all, ...(layout?.kinds ?? []).map(({ id, name }, i) => [String(i), name ?? id] as const)]);
    },
    dispose: () => cancelTyping?.(),
  };
}
