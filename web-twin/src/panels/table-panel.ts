import { element, setAttribute, setText } from "../dom/element.ts";
import { createVirtualRows } from "../dom/virtual-rows.ts";
import { watchPointAges } from "../state/point-ages.ts";
import {
  createTableModel,
  firstQuery,
  TABLE_COLUMNS,
  type TableModel,
  type TableQuery,
} from "../state/table-model.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { assetCells, type CellDeps, pointCells, type RowCells } from "./table-cells.ts";
import { createTableFilters } from "./table-filters.ts";
import { createTableHeads, sortedBy } from "./table-heads.ts";
import { createTableRow } from "./table-row.ts";

const ROW_PX = 28;
const HEAD_PX = 30;
/** Five times a second: faster nobody reads figures. */
const REFRESH_MS = 200;
/** Rows must not run away from beneath the pointer. */
const REORDER_MS = 2_000;
const COLUMN_COUNT = TABLE_COLUMNS.length;

/** All points or assets of the plant as a table: of equal rank with the 3D view and the plan.
 *  @param chosen something was chosen by hand */
export function createTablePanel(deps: PanelDeps, chosen: () => void = () => {}): Panel {
  const { store, points, timers, t, format } = deps;
  const ages = watchPointAges(points);
  let query: TableQuery = firstQuery;
  let model: TableModel | undefined;
  let rows = new Uint32Array(0);
  let names: readonly string[] = [];
  let activeRow = 0;
  let activeColumn = 0;
  let isShown = false;
  let reorderedMs = 0;
  /** Something changed since the rows were put in order. */
  let isOrderOld = false;
  let cancelRefresh: (() => void) | undefined;

  const filters = createTableFilters(deps, () => {
    const { sort, isDescending } = query;
    query = { ...filters.wish(), sort, isDescending };
    arrange();
  });
  const heads = createTableHeads(t, (column) => {
    query = sortedBy(query, column);
    arrange();
  });
  const count = element("p", { class: "table-count", role: "status" });
  const none = element("p", { class: "note", role: "status", hidden: true });
  const body = element("div", { class: "table-rows", role: "rowgroup" });
  const scroller = element(
    "div",
    { class: "table-scroll" },
    element("div", { role: "rowgroup", class: "table-top" }, heads.element),
    body,
  );
  const grid = element(
    "div",
    {
      class: "table-grid",
      role: "grid",
      tabindex: "0",
      "aria-labelledby": "table-title",
      "aria-describedby": "table-help",
      "aria-colcount": String(COLUMN_COUNT),
    },
    scroller,
  );

  const cellDeps = (): CellDeps => ({
    points,
    names,
    changedMs: ages.changedMs,
    nowMs: deps.now,
    t,
    format,
  });
  const cellsOf = (index: number): RowCells | undefined => {
    const view = points.view();
    const row = rows[index];
    if (view === undefined || row === undefined) return undefined;
    return query.of === "points" ? pointCells(view, row, cellDeps()) : assetCells(view, row, cellDeps());
  };

  const createRow = () =>
    createTableRow({
      cellsOf,
      selection: () => store.view().selection,
      active: () => ({ row: activeRow, column: activeColumn }),
      clicked(row, column) {
        activate(row, column);
        open(row);
      },
    });
  const list = createVirtualRows({
    scroller,
    body,
    rowHeight: ROW_PX,
    headHeight: HEAD_PX,
    create: createRow,
  });

  /** Filters and sorts anew. */
  const arrange = (): void => {
    const view = points.view();
    rows = (model?.rows(query) ?? new Uint32Array(0)) as Uint32Array<ArrayBuffer>;
    reorderedMs = timers.now();
    isOrderOld = false;
    activeRow = Math.max(0, Math.min(activeRow, rows.length - 1));
    const total = query.of === "points" ? view?.layout.pointCount : view?.layout.assetCount;
    setText(count, t("table.count", { n: format.whole(rows.length), total: format.whole(total ?? 0) }));
    none.hidden = rows.length > 0;
    setText(none, t(view === undefined ? "table.noLayout" : "table.none"));
    setAttribute(grid, "aria-rowcount", String(rows.length + 1));
    setAttribute(grid, "data-rows", String(rows.length));
    heads.show(query);
    list.show(rows.length);
    point();
  };

  const point = (): void => {
    setAttribute(
      grid,
      "aria-activedescendant",
      rows.length === 0 ? undefined : `table-${activeRow}-${activeColumn}`,
    );
  };

  function activate(row: number, column: number): void {
    activeRow = Math.max(0, Math.min(rows.length - 1, row));
    activeColumn = Math.max(0, Math.min(COLUMN_COUNT - 1, column));
    list.scrollTo(activeRow);
    list.refresh();
    point();
  }

  function open(row: number): void {
    const found = cellsOf(row);
    if (found === undefined) return;
    if (found.tag === undefined) store.selectAsset(found.asset);
    else store.selectPoint(found.tag);
    chosen();
  }
  const openTrend = (row: number): void => {
    const tag = cellsOf(row)?.tag;
    if (tag !== undefined) store.openTrend({ kind: "tag", id: tag });
  };

  const rebuild = (): void => {
    const view = points.view();
    const layout = view?.layout.layout;
    const { machines } = store.view().plant;
    // Without the plant code, which has a column of its own.
    names = (layout?.assets ?? []).map(
      ({ id, name }) => machines.get(id)?.name ?? name ?? id.slice(id.lastIndexOf("/") + 1),
    );
    model = view === undefined ? undefined : createTableModel(view, names, ages.changedMs);
    filters.offer(layout);
    arrange();
  };

  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => activate(activeRow + 1, activeColumn),
    ArrowUp: () => activate(activeRow - 1, activeColumn),
    ArrowRight: () => activate(activeRow, activeColumn + 1),
    ArrowLeft: () => activate(activeRow, activeColumn - 1),
    PageDown: () => activate(activeRow + list.pageSize(), activeColumn),
    PageUp: () => activate(activeRow - list.pageSize(), activeColumn),
    Home: () => activate(activeRow, 0),
    End: () => activate(activeRow, COLUMN_COUNT - 1),
    "Control+Home": () => activate(0, 0),
    "Control+End": () => activate(rows.length - 1, COLUMN_COUNT - 1),
    Enter: () => open(activeRow),
    " ": () => open(activeRow),
    t: () => openTrend(activeRow),
  };
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || event.altKey || event.metaKey) return;
    const act = keys[event.ctrlKey ? `Control+${event.key}` : event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });

  /** Only where a change of states can bring other rows, and not too often. */
  const isOrderLive = (): boolean => query.state !== "all" || query.sort === "state";
  const follow = (): void => {
    if (isOrderOld && isOrderLive() && timers.now() - reorderedMs >= REORDER_MS) arrange();
    else list.refresh();
  };
  const refreshSoon = (): void => {
    isOrderOld = true;
    if (!isShown) return;
    cancelRefresh ??= timers.after(REFRESH_MS, () => {
      cancelRefresh = undefined;
      follow();
    });
  };
  const unsubscribe = points.subscribe((change) => {
    if (change.kind === "layout") rebuild();
    else refreshSoon();
  });
  const resized = new ResizeObserver(() => list.show(rows.length));
  resized.observe(scroller);

  const trend = element(
    "button",
    { type: "button", class: "action", "data-act": "trend" },
    t("table.openTrend"),
  );
  trend.addEventListener("click", () => openTrend(activeRow));
  const panel = element(
    "section",
    { class: "panel table", "aria-labelledby": "table-title", hidden: true },
    element(
      "div",
      { class: "panel-head" },
      element("h2", { id: "table-title" }, t("table.title")),
      count,
      trend,
    ),
    filters.element,
    element("p", { class: "unseen", id: "table-help" }, t("table.help")),
    none,
    grid,
  );

  return {
    element: panel,
    show({ page, manner }, changes) {
      const isOpening = !isShown && page === "plant" && manner === "table";
      isShown = page === "plant" && manner === "table";
      panel.hidden = !isShown;
      if (isOpening || (isShown && changes.structure)) rebuild();
      else if (isShown && changes.selection) list.refresh();
    },
    tick() {
      if (isShown) follow();
    },
    dispose() {
      unsubscribe();
      cancelRefresh?.();
      filters.dispose();
      resized.disconnect();
      list.dispose();
      ages.dispose();
    },
  };
}
