import { element, setAttribute } from "../dom/element.ts";
import type { Panel, PanelDeps } from "./panel.ts";

const KEY = "side";

/** Left of the plant: the machines that are listened to, or all assets as a tree.
 *  @param parts what each of the two shows; a part that is not chosen does no work */
export function createSidePanel(
  { t, settings }: PanelDeps,
  parts: { readonly machines: Panel; readonly tree: Panel },
  everything: (panel: Panel) => void,
): Panel {
  const tabs = (["machines", "tree"] as const).map((name) => ({
    name,
    part: parts[name],
    button: element("button", { type: "button", class: "action tab", "data-side": name }, t(`page.${name}`)),
  }));
  let chosen: keyof typeof parts = settings.get(KEY) === "tree" ? "tree" : "machines";
  const mark = (): void => {
    for (const { name, part, button } of tabs) {
      setAttribute(button, "aria-pressed", String(name === chosen));
      part.element.hidden = name !== chosen;
    }
  };
  for (const { name, part, button } of tabs) {
    button.addEventListener("click", () => {
      chosen = name;
      settings.set(KEY, name);
      mark();
      everything(part);
    });
  }
  mark();

  return {
    element: element(
      "div",
      { class: "side", role: "region", "aria-label": t("page.side") },
      element("p", { class: "replay-beside" }, t("replay.beside")),
      element("div", { class: "tabs side-tabs" }, ...tabs.map(({ button }) => button)),
      ...tabs.map(({ part }) => part.element),
    ),
    show(view, changes) {
      parts[chosen].show(view, changes);
    },
    tick() {
      parts[chosen].tick();
    },
    dispose() {
      for (const { part } of tabs) part.dispose();
    },
  };
}
