import { element, setText } from "../dom/element.ts";
import { allChanged, type View } from "../state/store.ts";
import type { Panel, PanelDeps } from "./panel.ts";

export type CreatePanel<P extends Panel = Panel> = (deps: PanelDeps) => P;

export interface LazyPanel<P extends Panel> extends Panel {
  /** Undefined until its code has come. */
  panel(): P | undefined;
}

/** A panel whose code is fetched when it is first wanted: the first picture does not wait for it.
 *  @param load gives the panel's factory
 *  @param isWanted by what the screen shows; always, where it is left out */
export function lazyPanel<P extends Panel>(
  deps: PanelDeps,
  load: () => Promise<CreatePanel<P>>,
  isWanted: (view: View) => boolean = () => true,
): LazyPanel<P> {
  const { t, store } = deps;
  const text = element("p", { class: "note", role: "status" }, t("page.loading"));
  const again = element("button", { type: "button", class: "action", hidden: true }, t("error.retry"));
  const host = element("div", { class: "slot" }, element("div", { class: "slot-note" }, text, again));
  let panel: P | undefined;
  let isAsked = false;
  let isDisposed = false;

  const fetchPanel = async (): Promise<void> => {
    isAsked = true;
    again.hidden = true;
    setText(text, t("page.loading"));
    try {
      const create = await load();
      if (isDisposed) return;
      panel = create(deps);
      host.replaceChildren(panel.element);
      const view = store.view();
      panel.show(view, allChanged(view));
    } catch (error) {
      setText(text, t("page.loadFailed", { why: error instanceof Error ? error.message : String(error) }));
      again.hidden = false;
    }
  };
  again.addEventListener("click", () => void fetchPanel());

  return {
    element: host,
    panel: () => panel,
    show(view, changes) {
      const wanted = isWanted(view);
      host.hidden = !wanted && panel === undefined;
      if (panel !== undefined) panel.show(view, changes);
      else if (wanted && !isAsked) void fetchPanel();
    },
    tick: () => panel?.tick(),
    dispose() {
      isDisposed = true;
      panel?.dispose();
    },
  };
}
