import { element, setAttribute, setText } from "../dom/element.ts";
import type { MessageKey } from "../i18n/en.ts";
import type { Translate } from "../i18n/translate.ts";
import { TABLE_COLUMNS, type TableColumn, type TableQuery } from "../state/table-model.ts";

const HEADS: Readonly<Record<TableQuery["of"], Readonly<Record<TableColumn, MessageKey | undefined>>>> = {
  points: {
    state: "table.state",
    asset: "table.asset",
    code: "table.code",
    point: "table.point",
    value: "table.value",
    unit: "table.unit",
    age: "table.age",
  },
  assets: {
    state: "table.state",
    asset: "table.asset",
    code: "table.code",
    point: undefined,
    value: "table.measurements",
    unit: "table.area",
    age: undefined,
  },
};

const ARROWS = { ascending: " ▴", descending: " ▾" } as const;

/** The heads of the columns: what stands in each, and by which of them the rows are sorted. */
export function createTableHeads(t: Translate, sortBy: (column: TableColumn) => void) {
  const heads = TABLE_COLUMNS.map((column) => {
    const cell = element("div", { role: "columnheader", class: `cell cell-${column}`, "data-sort": column });
    const sort = element("button", { type: "button", class: "head-button" });
    sort.addEventListener("click", () => sortBy(column));
    cell.append(sort);
    return { column, cell, sort };
  });
  return {
    element: element(
      "div",
      { class: "table-head", role: "row", "aria-rowindex": "1" },
      ...heads.map(({ cell }) => cell),
    ),
    show(query: TableQuery): void {
      for (const { column, cell, sort } of heads) {
        const key = HEADS[query.of][column];
        const isSorted = query.sort === column;
        sort.hidden = key === undefined;
        const order = query.isDescending ? ("descending" as const) : ("ascending" as const);
        const arrow = isSorted ? ARROWS[order] : "";
        setText(sort, key === undefined ? "" : `${t(key)}${arrow}`);
        setAttribute(cell, "aria-sort", isSorted ? order : undefined);
      }
    },
  };
}

/** The same column once more turns the order round. */
export function sortedBy(query: TableQuery, column: TableColumn): TableQuery {
  // What asks for somebody and what is large comes first; names from the beginning.
  const isDescending = query.sort === column ? !query.isDescending : column === "state" || column === "value";
  return { ...query, sort: column, isDescending };
}
