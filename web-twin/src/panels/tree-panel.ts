import { urgencyOf } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { iconElement } from "../dom/icon.ts";
import { createVirtualRows, type VirtualRow } from "../dom/virtual-rows.ts";
import { type IconName, LOOKS } from "../scene/look.ts";
import {
  buildTree,
  openNodes,
  parentOf,
  rollUpTree,
  type Tree,
  type TreeAsset,
} from "../state/tree-model.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { pointLook, pointStateText } from "./point-look.ts";

const ROW_PX = 26;
const REFRESH_MS = 500;
/** Below this a branch is normal, or merely without a good value. */
const ABNORMAL = 2;

/** The plant as a tree: site, area, line, cell, asset, each with the most urgent state beneath it.
 *  @param chosen something was chosen by hand */
export function createTreePanel(deps: PanelDeps, chosen: () => void = () => {}): Panel {
  const { store, points, timers, t } = deps;
  const filter = element("input", { type: "checkbox", id: "tree-abnormal" });
  const none = element("p", { class: "note", role: "status", hidden: true });
  const body = element("div", { class: "tree-rows" });
  const scroller = element(
    "div",
    {
      class: "tree-scroll",
      role: "tree",
      tabindex: "0",
      "aria-label": t("tree.title"),
      "data-tree": true,
    },
    body,
  );

  let tree: Tree = [];
  let states = new Uint8Array(0);
  let rows: readonly number[] = [];
  let active = 0;
  const open = new Set<string>();
  let cancelRefresh: (() => void) | undefined;
  let shownSelection: string | undefined;

  const stateOf = (asset: number): number => points.view()?.rollUp[asset] ?? 0;

  const rowOf = (): VirtualRow => {
    const icon = element("span", { class: "tree-icon" });
    const twist = element("span", { class: "tree-twist", "aria-hidden": "true" });
    const name = element("span", { class: "tree-name" });
    const row = element("div", { class: "tree-row", role: "treeitem" }, twist, icon, name);
    let at = 0;
    row.addEventListener("click", (event) => {
      active = at;
      if (event.target === twist) toggle(at);
      else choose(at);
      scroller.focus({ preventScroll: true });
    });
    return {
      element: row,
      update(index) {
        at = index;
        show(index, { row, icon, twist, name });
      },
    };
  };
  const list = createVirtualRows({ scroller, body, rowHeight: ROW_PX, create: rowOf });

  function show(
    index: number,
    parts: Readonly<Record<"icon" | "name" | "row" | "twist", HTMLElement>>,
  ): void {
    const node = tree[rows[index] ?? -1];
    if (node === undefined) return;
    const { row, icon, twist, name } = parts;
    const isBranch = node.end > (rows[index] ?? 0) + 1;
    const isOpen = filter.checked || open.has(node.id);
    const state = states[rows[index] ?? 0] ?? 0;
    const { name: shape, tone } = lookOf(node.asset, state);
    row.id = `tree-${index}`;
    row.style.paddingLeft = `${(node.level - 1) * 14 + 6}px`;
    setAttribute(row, "aria-level", String(node.level));
    setAttribute(row, "aria-posinset", String(node.place));
    setAttribute(row, "aria-setsize", String(node.siblings));
    setAttribute(row, "aria-expanded", isBranch ? String(isOpen) : undefined);
    setAttribute(
      row,
      "aria-selected",
      String(node.asset !== undefined && node.id === store.view().selection.asset),
    );
    setAttribute(row, "aria-label", t("tree.label", { name: node.name, state: textOf(node.asset, state) }));
    setAttribute(row, "data-active", index === active);
    setAttribute(row, "data-asset", node.asset === undefined ? undefined : node.id);
    setText(twist, isBranch ? (isOpen ? "▾" : "▸") : "");
    setText(name, node.name);
    row.title = node.asset === undefined ? node.id : deps.nameOf(node.id);
    drawIcon(icon, shape, tone);
  }

  /** Of a machine that is listened to, its health says more than its points. */
  const machineOf = (asset: number | undefined) =>
    store.view().plant.machines.get(assets[asset ?? -1]?.id ?? "");
  function lookOf(asset: number | undefined, state: number) {
    const machine = machineOf(asset);
    const look = pointLook(state);
    if (machine === undefined || look.icon !== undefined) return { name: look.icon, tone: look.tone };
    const { icon, colour } = LOOKS[machine.health.state];
    return { name: machine.health.state === "healthy" ? undefined : icon, tone: colour };
  }
  function textOf(asset: number | undefined, state: number): string {
    const machine = machineOf(asset);
    return machine === undefined || pointLook(state).icon !== undefined
      ? pointStateText(state, t)
      : t(`health.${machine.health.state}`);
  }

  function drawIcon(icon: HTMLElement, shape: IconName | undefined, tone: string): void {
    if (icon.dataset["look"] === `${shape}${tone}`) return;
    icon.dataset["look"] = `${shape}${tone}`;
    icon.replaceChildren(...(shape === undefined ? [] : [iconElement(shape, tone)]));
  }

  let assets: readonly TreeAsset[] = [];
  const build = (): void => {
    const layout = points.view()?.layout.layout;
    const machines = store.view().plant.machines;
    const fromLayout = (layout?.assets ?? []).map(({ id, name }) => ({
      id,
      name: machines.get(id)?.name ?? name ?? id.slice(id.lastIndexOf("/") + 1),
    }));
    const known = new Set(fromLayout.map(({ id }) => id));
    const others = [...machines.values()].filter(({ id }) => !known.has(id));
    assets = [...fromLayout, ...others.map(({ id, name }) => ({ id, name }))];
    const areas = new Map(layout?.areas.map(({ id, name }) => [id, name]));
    tree = buildTree(assets, (index) => areas.get(layout?.assets[index]?.area ?? "") ?? "");
    states = new Uint8Array(tree.length);
    // Open as far as there is nothing to choose from.
    if (open.size === 0) for (const { id, level } of tree) if (level <= 2) open.add(id);
    arrange();
  };

  const arrange = (): void => {
    const activeNode = rows[active];
    rollUpTree(tree, stateOf, states);
    rows = openNodes(
      tree,
      (id) => open.has(id),
      filter.checked ? (node) => urgencyOf(states[node] ?? 0) >= ABNORMAL : undefined,
    );
    const kept = activeNode === undefined ? -1 : rows.indexOf(activeNode);
    active = Math.max(0, kept >= 0 ? kept : Math.min(active, rows.length - 1));
    none.hidden = rows.length > 0;
    setText(none, t(tree.length === 0 ? "tree.empty" : "tree.none"));
    list.show(rows.length);
    setAttribute(scroller, "aria-activedescendant", rows.length === 0 ? undefined : `tree-${active}`);
  };

  const activate = (index: number): void => {
    active = Math.max(0, Math.min(rows.length - 1, index));
    list.scrollTo(active);
    list.refresh();
    setAttribute(scroller, "aria-activedescendant", `tree-${active}`);
  };

  function toggle(index: number, wanted?: boolean): void {
    const node = tree[rows[index] ?? -1];
    if (node === undefined) return;
    if (wanted ?? !open.has(node.id)) open.add(node.id);
    else open.delete(node.id);
    arrange();
  }
  function choose(index: number): void {
    const node = tree[rows[index] ?? -1];
    if (node?.asset === undefined) {
      toggle(index);
      return;
    }
    store.selectAsset(node.id);
    chosen();
  }

  const right = (): void => {
    const node = tree[rows[active] ?? -1];
    const isBranch = node !== undefined && node.end > (rows[active] ?? 0) + 1;
    if (!isBranch) return;
    if (open.has(node.id) || filter.checked) activate(active + 1);
    else toggle(active, true);
  };
  const left = (): void => {
    const at = rows[active] ?? -1;
    const node = tree[at];
    if (node !== undefined && node.end > at + 1 && open.has(node.id) && !filter.checked) {
      toggle(active, false);
      return;
    }
    const above = parentOf(tree, at);
    if (above !== undefined) activate(rows.indexOf(above));
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => activate(active + 1),
    ArrowUp: () => activate(active - 1),
    ArrowRight: right,
    ArrowLeft: left,
    Home: () => activate(0),
    End: () => activate(rows.length - 1),
    PageDown: () => activate(active + list.pageSize()),
    PageUp: () => activate(active - list.pageSize()),
    Enter: () => choose(active),
    " ": () => choose(active),
  };
  scroller.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  filter.addEventListener("change", arrange);

  /** Opens what holds the selected asset and brings it into view. */
  const reveal = (id: string): void => {
    const at = tree.findIndex((node) => node.asset !== undefined && node.id === id);
    if (at < 0) return;
    for (let up = parentOf(tree, at); up !== undefined; up = parentOf(tree, up)) open.add(tree[up]?.id ?? "");
    arrange();
    const row = rows.indexOf(at);
    if (row >= 0) activate(row);
  };

  const refreshSoon = (): void => {
    cancelRefresh ??= timers.after(REFRESH_MS, () => {
      cancelRefresh = undefined;
      if (filter.checked) return arrange();
      rollUpTree(tree, stateOf, states);
      list.refresh();
    });
  };
  const unsubscribe = points.subscribe((change) => {
    if (change.kind === "layout") build();
    else if (change.kind === "all" || change.reshaped) refreshSoon();
  });
  const resized = new ResizeObserver(() => list.show(rows.length));
  resized.observe(scroller);

  return {
    element: element(
      "section",
      { class: "panel tree", "aria-labelledby": "tree-title" },
      element(
        "div",
        { class: "block-head" },
        element("h2", { id: "tree-title" }, t("tree.title")),
        element("label", { class: "check", for: "tree-abnormal" }, filter, t("tree.abnormal")),
      ),
      none,
      scroller,
    ),
    show({ selection }, changes) {
      if (changes.structure) build();
      else if (changes.machines.size > 0) refreshSoon();
      if (!changes.selection && !changes.structure) return;
      if (selection.asset !== undefined && selection.asset !== shownSelection) reveal(selection.asset);
      shownSelection = selection.asset;
      list.refresh();
    },
    tick() {},
    dispose() {
      unsubscribe();
      cancelRefresh?.();
      resized.disconnect();
      list.dispose();
    },
  };
}
