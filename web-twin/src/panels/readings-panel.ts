import { element, setAttribute, setText } from "../dom/element.ts";
import { createKeyedList, type Row } from "../dom/keyed-list.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { type ReadingRow, readingRows } from "./reading-rows.ts";

function createRow({ t }: PanelDeps, choose: (tag: string) => void): (first: ReadingRow) => Row<ReadingRow> {
  return (first) => {
    const name = element("span", { class: "reading-name" }, first.name);
    const value = element("span", { class: "reading-value" });
    const quality = element("span", { class: "reading-quality" });
    const button = element(
      "button",
      { type: "button", class: "reading", "data-tag": first.tag },
      name,
      value,
      quality,
    );
    button.addEventListener("click", () => choose(first.tag));
    return {
      element: element("li", {}, button),
      update(row) {
        setAttribute(button, "data-quality", row.quality);
        button.disabled = !row.hasTrend;
        button.title = [row.hasTrend ? t("readings.show", { name: row.name }) : "", row.title]
          .filter((text) => text !== "")
          .join("\n");
        setText(value, row.value);
        setText(quality, row.qualityText);
      },
    };
  };
}

/** The newest value of each of the chosen machine's tags. */
export function createReadingsPanel(deps: PanelDeps, choose: (tag: string) => void): Panel {
  const { t, format, now } = deps;
  const list = element("ul", { class: "readings" });
  const none = element("p", { class: "note" }, t("readings.none"));
  const rows = createKeyedList<ReadingRow>(list, ({ tag }) => tag, createRow(deps, choose));
  return {
    element: element(
      "section",
      { class: "block", "aria-labelledby": "readings-title" },
      element("h3", { id: "readings-title" }, t("readings.title")),
      list,
      none,
    ),
    show({ plant, selection }) {
      const machine = plant.machines.get(selection.machine ?? "");
      const found = machine === undefined ? [] : readingRows(machine, t, format, now());
      rows.show(found);
      none.hidden = found.length > 0;
    },
    tick() {},
    dispose() {},
  };
}
