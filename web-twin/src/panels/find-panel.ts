import { element, setText } from "../dom/element.ts";
import { createAddress } from "../state/address.ts";
import { createBookmarks, MOST_BOOKMARKS } from "../state/bookmarks.ts";
import { createFindBox, type Found } from "./find-box.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** Views that somebody named: their addresses behind a button. */
function createBookmarkMenu({ t, settings }: PanelDeps) {
  const bookmarks = createBookmarks(settings);
  const list = element("ul", { class: "bookmark-list" });
  const none = element("p", { class: "note" }, t("bookmarks.none"));
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const name = element("input", { type: "text", maxlength: "60", required: true, autocomplete: "off" });
  name.setAttribute("aria-label", t("bookmarks.name"));
  name.placeholder = t("bookmarks.name");
  const form = element(
    "form",
    { class: "bookmark-form" },
    name,
    element("button", { type: "submit", class: "action" }, t("bookmarks.save")),
  );
  const menu = element(
    "details",
    { class: "bookmarks" },
    element("summary", { class: "action" }, t("bookmarks.title")),
    element("div", { class: "bookmark-popup" }, list, none, form, problem),
  );

  const rowOf = (bookmark: { readonly name: string; readonly hash: string }): HTMLElement => {
    const open = element("a", { href: bookmark.hash, class: "link" }, bookmark.name);
    open.setAttribute("aria-label", t("bookmarks.open", { name: bookmark.name }));
    open.addEventListener("click", () => {
      menu.open = false;
    });
    const remove = element("button", { type: "button", class: "icon-button" }, "×");
    remove.setAttribute("aria-label", t("bookmarks.remove", { name: bookmark.name }));
    remove.addEventListener("click", () => {
      bookmarks.remove(bookmark.name);
      draw();
      name.focus();
    });
    return element("li", {}, open, remove);
  };
  function draw(): void {
    const all = bookmarks.all();
    list.replaceChildren(...all.map(rowOf));
    none.hidden = all.length > 0;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = name.value.trim();
    if (text === "") return;
    const isKept = bookmarks.add({
      name: text,
      hash: location.hash === "" ? "#/plant/scene" : location.hash,
    });
    problem.hidden = isKept;
    if (!isKept) setText(problem, t("bookmarks.full", { n: MOST_BOOKMARKS }));
    else name.value = "";
    draw();
  });
  menu.addEventListener("toggle", draw);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.stopPropagation();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  return menu;
}

/** Finds anything of the plant and leads there; remembers views; keeps the address of the page.
 *  @param chosen something was chosen by hand */
export function createFindPanel(deps: PanelDeps, chosen: () => void = () => {}): Panel {
  const { store, t, points } = deps;
  const pick = (found: Found): void => {
    if (found.kind === "point") store.selectPoint(found.subject.id);
    else store.selectAsset(found.id);
    chosen();
  };
  const box = createFindBox(deps, {
    id: "find",
    label: t("find.label"),
    placeholder: t("find.placeholder"),
    withScores: false,
    withAssets: true,
    isMain: true,
    pick,
  });
  const address = createAddress({
    store,
    hash: () => location.hash,
    replaceHash: (hash) => history.replaceState(null, "", hash),
    ignored: (parts) => store.addNotes([t("link.ignored", { parts: parts.join(", ") })]),
    replay: store.setReplay,
  });
  const abort = new AbortController();
  addEventListener("hashchange", address.follow, { signal: abort.signal });
  address.follow();
  const unsubscribe = points.subscribe((change) => {
    if (change.kind === "layout") box.forget();
  });

  return {
    element: element("div", { class: "find", role: "search" }, box.element, createBookmarkMenu(deps)),
    show(view, changes) {
      if (changes.structure) box.forget();
      address.show(view, changes);
    },
    tick() {},
    dispose() {
      abort.abort();
      unsubscribe();
      box.dispose();
    },
  };
}
