import type { SimilarAlarmDto } from "@stethos/edge-agent/core";
import { element, setText } from "../dom/element.ts";
import { errorText, reasonText } from "../i18n/words.ts";
import { shownAlarm } from "../state/selection.ts";
import { createAnalysisApi } from "../stream/analysis-api.ts";
import { createLatest } from "./latest.ts";
import type { Panel, PanelDeps } from "./panel.ts";

/** Earlier alarms like the chosen one, and what was said of them. */
export function createSimilarPanel(deps: PanelDeps): Panel {
  const { t, format, now, store } = deps;
  const api = createAnalysisApi(deps.ask);
  const job = createLatest();
  const note = element("p", { class: "note", role: "status" });
  const list = element("ul", { class: "similar" });
  const retry = element("button", { type: "button", class: "action", hidden: true }, t("error.retry"));
  let asked: string | undefined;

  const rowOf = ({ alarm, likeness, label }: SimilarAlarmDto): HTMLElement => {
    const text = t("similar.row", {
      time: format.time(Date.parse(alarm.raisedTime), now()),
      machine: deps.nameOf(alarm.machine),
      reason: reasonText(t, alarm),
    });
    const isKnown = store.view().plant.alarms.has(alarm.id);
    const name = isKnown
      ? element("button", { type: "button", class: "link" }, text)
      : element("span", {}, text);
    if (isKnown) name.addEventListener("click", () => store.selectAlarm(alarm.id));
    const said = label === undefined ? t("similar.unlabelled") : t(`label.${label}.given`);
    return element(
      "li",
      { "data-said": label },
      name,
      element(
        "span",
        { class: "similar-said" },
        `${t("similar.likeness", { percent: format.percent(likeness) })}, ${said}`,
      ),
    );
  };

  const load = (alarm: string): void => {
    setText(note, t("similar.loading"));
    note.hidden = false;
    retry.hidden = true;
    list.replaceChildren();
    job.run((signal) => api.similar(alarm, signal), {
      ready(found) {
        note.hidden = found.length > 0;
        setText(note, t("similar.none"));
        list.replaceChildren(...found.map(rowOf));
      },
      failed(error) {
        setText(note, t("similar.failed", { why: errorText(t, error) }));
        retry.hidden = false;
        deps.failed(error);
      },
    });
  };
  retry.addEventListener("click", () => {
    if (asked !== undefined) load(asked);
  });
  const block = element(
    "section",
    { class: "block", "aria-labelledby": "similar-title" },
    element("h3", { id: "similar-title" }, t("similar.title")),
    note,
    list,
    retry,
  );
  return {
    element: block,
    show({ plant, selection }) {
      const alarm = shownAlarm(plant, selection);
      block.hidden = alarm === undefined;
      if (alarm?.id === asked) return;
      asked = alarm?.id;
      if (alarm === undefined) job.cancel();
      else load(alarm.id);
    },
    tick() {},
    dispose: () => job.cancel(),
  };
}
