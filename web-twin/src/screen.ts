import { type AlarmDto, mayDo } from "@stethos/edge-agent/core";
import { element, setAttribute } from "./dom/element.ts";
import type { Messages } from "./i18n/en.ts";
import { createFormat } from "./i18n/format.ts";
import { createTranslate } from "./i18n/translate.ts";
import { createAlarmBar } from "./panels/alarm-bar.ts";
import { createAlarmCaller } from "./panels/alarm-caller.ts";
import { createBanners } from "./panels/banners.ts";
import { createDrawer } from "./panels/drawer.ts";
import { createHeader } from "./panels/header.ts";
import { createHelpDialog } from "./panels/help-dialog.ts";
import { createLogin } from "./panels/login.ts";
import { createMachineList } from "./panels/machine-list.ts";
import { createNavigation } from "./panels/navigation.ts";
import { followPageAddress } from "./panels/page-address.ts";
import { createPagePanels } from "./panels/page-panels.ts";
import type { Panel, PanelDeps } from "./panels/panel.ts";
import type { ScenePanel } from "./panels/scene-panel.ts";
import { createSettingsMenu } from "./panels/settings-menu.ts";
import { listenForShortcuts } from "./panels/shortcuts.ts";
import { createSidePanel } from "./panels/side-panel.ts";
import { createSkipLinks } from "./panels/skip-links.ts";
import type { ReplayStage } from "./replay/replay-stage.ts";
import { neighbourAlarm } from "./state/alarm-order.ts";
import { createNameOf } from "./state/asset-names.ts";
import { createReplayedStore } from "./state/replayed-plant.ts";
import { allChanged, type Changes, NOTHING_CHANGED, type View } from "./state/store.ts";
import { ApiError } from "./stream/api-error.ts";
import { askSession } from "./stream/session-api.ts";

type Handed =
  | "api"
  | "ask"
  | "language"
  | "now"
  | "operator"
  | "points"
  | "settings"
  | "store"
  | "timers"
  | "units";

export interface ScreenDeps extends Pick<PanelDeps, Handed> {
  readonly messages: Messages;
  /** The browser's; the plant's goes before it. */
  readonly timeZone: string;
  readonly scene: ScenePanel;
  /** Where moments of the past are shown. */
  readonly stage: ReplayStage;
  readonly reconnect: () => void;
  /** Read out by screen readers. */
  readonly announce: (text: string) => void;
  /** Makes the screen anew: language, units or the plant's zone changed. */
  readonly renew: () => void;
}

/** All that is written in one language; made anew when the language changes. */
export interface Screen {
  tick(): void;
  failed(error: unknown): void;
  /** Something was chosen by hand: on a narrow screen its detail comes forward. */
  reveal(): void;
  dispose(): void;
}

/** What all panels are given. */
function panelDepsOf(deps: ScreenDeps, failed: (error: unknown) => void): PanelDeps {
  const { store, points, operator, language } = deps;
  const timeZone = points.view()?.layout.layout.timeZone ?? deps.timeZone;
  const t = createTranslate(deps.messages);
  return {
    ...deps,
    t,
    timeZone,
    failed,
    format: createFormat(language, timeZone, t, deps.units),
    nameOf: createNameOf(store, points),
    may(right) {
      const { session, replayMs } = store.view();
      return (replayMs === undefined || right === "look") && mayDo(session.role, right);
    },
    // Whom the token names cannot act in another's name.
    operator: { name: () => store.view().session.name ?? operator.name(), rename: operator.rename },
  };
}

/** Puts the new screen in the place of the old one; the control that caused it keeps the keyboard. */
function replaceScreen(root: HTMLElement, ...parts: readonly HTMLElement[]): void {
  const { activeElement } = document;
  const focused = root.contains(activeElement) ? activeElement?.id : undefined;
  const menu = activeElement?.closest("[popover]")?.id;
  root.replaceChildren(...parts);
  if (menu !== undefined) document.getElementById(menu)?.showPopover();
  if (focused !== undefined && focused !== "") document.getElementById(focused)?.focus();
}

