import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList, type Row } from "../dom/keyed-list.ts";
import { DRIFT_LIMIT, type DriftRow, driftRows } from "./models-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";

function createRow(first: DriftRow, select: (machine: string) => void): Row<DriftRow> {
  const name = element("button", { type: "button", class: "link" });
  const state = element("span", { class: "drift-state" });
  const detail = element("span", { class: "row-place" });
  const bar = element("div", { class: "bar", "aria-hidden": "true" }, element("div", { class: "bar-fill" }));
  bar.style.setProperty("--limit", `${DRIFT_LIMIT * 100}%`);
  const row = element(
    "li",
    { class: "drift-row" },
    element("div", { class: "row-line" }, name, state),
    bar,
    detail,
  );
  name.addEventListener("click", () => select(first.machine));
  return {
    element: row,
    update(next) {
      setAttribute(row, "data-drift", next.kind);
      setText(name, `${next.machineName}, ${next.sensorName}`);
      setText(state, next.state);
      setText(detail, next.detail);
      bar.hidden = next.share === undefined;
      bar.style.setProperty("--share", `${(next.share ?? 0) * 100}%`);
    },
  };
}

/** How far each sensor is from what the champion learnt, worst first. */
export function createDriftPanel({ store, t, format, now }: PanelDeps): Panel {
  const wanting = element("p", { class: "wanting" });
  const counts = element("p", { class: "note" });
  const list = element("ul", { class: "drift-rows" });
  const rows = createKeyedList<DriftRow>(
    list,
    ({ key }) => key,
    (row) => createRow(row, store.selectMachine),
  );
  return {
    element: element(
      "section",
      { class: "block", "aria-labelledby": "drift-title" },
      element("h3", { id: "drift-title" }, t("models.drift")),
      wanting,
      counts,
      list,
    ),
    show({ plant }) {
      const { drift } = plant.models ?? {};
      if (drift === undefined) return;
      const nowMs = now();
      const found = driftRows(plant, { t, format, nowMs });
      rows.show(found);
      setText(counts, found.length === 0 ? t("models.driftNone") : t("models.driftCounts", drift.counts));
      wanting.hidden = drift.wanting === undefined;
      if (drift.wanting === undefined) return;
      const age = format.ago(nowMs - Date.parse(drift.wanting.sinceTime));
      const asked = drift.wanting.requested ? ` ${t("models.requested")}` : "";
      setText(wanting, `${t("models.wanting", { age })}${asked}`);
    },
    tick() {},
    dispose() {},
  };
}
