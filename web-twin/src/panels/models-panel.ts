import "../styles/models.css";
import { element } from "../dom/element.ts";
import { createDriftPanel } from "./drift-panel.ts";
import { createHistoryPanel } from "./history-panel.ts";
import { createLabelPanel } from "./label-panel.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createProofPanel } from "./proof-panel.ts";
import { createTrialPanel } from "./trial-panel.ts";

/** Everything about models: which one judges, which one is tried, and what that waits for. */
export function createModelsPanel(deps: PanelDeps): Panel {
  const { store, t } = deps;
  const trial = createTrialPanel(deps);
  const proof = createProofPanel(deps);
  const labels = createLabelPanel(deps);
  const drift = createDriftPanel(deps);
  const history = createHistoryPanel(deps);
  const parts: readonly Panel[] = [trial, proof, labels, drift, history];
  const none = element("p", { class: "empty" }, t("models.none"));
  const close = element("button", { type: "button", class: "action", "data-close": true }, t("models.close"));
  close.addEventListener("click", () => {
    store.openPage("plant");
    document.querySelector<HTMLElement>("[data-models]")?.focus();
  });
  const title = element("h2", { id: "models-title", tabindex: "-1" }, t("models.title"));
  const body = element(
    "div",
    {},
    trial.element,
    element("div", { class: "columns wide" }, proof.element, labels.element),
    element("div", { class: "columns wide" }, drift.element, history.element),
  );
  const panel = element(
    "section",
    { class: "panel models", "aria-labelledby": "models-title", hidden: true },
    element("div", { class: "panel-head" }, title, close),
    none,
    body,
  );
  panel.addEventListener("keydown", (event) => {
    // A dialog that is open takes Escape for itself.
    if (event.key === "Escape" && event.target instanceof Element && event.target.closest("dialog") === null)
      close.click();
  });

  return {
    element: panel,
    show(view, changes) {
      const isOpening = view.page === "models" && panel.hidden;
      panel.hidden = view.page !== "models";
      none.hidden = view.plant.models !== undefined;
      body.hidden = view.plant.models === undefined;
      if (!changes.models && !changes.selection && !changes.structure && !changes.setting) return;
      for (const part of parts) part.show(view, changes);
      // The keyboard goes where the eye goes.
      if (isOpening) title.focus();
    },
    tick() {
      for (const part of parts) part.tick();
    },
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}