/** What one key does, anywhere. */
function createKeys(
  { store }: PanelDeps,
  { alarms }: Pick<ReturnType<typeof createPagePanels>, "alarms">,
  scene: ScenePanel,
) {
  let wantsScene = false;
  const focusScene = (): void => scene.element.querySelector<HTMLElement>("[tabindex]")?.focus();
  const chosen = () => store.view().plant.alarms.get(store.view().selection.alarm ?? "");
  const go = (step: -1 | 1): void => {
    const { plant, selection } = store.view();
    const next = neighbourAlarm(plant.alarms.values(), selection.alarm, step);
    if (next !== undefined) show(next);
  };
  /** Chooses an alarm and shows where it is. */
  const show = (alarm: AlarmDto): void => {
    store.selectAlarm(alarm.id);
    const { page, manner } = store.view();
    if (page === "plant" && manner !== "table") scene.goto(alarm.machine);
  };
  return {
    go,
    show,
    focusScene,
    shortcuts: {
      "/": () => document.querySelector<HTMLElement>("[data-find]")?.focus(),
      n: () => go(1),
      p: () => go(-1),
      a() {
        const alarm = chosen();
        if (alarm !== undefined) alarms.panel()?.acknowledge(alarm);
      },
      s() {
        const alarm = chosen();
        if (alarm !== undefined) alarms.panel()?.shelve(alarm);
      },
      f() {
        const { selection, manner } = store.view();
        store.showAs(manner === "table" ? "scene" : manner);
        if (selection.asset !== undefined) scene.goto(selection.asset);
        wantsScene = true;
      },
      "1": () => store.showAs("scene"),
      "2": () => store.showAs("plan"),
      "3": () => store.showAs("table"),
    },
    /** What is hidden takes no focus: only now the scene is to be seen. */
    shown() {
      if (wantsScene) focusScene();
      wantsScene = false;
    },
  };
}

/** What the drawer lies over. */
const behindOf = ({ page, replayMs }: View): string => `${page} ${replayMs === undefined}`;

/** So often machines follow a playing replay. */
const FOLLOW_MS = 250;

/** Calls `show` soon after the recording's points changed. */
function followReplay(
  { store, points, timers }: Pick<PanelDeps, "points" | "store" | "timers">,
  show: () => void,
): () => void {
  let cancel: (() => void) | undefined;
  const unsubscribe = points.subscribe(() => {
    if (store.view().replayMs === undefined) return;
    cancel ??= timers.after(FOLLOW_MS, () => {
      cancel = undefined;
      show();
    });
  });
  return () => {
    unsubscribe();
    cancel?.();
  };
}

