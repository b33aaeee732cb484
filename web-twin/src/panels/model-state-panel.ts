import { element, setText } from "../dom/element.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** Which model judges the machines, and which one is tried beside it. */
export function createModelStatePanel({ store, t, format, now }: PanelDeps): Panel {
  const champion = element("p", {});
  const trial = element("p", { class: "note" });
  const open = element("button", { type: "button", class: "action" }, t("modelState.open"));
  open.addEventListener("click", () => store.openPage("models"));
  const block = element(
    "section",
    { class: "block model-state", "aria-labelledby": "model-state-title" },
    element(
      "div",
      { class: "block-head" },
      element("h3", { id: "model-state-title" }, t("modelState.title")),
      open,
    ),
    champion,
    trial,
  );
  return {
    element: block,
    show({ plant: { models } }) {
      block.hidden = models === undefined;
      if (models === undefined) return;
      const { name, version, sinceTime } = models.champion;
      setText(
        champion,
        t("modelState.champion", {
          model: `${name} ${version}`,
          time: format.time(Date.parse(sinceTime), now()),
        }),
      );
      const tried = models.trial;
      setText(
        trial,
        tried === undefined
          ? t("modelState.noTrial")
          : t("modelState.trial", {
              model: `${tried.challenger.name} ${tried.challenger.version}`,
              stage: t(`stage.${tried.stage}`),
              percent: format.percent(tried.share),
            }),
      );
    },
    tick() {},
    dispose() {},
  };
}
