import { element, setAttribute, setText } from "../dom/element.ts";
import { LANGUAGE_NAMES, LANGUAGES, type Language } from "../i18n/language.ts";
import { alarmTotals } from "../state/alarm-order.ts";
import { badgeOf, modelTitle } from "./models-rows.ts";
import type { Panel, PanelDeps } from "./panel.ts";

export interface HeaderDeps extends PanelDeps {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
  readonly timeZone: string;
}

function createLanguageChoice({ t, language, setLanguage }: HeaderDeps): HTMLSelectElement {
  const choice = element(
    "select",
    { "aria-label": t("app.language"), "data-language": true },
    ...LANGUAGES.map((each) => element("option", { value: each, lang: each }, LANGUAGE_NAMES[each])),
  );
  choice.value = language;
  choice.addEventListener("change", () => {
    const chosen = LANGUAGES.find((each) => each === choice.value);
    if (chosen !== undefined) setLanguage(chosen);
  });
  return choice;
}

/** What holds for the whole plant: is the screen live, how many alarms stand, what time is it where. */
export function createHeader(deps: HeaderDeps): Panel {
  const { t, format, now, timeZone, store } = deps;
  const feed = element("span", { class: "chip feed-chip", role: "status" });
  const alarms = element("span", { class: "chip count", "data-count": "alarms" });
  const warnings = element("span", { class: "chip count", "data-count": "warnings" });
  const open = element("span", { class: "chip count", "data-count": "unacknowledged" });
  const agent = element("span", { class: "agent" });
  const clock = element("time", { class: "clock" });
  const model = element("span");
  const badge = element("span", { class: "badge" });
  const models = element(
    "button",
    { type: "button", class: "action models-button", "data-models": true },
    model,
    " ",
    badge,
  );
  models.addEventListener("click", () => store.openPage(store.view().page === "models" ? "plant" : "models"));

  const count = (chip: HTMLElement, key: "alarms" | "warnings" | "unacknowledged", n: number): void => {
    setText(chip, t(`count.${key}`, { n }));
    setAttribute(chip, "data-some", n > 0);
  };
  const tick = (): void => {
    const ms = now();
    setText(clock, `${format.clock(ms)} ${format.zone(ms)}`);
    setAttribute(clock, "title", timeZone);
  };
  tick();

  return {
    element: element(
      "header",
      { class: "header" },
      element("h1", { class: "brand" }, "Stethos"),
      feed,
      alarms,
      warnings,
      open,
      element("span", { class: "gap" }),
      models,
      agent,
      clock,
      createLanguageChoice(deps),
    ),
    show({ plant, feed: status, page }) {
      const known = plant.models;
      const title = known === undefined ? plant.agent?.model : modelTitle(known.champion);
      models.hidden = title === undefined;
      setText(model, t("models.button", { model: title ?? "" }));
      const wants = known === undefined ? undefined : badgeOf(known, t, format);
      badge.hidden = wants === undefined;
      setText(badge, wants ?? "");
      setAttribute(models, "aria-expanded", String(page === "models"));
      setText(feed, t(`feed.${status.state}`));
      setAttribute(feed, "data-state", status.state);
      const totals = alarmTotals(plant.alarms.values());
      count(alarms, "alarms", totals.alarms);
      count(warnings, "warnings", totals.warnings);
      count(open, "unacknowledged", totals.unacknowledged);
      setText(agent, plant.agent === undefined ? "" : t("app.agent", { version: plant.agent.version }));
    },
    tick,
    dispose() {},
  };
}
