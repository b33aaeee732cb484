import { element, setAttribute, setText } from "../dom/element.ts";
import { LANGUAGE_NAMES, LANGUAGES } from "../i18n/language.ts";
import { UNIT_SYSTEMS } from "../i18n/units.ts";
import { errorText } from "../i18n/words.ts";
import { PALETTES } from "../state/palette.ts";
import { nothing, post } from "../stream/ask.ts";
import type { Panel, PanelDeps } from "./panel.ts";

export interface SettingsDeps extends PanelDeps {
  /** Writes everything anew: language or units are others now. */
  readonly renew: () => void;
  readonly loggedOut: () => void;
  readonly help: () => void;
}

interface Choice<T extends string> {
  readonly key: string;
  readonly label: string;
  readonly values: readonly T[];
  readonly now: T;
  readonly words: (value: T) => string;
  readonly chosen: (value: T) => void;
}

function choice<T extends string>({ key, label, values, now, words, chosen }: Choice<T>): HTMLElement {
  const select = element(
    "select",
    { id: `setting-${key}`, [`data-${key}`]: true },
    ...values.map((value) =>
      element("option", { value, ...(key === "language" && { lang: value }) }, words(value)),
    ),
  );
  select.value = now;
  select.addEventListener("change", () => {
    const found = values.find((value) => value === select.value);
    if (found !== undefined) chosen(found);
  });
  return element("div", { class: "setting" }, element("label", { for: `setting-${key}` }, label), select);
}

function choices({ t, settings, store, language, units, renew }: SettingsDeps): readonly HTMLElement[] {
  const keep = (key: string, again: boolean) => (value: string) => {
    settings.set(key, value);
    if (again) renew();
  };
  return [
    choice({
      key: "language",
      label: t("app.language"),
      values: LANGUAGES,
      now: language,
      words: (each) => LANGUAGE_NAMES[each],
      chosen: keep("language", true),
    }),
    choice({
      key: "palette",
      label: t("session.palette"),
      values: PALETTES,
      now: store.view().palette,
      words: (each) => t(`session.palette.${each}`),
      chosen(palette) {
        keep("palette", false)(palette);
        store.setPalette(palette);
      },
    }),
    choice({
      key: "units",
      label: t("session.units"),
      values: UNIT_SYSTEMS,
      now: units,
      words: (each) => t(`session.units.${each}`),
      chosen: keep("units", true),
    }),
  ];
}

/** What this screen's user chose, and who that is. */
export function createSettingsMenu(deps: SettingsDeps): Panel {
  const { t, ask, operator, store } = deps;
  const abort = new AbortController();
  const name = element("input", { type: "text", id: "operator-name", autocomplete: "name", maxlength: "80" });
  const nameNote = element("p", { class: "note" });
  const who = element("p", { class: "session" });
  const agent = element("p", { class: "note agent" });
  const logOut = element("button", { type: "button", class: "action" }, t("session.logOut"));
  const help = element("button", { type: "button", class: "action" }, t("help.open"));
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const menu = element(
    "div",
    { class: "settings-menu", id: "settings-menu", popover: "auto", "aria-label": t("session.settings") },
    who,
    element("div", { class: "setting" }, element("label", { for: "operator-name" }, t("session.name")), name),
    nameNote,
    ...choices(deps),
    problem,
    element("div", { class: "dialog-buttons" }, help, logOut),
    agent,
  );
  const button = element(
    "button",
    { type: "button", class: "action", popovertarget: "settings-menu", "data-settings": true },
    t("session.settings"),
  );

  name.addEventListener("input", () => operator.rename(name.value));
  help.addEventListener("click", () => {
    menu.hidePopover();
    deps.help();
  });
  const leave = async (): Promise<void> => {
    logOut.disabled = true;
    try {
      await ask("v1/logout", post({}), nothing, abort.signal);
      deps.loggedOut();
    } catch (error) {
      if (abort.signal.aborted) return;
      problem.hidden = false;
      setText(problem, t("session.logOutFailed", { why: errorText(t, error) }));
    } finally {
      logOut.disabled = false;
    }
  };
  logOut.addEventListener("click", () => void leave());

  const show = (): void => {
    const { session, plant } = store.view();
    const role = t(`session.role.${session.role}`);
    setAttribute(button, "title", role);
    setText(who, session.name === undefined ? role : `${session.name}, ${role}`);
    name.disabled = session.name !== undefined;
    if (document.activeElement !== name) name.value = operator.name();
    setText(nameNote, t(session.name === undefined ? "session.nameNote" : "session.nameByToken"));
    logOut.hidden = !session.isProtected;
    setText(agent, plant.agent === undefined ? "" : t("app.agent", { version: plant.agent.version }));
  };
  menu.addEventListener("toggle", show);
  show();

  return {
    element: element("div", { class: "settings" }, button, menu),
    show(_, changes) {
      if (changes.setting || changes.structure) show();
    },
    tick() {},
    dispose: () => abort.abort(),
  };
}
