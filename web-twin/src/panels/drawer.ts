import { element, setAttribute } from "../dom/element.ts";
import type { PanelDeps } from "./panel.ts";

/** The chosen machine: beside the plant, and on a narrow screen in front of it. */
export interface Drawer {
  readonly element: HTMLElement;
  /** Brings it forward; beside the plant it always is. */
  open(): void;
  /** Leads back to what lies behind it. */
  close(): void;
}

export function createDrawer({ t }: Pick<PanelDeps, "t">, content: HTMLElement): Drawer {
  const close = element("button", { type: "button", class: "action drawer-close" }, t("page.drawerClose"));
  const drawer = element(
    "aside",
    { class: "drawer", "aria-label": t("detail.title") },
    close,
    element("p", { class: "replay-beside" }, t("replay.beside")),
    content,
  );
  let before: Element | null = null;

  const hide = (): void => {
    if (!drawer.hasAttribute("data-open")) return;
    setAttribute(drawer, "data-open", false);
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
  close.addEventListener("click", hide);
  drawer.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });

  return {
    element: drawer,
    open() {
      if (getComputedStyle(drawer).position !== "fixed") return;
      if (!drawer.hasAttribute("data-open")) before = document.activeElement;
      setAttribute(drawer, "data-open", true);
      close.focus();
    },
    close: hide,
  };
}
