import { element, setAttribute } from "../dom/element.ts";
import { createActionPanel } from "./action-panel.ts";
import { createAssetPanel } from "./asset-panel.ts";
import { createEvidencePanel } from "./evidence-panel.ts";
import { createHealthTrend } from "./health-trend.ts";
import { createMaintenancePanel } from "./maintenance-panel.ts";
import { createModelStatePanel } from "./model-state-panel.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createReadingsPanel } from "./readings-panel.ts";
import { createSimilarPanel } from "./similar-panel.ts";
import { createSpectrogramPanel } from "./spectrogram-panel.ts";
import { createSpectrumPanel } from "./spectrum-panel.ts";
import { createSummaryPanel } from "./summary-panel.ts";
import { createTrendPanel } from "./trend-panel.ts";
import { createValidityPanel } from "./validity-panel.ts";
import { createWhyPanel } from "./why-panel.ts";

/** Everything about the chosen machine, most important first: what it is, what to do, why, what was before. In a replay
 *  only what is recorded. */
export function createMachinePanel(deps: PanelDeps): Panel {
  const trend = createTrendPanel(deps);
  const readings = createReadingsPanel(deps, (tag) => {
    trend.choose(tag);
    trend.element.scrollIntoView({ block: "nearest" });
  });
  const summary = createSummaryPanel(deps);
  const parts: readonly Panel[] = [
    summary,
    createHealthTrend(deps),
    createActionPanel(deps),
    trend,
    createWhyPanel(deps),
    createEvidencePanel(deps),
    createSpectrumPanel(deps),
    createSpectrogramPanel(deps),
    createSimilarPanel(deps),
    readings,
    createValidityPanel(deps),
    createMaintenancePanel(deps),
    createModelStatePanel(deps),
  ];
  const recorded: readonly Panel[] = [summary, readings];
  for (const part of parts) setAttribute(part.element, "data-unrecorded", !recorded.includes(part));
  const told = (isReplay: boolean): readonly Panel[] => (isReplay ? recorded : parts);
  const unrecorded = element("p", { class: "note", hidden: true }, deps.t("replay.unrecorded"));
  const asset = createAssetPanel(deps);
  const body = element("div", { hidden: true }, ...parts.map((part) => part.element), unrecorded);
  const none = element("p", { class: "empty" }, deps.t("detail.none"));
  return {
    element: element(
      "section",
      { class: "panel detail", "aria-label": deps.t("detail.title"), tabindex: "-1" },
      none,
      body,
      asset.element,
    ),
    show(view, changes) {
      const { machine, asset: chosen } = view.selection;
      const isReplay = view.replayMs !== undefined;
      unrecorded.hidden = !isReplay;
      const isAsset = machine === undefined && chosen !== undefined;
      body.hidden = machine === undefined;
      asset.element.hidden = !isAsset;
      none.hidden = chosen !== undefined || machine !== undefined;
      const touches =
        changes.structure ||
        changes.selection ||
        changes.alarms ||
        changes.models ||
        changes.setting ||
        (machine !== undefined && changes.machines.has(machine));
      if (!touches) return;
      if (isAsset) asset.show(view, changes);
      if (machine !== undefined) for (const part of told(isReplay)) part.show(view, changes);
    },
    tick() {
      if (!body.hidden) for (const part of told(!unrecorded.hidden)) part.tick();
    },
    dispose() {
      for (const part of [...parts, asset]) part.dispose();
    },
  };
}
