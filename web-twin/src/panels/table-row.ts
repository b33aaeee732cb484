import { element, setAttribute, setText } from "../dom/element.ts";
import { iconElement } from "../dom/icon.ts";
import type { VirtualRow } from "../dom/virtual-rows.ts";
import type { Selection } from "../state/selection.ts";
import { TABLE_COLUMNS } from "../state/table-model.ts";
import { pointLook } from "./point-look.ts";
import type { RowCells } from "./table-cells.ts";

export interface TableRowDeps {
  readonly cellsOf: (index: number) => RowCells | undefined;
  readonly selection: () => Selection;
  /** The cell that the keyboard is at. */
  readonly active: () => { readonly row: number; readonly column: number };
  readonly clicked: (row: number, column: number) => void;
}

const isChosen = ({ tag, asset }: RowCells, selection: Selection): boolean =>
  tag === undefined ? asset === selection.asset : tag === selection.point;

/** A row that shows now this line of the table, now that one. */
export function createTableRow({ cellsOf, selection, active, clicked }: TableRowDeps): VirtualRow {
  const icon = element("span", { class: "cell-icon" });
  const stateText = element("span");
  const cells = TABLE_COLUMNS.map((column, c) => {
    const cell = element("div", {
      role: "gridcell",
      class: `cell cell-${column}`,
      "aria-colindex": String(c + 1),
    });
    if (column === "state") cell.append(icon, stateText);
    return cell;
  });
  const row = element("div", { role: "row", class: "table-row" }, ...cells);
  let at = 0;
  row.addEventListener("click", (event) => {
    const cell = event.target instanceof Element ? event.target.closest("[role=gridcell]") : null;
    clicked(
      at,
      Math.max(
        0,
        cells.findIndex((one) => one.contains(cell)),
      ),
    );
  });

  const showState = (state: number): void => {
    const { icon: shape, tone } = pointLook(state);
    if (icon.dataset["look"] === `${shape}${tone}`) return;
    icon.dataset["look"] = `${shape}${tone}`;
    icon.replaceChildren(...(shape === undefined ? [] : [iconElement(shape, tone)]));
  };

  return {
    element: row,
    update(index) {
      at = index;
      const found = cellsOf(index);
      if (found === undefined) return;
      const keyboard = active();
      setAttribute(row, "aria-rowindex", String(index + 2));
      setAttribute(row, "data-row", found.tag ?? found.asset);
      setAttribute(row, "aria-selected", String(isChosen(found, selection())));
      cells.forEach((cell, c) => {
        const column = TABLE_COLUMNS[c] ?? "state";
        cell.id = `table-${index}-${c}`;
        setAttribute(cell, "data-active", index === keyboard.row && c === keyboard.column);
        setText(column === "state" ? stateText : cell, found.text[column]);
      });
      showState(found.state);
    },
  };
}
