import { element } from "../dom/element.ts";
import type { MessageKey } from "../i18n/en.ts";
import type { PanelDeps } from "./panel.ts";

const focus = (selector: string) => (): void => document.querySelector<HTMLElement>(selector)?.focus();

/** The first stop of the keyboard: over the header to what was come for. */
export function createSkipLinks(
  { t }: Pick<PanelDeps, "t">,
  { focusScene }: { readonly focusScene: () => void },
): HTMLElement {
  const skip = (words: MessageKey, go: () => void): HTMLElement => {
    const button = element("button", { type: "button", class: "skip" }, t(words));
    button.addEventListener("click", go);
    return button;
  };
  return element(
    "nav",
    { class: "skips", "aria-label": t("page.skip") },
    skip("page.skip.search", focus("[data-find], [data-filter-text]")),
    skip("page.skip.alarms", focus("#alarms")),
    skip("page.skip.machines", focus(".machines button")),
    skip("page.skip.plant", focusScene),
  );
}