export function createScreen(root: HTMLElement, deps: ScreenDeps): Screen {
  const { store, scene, points } = deps;
  const abort = new AbortController();
  const failed = (error: unknown): void => {
    if (error instanceof ApiError && error.kind === "unauthorized") login.ask();
  };
  const panelDeps = panelDepsOf(deps, failed);
  const { t, format, timeZone } = panelDeps;
  const askWhoSitsHere = (): void => {
    askSession(deps.ask, abort.signal).then(store.setSession, (error: unknown) => {
      if (!abort.signal.aborted) failed(error);
    });
  };
  const login = createLogin(panelDeps, () => {
    deps.reconnect();
    askWhoSitsHere();
  });
  const help = createHelpDialog(panelDeps);
  const caller = createAlarmCaller(panelDeps, deps.announce);
  const address = followPageAddress(store);
  let behind = "";
  const reveal = (): void => {
    // What was chosen leads to the plant: that other page must not close what it opens.
    behind = behindOf(store.view());
    drawer.open();
  };
  const replayed = createReplayedStore(store, points);
  const replayedDeps: PanelDeps = {
    ...panelDeps,
    store: replayed,
    now: () => store.view().replayMs ?? panelDeps.now(),
  };
  const pages = createPagePanels(panelDeps, replayedDeps, deps.stage, reveal);
  const keys = createKeys(panelDeps, pages, scene);
  const drawer = createDrawer(panelDeps, pages.detail.element);

  const settings = createSettingsMenu({
    ...panelDeps,
    renew: deps.renew,
    loggedOut: () => location.reload(),
    help: () => help.showModal(),
  });
  const header = createHeader(panelDeps, [createNavigation(panelDeps), pages.find, settings]);
  const bar = createAlarmBar(panelDeps, {
    sound: caller.sound,
    next: () => keys.go(1),
    show(alarm) {
      keys.show(alarm);
      reveal();
    },
  });
  const banners = createBanners({ ...panelDeps, reconnect: deps.reconnect });
  const machines = createMachineList(replayedDeps, reveal);
  const side = createSidePanel(panelDeps, { machines, tree: pages.tree }, (panel) =>
    panel.show(replayed.view(), allChanged(replayed.view())),
  );
  const { alarms, table, trends, models, detail, replay } = pages;
  /** Alarms that call now call in a replay as well. */
  const live: readonly Panel[] = [header, bar, banners, alarms, table, trends, models, replay];
  const following: readonly Pick<Panel, "show">[] = [scene, side, detail];
  const panels: readonly Panel[] = [...live, side, detail];

  // In the order in which the keyboard goes through them; where they stand is the style's matter.
  const main = element(
    "main",
    { class: "main" },
    alarms.element,
    side.element,
    scene.element,
    element("div", { class: "page table-page" }, table.element),
    element("div", { class: "page trends-host" }, trends.element),
    models.element,
    drawer.element,
  );
  const endShortcuts = listenForShortcuts(document, { ...keys.shortcuts, "?": () => help.showModal() });

  document.documentElement.lang = deps.language;
  document.title = t("app.title");
  scene.translate(t, format);
  replaceScreen(
    root,
    createSkipLinks(panelDeps, keys),
    header.element,
    bar.element,
    banners.element,
    main,
    replay.element,
    login.element,
    help,
  );

  let wasLive = false;
  const show = (view: View, changes: Changes): void => {
    document.body.dataset["feed"] = view.feed.state;
    document.documentElement.dataset["palette"] = view.palette;
    main.dataset["page"] = view.page;
    main.dataset["manner"] = view.manner;
    setAttribute(document.body, "data-replay", view.replayMs !== undefined);
    // Another page, or a replay with its controls, must not begin behind the drawer.
    const next = behindOf(view);
    if (next !== behind) drawer.close();
    behind = next;
    const isLive = view.feed.state === "live";
    if (isLive && !wasLive) askWhoSitsHere();
    wasLive = isLive;
    // Before the search, which writes what is selected behind the page.
    if (changes.selection) address.show(view);
    for (const panel of following) panel.show(replayed.view(), changes);
    for (const panel of live) panel.show(view, changes);
    if (changes.alarms) caller.call(view);
    keys.shown();
  };
  show(store.view(), allChanged(store.view()));
  const unsubscribe = store.subscribe(show);
  const endFollowing = followReplay(panelDeps, () => {
    const then = replayed.view();
    const changes = { ...NOTHING_CHANGED, machines: new Set(then.plant.machines.keys()) };
    for (const panel of following) panel.show(then, changes);
  });
  const endZone = points.subscribe((change) => {
    if (change.kind !== "layout") return;
    if ((points.view()?.layout.layout.timeZone ?? deps.timeZone) !== timeZone) deps.renew();
  });

  return {
    tick() {
      for (const panel of panels) panel.tick();
    },
    failed,
    reveal,
    dispose() {
      abort.abort();
      unsubscribe();
      endFollowing();
      endZone();
      endShortcuts();
      address.dispose();
      caller.dispose();
      login.dispose();
      for (const panel of panels) panel.dispose();
    },
  };
}
