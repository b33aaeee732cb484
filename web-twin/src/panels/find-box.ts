import { element, setAttribute, setText } from "../dom/element.ts";
import type { Findings, FoundAsset, FoundPoint } from "../state/find-index.ts";
import { createLazyIndex, sourceOf } from "./find-source.ts";
import type { PanelDeps } from "./panel.ts";

const MOST_EACH = 12;

export type Found = FoundAsset | FoundPoint;

export interface FindBoxOptions {
  /** Unique among the boxes of the page. */
  readonly id: string;
  readonly label: string;
  readonly placeholder: string;
  /** Whether sensors' scores and healths are found, too. */
  readonly withScores: boolean;
  /** Whether assets themselves can be picked, or only what is measured on them. */
  readonly withAssets: boolean;
  /** The one that "/" leads to. */
  readonly isMain: boolean;
  readonly pick: (found: Found) => void;
}

/** A box that finds while one writes: a combobox with a list, after the ARIA authoring practices. */
export interface FindBox {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** The plant is another one. */
  forget(): void;
  dispose(): void;
}

interface Option {
  readonly found: Found;
  readonly element: HTMLElement;
}

export function createFindBox(deps: PanelDeps, options: FindBoxOptions): FindBox {
  const { t, format } = deps;
  const listId = `${options.id}-list`;
  const input = element("input", {
    type: "search",
    id: options.id,
    class: "find-input",
    "data-find": options.isMain,
    role: "combobox",
    "aria-label": options.label,
    "aria-expanded": "false",
    "aria-controls": listId,
    "aria-autocomplete": "list",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: options.placeholder,
  });
  const list = element("div", {
    id: listId,
    class: "find-list",
    role: "listbox",
    "aria-label": options.label,
  });
  const status = element("p", { class: "find-status", role: "status" });
  const popup = element("div", { class: "find-popup", hidden: true }, list, status);
  const index = createLazyIndex(
    () => sourceOf(deps, options.withScores),
    deps.timers,
    () => {
      if (!popup.hidden) search();
    },
  );
  let found: readonly Option[] = [];
  let active = -1;

  const close = (): void => {
    popup.hidden = true;
    setAttribute(input, "aria-expanded", "false");
    setAttribute(input, "aria-activedescendant", undefined);
  };

  const activate = (next: number): void => {
    const before = found[active];
    if (before !== undefined) setAttribute(before.element, "aria-selected", "false");
    active = next;
    const now = found[active];
    setAttribute(input, "aria-activedescendant", now?.element.id);
    if (now === undefined) return;
    setAttribute(now.element, "aria-selected", "true");
    now.element.scrollIntoView({ block: "nearest" });
  };

  const pick = (one: Found): void => {
    close();
    input.value = "";
    options.pick(one);
  };

  const optionOf = (one: Found, number: number): Option => {
    const isPoint = one.kind === "point";
    const asset = isPoint ? one.asset : one;
    const code = asset.code ?? "";
    const where = isPoint ? `${asset.name}${code === "" ? "" : `  ${code}`}` : code;
    const row = element(
      "div",
      { id: `${options.id}-${number}`, class: "find-option", role: "option", "aria-selected": "false" },
      element("span", { class: "find-name" }, one.name),
      element("span", { class: "find-where" }, where === "" ? asset.id : where),
    );
    row.title = isPoint ? one.subject.id : one.id;
    // The box keeps the keyboard.
    row.addEventListener("pointerdown", (event) => event.preventDefault());
    row.addEventListener("click", () => pick(one));
    return { found: one, element: row };
  };

  const groupOf = (title: string, rows: readonly Option[]): readonly HTMLElement[] => {
    if (rows.length === 0) return [];
    const head = element("div", { class: "find-group-title", "aria-hidden": "true" }, title);
    const group = element(
      "div",
      { role: "group", "aria-label": title },
      head,
      ...rows.map((row) => row.element),
    );
    return [group];
  };

  const show = (query: string, findings: Findings): void => {
    let number = 0;
    const rowsOf = (all: readonly Found[]): readonly Option[] =>
      all.map((one) => {
        number += 1;
        return optionOf(one, number);
      });
    const machines = rowsOf(options.withAssets ? findings.machines : []);
    const assets = rowsOf(options.withAssets ? findings.assets : []);
    const points = rowsOf(findings.points);
    found = [...machines, ...assets, ...points];
    list.replaceChildren(
      ...groupOf(t("find.machines"), machines),
      ...groupOf(t("find.assets"), assets),
      ...groupOf(t("find.points"), points),
    );
    const isMore = findings.pointCount > points.length;
    if (found.length === 0) setText(status, t("find.none", { query }));
    else if (isMore) setText(status, t("find.more", { n: format.whole(findings.pointCount) }));
    else setText(status, t("find.found", { n: found.length }));
    active = -1;
    activate(found.length > 0 ? 0 : -1);
  };

  function search(): void {
    const query = input.value.trim();
    if (query === "") {
      close();
      return;
    }
    popup.hidden = false;
    setAttribute(input, "aria-expanded", "true");
    const ready = index.get();
    if (ready === undefined) {
      found = [];
      list.replaceChildren();
      setText(status, t("find.indexing"));
    } else show(query, ready.search(query, MOST_EACH));
  }

  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => (popup.hidden ? search() : activate((active + 1) % Math.max(1, found.length))),
    ArrowUp: () => activate((active - 1 + found.length) % Math.max(1, found.length)),
    Enter: () => {
      const one = found[active];
      if (!popup.hidden && one !== undefined) pick(one.found);
    },
    Escape: () => {
      input.value = "";
      close();
    },
  };
  input.addEventListener("input", search);
  // Before the first letter the index is ready.
  input.addEventListener("focus", () => index.get());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (act === undefined || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });

  return {
    element: element("div", { class: "find-box" }, input, popup),
    input,
    forget: index.forget,
    dispose: index.dispose,
  };
}
