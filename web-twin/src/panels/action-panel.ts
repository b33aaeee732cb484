import { element, setText } from "../dom/element.ts";
import { shownAlarm } from "../state/selection.ts";
import { adviceFor } from "./action-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** What to do about the chosen machine, in plain words. */
export function createActionPanel({ t }: PanelDeps): Panel {
  const why = element("p", { class: "note" });
  const steps = element("ol", { class: "steps" });
  let shown = "";
  return {
    element: element(
      "section",
      { class: "block action-block", "aria-labelledby": "action-title" },
      element("h3", { id: "action-title" }, t("machine.action")),
      why,
      steps,
    ),
    show({ plant, selection }) {
      const machine = plant.machines.get(selection.machine ?? "");
      const advice = adviceFor(machine, shownAlarm(plant, selection), t);
      setText(
        why,
        advice === undefined ? t("machine.actionNone") : t("machine.actionBecause", { why: advice.why }),
      );
      const texts = advice?.steps ?? [];
      if (texts.join("\n") === shown) return;
      shown = texts.join("\n");
      steps.replaceChildren(...texts.map((text) => element("li", {}, text)));
    },
    tick() {},
    dispose() {},
  };
}
