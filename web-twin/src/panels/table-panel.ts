import { element, setAttribute, setText } from "../dom/element.ts";
import { iconElement } from "../dom/icon.ts";
import { createVirtualRows, type VirtualRow } from "../dom/virtual-rows.ts";
import type { MessageKey } from "../i18n/en.ts";
import { watchPointAges } from "../state/point-ages.ts";
import type { Selection } from "../state/selection.ts";
import {
  createTableModel,
  firstQuery,
  STATE_FILTERS,
  TABLE_COLUMNS,
  type TableColumn,
  type TableModel,
  type TableQuery,
} from "../state/table-model.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { pointLook } from "./point-look.ts";
import { assetCells, type CellDeps, pointCells, type RowCells } from "./table-cells.ts";

const ROW_PX = 28;
const HEAD_PX = 30;
/** Five times a second: faster nobody reads figures. */
const REFRESH_MS = 200;
/** Rows must not run away from beneath the pointer. */
const REORDER_MS = 2_000;
const TYPING_MS = 150;
const COLUMN_COUNT = TABLE_COLUMNS.length;

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

interface Row extends VirtualRow {
  readonly cells: readonly HTMLElement[];
}

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
  let cancelTyping: (() => void) | undefined;

  const select = (key: MessageKey, name: string): HTMLSelectElement =>
    element("select", { "aria-label": t(key), "data-filter": name });
  const fill = (box: HTMLSelectElement, options: readonly (readonly [string, string])[]): void => {
    const before = box.value;
    box.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
    box.value = options.some(([value]) => value === before) ? before : (options[0]?.[0] ?? "");
  };
  const labelled = (key: MessageKey, box: HTMLElement): HTMLElement =>
    element("label", { class: "field" }, element("span", {}, t(key)), box);

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
  const count = element("p", { class: "table-count", role: "status" });
  const none = element("p", { class: "note", role: "status", hidden: true });
  const heads = TABLE_COLUMNS.map((column) => {
    const head = element("div", { role: "columnheader", class: `cell cell-${column}`, "data-sort": column });
    const sort = element("button", { type: "button", class: "head-button" });
    sort.addEventListener("click", () => sortBy(column));
    head.append(sort);
    return { column, head, sort };
  });
  const head = element(
    "div",
    { class: "table-head", role: "row", "aria-rowindex": "1" },
    ...heads.map((one) => one.head),
  );
  const body = element("div", { class: "table-rows", role: "rowgroup" });
  const scroller = element(
    "div",
    { class: "table-scroll" },
    element("div", { role: "rowgroup", class: "table-top" }, head),
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

  const rowOf = (): Row => {
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
      activate(
        at,
        Math.max(
          0,
          cells.findIndex((one) => one.contains(cell)),
        ),
      );
      open(at);
    });
    return {
      element: row,
      cells,
      update(index) {
        at = index;
        show(index, row, cells, icon, stateText);
      },
    };
  };

  const isChosen = (
    { tag, asset }: RowCells,
    { point: chosenTag, asset: chosenAsset }: Selection,
  ): boolean => (tag === undefined ? asset === chosenAsset : tag === chosenTag);

  function show(
    index: number,
    row: HTMLElement,
    cells: readonly HTMLElement[],
    icon: HTMLElement,
    stateText: HTMLElement,
  ): void {
    const found = cellsOf(index);
    if (found === undefined) return;
    const { selection } = store.view();
    setAttribute(row, "aria-rowindex", String(index + 2));
    setAttribute(row, "data-row", found.tag ?? found.asset);
    setAttribute(row, "aria-selected", String(isChosen(found, selection)));
    cells.forEach((cell, c) => {
      const column = TABLE_COLUMNS[c] ?? "state";
      cell.id = `table-${index}-${c}`;
      setAttribute(cell, "data-active", index === activeRow && c === activeColumn);
      setText(column === "state" ? stateText : cell, found.text[column]);
    });
    const { icon: shape, tone } = pointLook(found.state);
    if (icon.dataset["look"] === `${shape}${tone}`) return;
    icon.dataset["look"] = `${shape}${tone}`;
    icon.replaceChildren(...(shape === undefined ? [] : [iconElement(shape, tone)]));
  }

  const list = createVirtualRows({
    scroller,
    body,
    rowHeight: ROW_PX,
    headHeight: HEAD_PX,
    create: rowOf,
  });

  const showHeads = (): void => {
    for (const { column, head: cell, sort } of heads) {
      const key = HEADS[query.of][column];
      const isSorted = query.sort === column;
      sort.hidden = key === undefined;
      const order = query.isDescending ? ("descending" as const) : ("ascending" as const);
      const arrow = isSorted ? ARROWS[order] : "";
      setText(sort, key === undefined ? "" : `${t(key)}${arrow}`);
      setAttribute(cell, "aria-sort", isSorted ? order : undefined);
    }
  };

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
    showHeads();
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
    const all = ["", t("table.all")] as const;
    fill(area, [all, ...(layout?.areas ?? []).map(({ name }, i) => [String(i), name] as const)]);
    fill(kind, [all, ...(layout?.kinds ?? []).map(({ id, name }, i) => [String(i), name ?? id] as const)]);
    arrange();
  };

  const ask = (): void => {
    const { sort, isDescending } = query;
    query = {
      of: of.value === "assets" ? "assets" : "points",
      ...(area.value === "" ? {} : { area: Number(area.value) }),
      ...(kind.value === "" || of.value === "assets" ? {} : { kind: Number(kind.value) }),
      state: STATE_FILTERS.find((one) => one === state.value) ?? "all",
      text: text.value,
      sort,
      isDescending,
    };
    kind.disabled = query.of === "assets";
    arrange();
  };

  function sortBy(column: TableColumn): void {
    // What asks for somebody and what is large comes first; names from the beginning.
    const isDescending =
      query.sort === column ? !query.isDescending : column === "state" || column === "value";
    query = { ...query, sort: column, isDescending };
    arrange();
  }

  for (const box of [of, area, kind, state]) box.addEventListener("change", ask);
  text.addEventListener("input", () => {
    cancelTyping?.();
    cancelTyping = timers.after(TYPING_MS, ask);
  });

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
    element(
      "div",
      { class: "table-filters" },
      labelled("table.of", of),
      labelled("table.area", area),
      labelled("table.kind", kind),
      labelled("table.state", state),
      text,
    ),
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
      cancelTyping?.();
      resized.disconnect();
      list.dispose();
      ages.dispose();
    },
  };
}
