import { element, setAttribute } from "../dom/element.ts";
import { createVirtualList } from "../dom/virtual-list.ts";
import type { MessageKey } from "../i18n/en.ts";
import { createListRow, type RowEvents } from "./alarm-row.ts";
import type { ListRow } from "./alarm-rows.ts";
import type { PanelDeps } from "./panel.ts";

const COLUMNS: readonly (readonly [className: string, words: MessageKey])[] = [
  ["cell-priority", "alarm.priority"],
  ["cell-time", "alarm.column.time"],
  ["cell-machine", "alarm.column.machine"],
  ["cell-reason", "alarm.column.reason"],
  ["cell-area", "alarm.column.area"],
  ["cell-state", "alarm.column.state"],
  ["cell-actions", "alarm.column.actions"],
];
const ROW_PX = 46;

export interface AlarmTable {
  readonly element: HTMLElement;
  show(rows: readonly ListRow[]): void;
  /** Brings an alarm into sight. */
  reveal(id: string): void;
  dispose(): void;
}

/** Alarms in rows; of thousands, those in sight.
 *  @param labelledBy id of what says which alarms they are */
export function createAlarmTable(deps: PanelDeps, events: RowEvents, labelledBy: string): AlarmTable {
  const { t } = deps;
  const body = element("div", { class: "alarm-body", role: "presentation" });
  const scroller = element("div", { class: "alarm-scroller", role: "rowgroup" }, body);
  const heads = COLUMNS.map(([className, words]) =>
    element("span", { role: "columnheader", class: `alarm-cell ${className}` }, t(words)),
  );
  const table = element(
    "div",
    { class: "alarm-table", role: "table", "aria-labelledby": labelledBy },
    element(
      "div",
      { class: "alarm-heads", role: "rowgroup" },
      element("div", { role: "row", class: "alarm-head" }, ...heads),
    ),
    scroller,
  );
  const rows = createVirtualList<ListRow>({
    scroller,
    body,
    keyOf: ({ key }) => key,
    create: (row) => createListRow(row, deps, events),
    estimate: ROW_PX,
  });
  let shown: readonly ListRow[] = [];

  return {
    element: table,
    show(next) {
      shown = next;
      table.hidden = next.length === 0;
      setAttribute(table, "aria-rowcount", String(next.length + 1));
      rows.show(next);
    },
    reveal(id) {
      const index = shown.findIndex(({ key }) => key === id);
      if (index >= 0) rows.scrollTo(index);
    },
    dispose: rows.dispose,
  };
}
