import { element } from "../dom/element.ts";
import { createEvidencePanel } from "./evidence-panel.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createReadingsPanel } from "./readings-panel.ts";
import { createSpectrogramPanel } from "./spectrogram-panel.ts";
import { createSummaryPanel } from "./summary-panel.ts";
import { createTrendPanel } from "./trend-panel.ts";
import { createWhyPanel } from "./why-panel.ts";

/** Everything about the chosen machine, most important first. */
export function createMachinePanel(deps: PanelDeps): Panel {
  const trend = createTrendPanel(deps);
  const readings = createReadingsPanel(deps, (tag) => {
    trend.choose(tag);
    trend.element.scrollIntoView({ block: "nearest" });
  });
  const parts: readonly Panel[] = [
    createSummaryPanel(deps),
    trend,
    createSpectrogramPanel(deps),
    createEvidencePanel(deps),
    createWhyPanel(deps),
    readings,
  ];
  const body = element("div", { hidden: true }, ...parts.map((part) => part.element));
  const none = element("p", { class: "empty" }, deps.t("detail.none"));
  return {
    element: element(
      "section",
      { class: "panel detail", "aria-label": deps.t("detail.title"), tabindex: "-1" },
      none,
      body,
    ),
    show(view, changes) {
      const { machine } = view.selection;
      body.hidden = machine === undefined;
      none.hidden = machine !== undefined;
      const touches =
        changes.structure ||
        changes.selection ||
        changes.alarms ||
        (machine !== undefined && changes.machines.has(machine));
      if (machine === undefined || !touches) return;
      for (const part of parts) part.show(view, changes);
    },
    tick() {
      for (const part of parts) part.tick();
    },
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}
