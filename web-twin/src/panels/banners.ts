import { element, setText } from "../dom/element.ts";
import type { Panel, PanelDeps } from "./panel.ts";

export interface BannerDeps extends PanelDeps {
  readonly reconnect: () => void;
}

/** What the operator must know before trusting the rest: the screen is old, or part of it could not be read. */
export function createBanners({ store, timers, t, format, reconnect }: BannerDeps): Panel {
  const age = element("span");
  const again = element("button", { type: "button", class: "action" }, t("feed.reconnect"));
  const stale = element(
    "div",
    { class: "banner banner-stale", hidden: true },
    element("strong", {}, t("feed.stale")),
    age,
    again,
  );
  const first = element("span");
  const dismiss = element("button", { type: "button", class: "action" }, t("feed.dismiss"));
  const notes = element("div", { class: "banner", role: "alert", hidden: true }, first, dismiss);
  const fault = element("div", { class: "banner", role: "alert", hidden: true });
  again.addEventListener("click", reconnect);
  dismiss.addEventListener("click", () => store.clearNotes());

  const tick = (): void => {
    const { feed } = store.view();
    stale.hidden = feed.state !== "stale";
    if (feed.heardMs === undefined) return;
    setText(age, t("feed.staleFor", { age: format.age(timers.now() - feed.heardMs) }));
  };

  return {
    element: element("div", { class: "banners" }, stale, notes, fault),
    show({ notes: found, fault: message }) {
      tick();
      notes.hidden = found.length === 0;
      setText(first, t("feed.notes", { first: found.at(-1) ?? "" }));
      fault.hidden = message === undefined;
      setText(fault, message === undefined ? "" : t("error.unexpected", { detail: message }));
    },
    tick,
    dispose() {},
  };
}
