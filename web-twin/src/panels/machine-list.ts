import { element, setAttribute, setText } from "../dom/element.ts";
import { drawnIcon } from "../dom/icon.ts";
import { createKeyedList, type Row } from "../dom/keyed-list.ts";
import { ICONS, LOOKS } from "../scene/look.ts";
import { type MachineRow, machineRows } from "./machine-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";

function createRow(row: MachineRow, select: (id: string) => void): Row<MachineRow> {
  const icon = element("span", { class: "row-icon" });
  const name = element("span", { class: "row-name" });
  const place = element("span", { class: "row-place" });
  const state = element("span", { class: "row-state" });
  const figure = element("span", { class: "row-figure" });
  // One sentence for screen readers in the place of four scraps.
  const label = element("span", { class: "unseen" });
  const button = element(
    "button",
    { type: "button", class: "machine-row", "data-machine": row.id },
    icon,
    label,
    element("span", { class: "row-line", "aria-hidden": "true" }, name, figure),
    element("span", { class: "row-line", "aria-hidden": "true" }, place, state),
  );
  button.addEventListener("click", () => select(row.id));
  return {
    element: element("li", {}, button),
    update(next) {
      const look = LOOKS[next.health];
      if (button.dataset["health"] !== next.health) {
        icon.replaceChildren(drawnIcon(ICONS[look.icon]));
      }
      setAttribute(button, "data-health", next.health);
      setAttribute(button, "aria-pressed", String(next.selected));
      setText(label, next.label);
      setText(name, next.name);
      setText(place, next.place);
      setText(state, next.state);
      setText(figure, next.figure);
    },
  };
}

/** All machines as buttons: everything the 3D view offers, for keyboard and screen reader. */
export function createMachineList({ store, t, format }: PanelDeps, selected: () => void): Panel {
  const list = element("ul", { class: "rows" });
  const empty = element("p", { class: "empty", hidden: true }, t("app.empty"));
  const rows = createKeyedList<MachineRow>(
    list,
    ({ id }) => id,
    (row) =>
      createRow(row, (id) => {
        store.selectMachine(id);
        selected();
      }),
  );
  return {
    element: element(
      "section",
      { class: "panel machines", "aria-labelledby": "machines-title" },
      element("h2", { id: "machines-title" }, t("machines.title")),
      list,
      empty,
    ),
    show({ plant, selection }, changes) {
      if (!changes.structure && !changes.selection && changes.machines.size === 0) return;
      rows.show(machineRows(plant.machines.values(), selection.machine, t, format));
      empty.hidden = plant.machines.size > 0 || plant.agent === undefined;
    },
    tick() {},
    dispose() {},
  };
}
