import { element } from "./dom/element.ts";
import { createFormat } from "./i18n/format.ts";
import type { Language } from "./i18n/language.ts";
import { createTranslate } from "./i18n/translate.ts";

import { createAlarmList } from "./panels/alarm-list.ts";
import { freshText } from "./panels/alarm-rows.ts";
import { createBanners } from "./panels/banners.ts";
import { createHeader } from "./panels/header.ts";
import { createLogin } from "./panels/login.ts";
import { createMachineList } from "./panels/machine-list.ts";
import { createMachinePanel } from "./panels/machine-panel.ts";
import { createModelsPanel } from "./panels/models-panel.ts";
import type { Panel, PanelDeps } from "./panels/panel.ts";
import type { ScenePanel } from "./panels/scene-panel.ts";
import { createFreshAlarms } from "./state/fresh-alarms.ts";
import type { Changes, View } from "./state/store.ts";
import { ApiError } from "./stream/api-error.ts";

export interface ScreenDeps extends Pick<PanelDeps, "store" | "api" | "timers" | "now" | "operator"> {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
  readonly timeZone: string;
  readonly scene: ScenePanel;
  readonly reconnect: () => void;
  /** Read out by screen readers. */
  readonly announce: (text: string) => void;
}

/** All that is written in one language; made anew when the language changes. */
export interface Screen {
  tick(): void;
  failed(error: unknown): void;
  dispose(): void;
}

const everything = (view: View): Changes => ({
  structure: true,
  machines: new Set(view.plant.machines.keys()),
  alarms: true,
  models: true,
  feed: true,
  selection: true,
  setting: true,
  notes: true,
});

/** On a narrow screen the detail lies below what was tapped. */
function reveal(panel: HTMLElement): void {
  if (!matchMedia("(max-width: 900px)").matches) return;
  panel.scrollIntoView({ block: "start" });
}

export function createScreen(root: HTMLElement, deps: ScreenDeps): Screen {
  const { store, scene, language } = deps;
  const t = createTranslate(language);
  const format = createFormat(language, deps.timeZone, t);
  const failed = (error: unknown): void => {
    if (error instanceof ApiError && error.kind === "unauthorized") login.ask();
  };
  const panelDeps: PanelDeps = { ...deps, t, format, failed };
  const login = createLogin(panelDeps, deps.reconnect);
  const detail = createMachinePanel(panelDeps);
  const revealDetail = (): void => reveal(detail.element);
  const header = createHeader({ ...panelDeps, ...deps });
  const banners = createBanners({ ...panelDeps, reconnect: deps.reconnect });
  const machines = createMachineList(panelDeps, revealDetail);
  const alarms = createAlarmList(panelDeps, revealDetail);
  const models = createModelsPanel(panelDeps);
  const panels: readonly Panel[] = [header, banners, machines, alarms, detail, models];

  const fresh = createFreshAlarms();
  const announceFresh = ({ plant }: View): void => {
    const texts = fresh.take(plant.alarms.values()).map((alarm) => freshText(plant, alarm, t));
    if (texts.length > 0) deps.announce(texts.join(" "));
  };

  const main = element(
    "main",
    { class: "main" },
    machines.element,
    scene.element,
    models.element,
    alarms.element,
    detail.element,
  );

  document.documentElement.lang = language;
  document.title = t("app.title");
  scene.translate(t);
  root.replaceChildren(header.element, banners.element, main, login.element);

  const show = (view: View, changes: Changes): void => {
    document.body.dataset["feed"] = view.feed.state;
    main.dataset["page"] = view.page;
    scene.show(view, changes);
    for (const panel of panels) panel.show(view, changes);
    if (changes.alarms) announceFresh(view);
  };
  const now = store.view();
  // Another language is no news: what stood before was announced before.
  fresh.take(now.plant.alarms.values());
  show(now, everything(now));
  const unsubscribe = store.subscribe(show);

  return {
    tick() {
      for (const panel of panels) panel.tick();
    },
    failed,
    dispose() {
      unsubscribe();
      login.dispose();
      for (const panel of panels) panel.dispose();
    },
  };
}
