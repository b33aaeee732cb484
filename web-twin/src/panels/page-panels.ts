import type { ReplayStage } from "../replay/replay-stage.ts";
import { lazyPanel } from "./lazy-panel.ts";
import type { PanelDeps } from "./panel.ts";

/** All that is not needed for the first picture; each part is fetched when it is first looked at.
 *  @param replayed for what shows the replayed moment
 *  @param reveal something was chosen by hand: its detail comes forward */
export function createPagePanels(
  deps: PanelDeps,
  replayed: PanelDeps,
  stage: ReplayStage,
  reveal: () => void,
) {
  return {
    alarms: lazyPanel(
      deps,
      async () => (await import("./alarm-panel.ts")).createAlarmPanel,
      ({ page }) => page === "alarms" || page === "plant",
    ),
    detail: lazyPanel(replayed, async () => (await import("./machine-panel.ts")).createMachinePanel),
    find: lazyPanel(deps, async () => {
      const { createFindPanel } = await import("./find-panel.ts");
      return (each) => createFindPanel(each, reveal);
    }),
    tree: lazyPanel(replayed, async () => {
      const { createTreePanel } = await import("./tree-panel.ts");
      return (each) => createTreePanel(each, reveal);
    }),
    table: lazyPanel(
      deps,
      async () => {
        const { createTablePanel } = await import("./table-panel.ts");
        return (each) => createTablePanel(each, reveal);
      },
      ({ page, manner }) => page === "plant" && manner === "table",
    ),
    trends: lazyPanel(
      deps,
      async () => (await import("./trends-page.ts")).createTrendsPage,
      ({ page }) => page === "trends",
    ),
    replay: lazyPanel(deps, async () => {
      const { createReplayPanel } = await import("./replay-panel.ts");
      return (each) => createReplayPanel({ ...each, stage });
    }),
    models: lazyPanel(
      deps,
      async () => (await import("./models-panel.ts")).createModelsPanel,
      ({ page }) => page === "models",
    ),
  };
}
