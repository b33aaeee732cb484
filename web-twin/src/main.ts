import { element } from "./dom/element.ts";
import { chooseLanguage } from "./i18n/language.ts";
import { loadMessages } from "./i18n/translate.ts";
import { chooseUnits } from "./i18n/units.ts";
import { createKeptPlant } from "./offline/kept-plant.ts";
import { createOfflinePage } from "./offline/offline-page.ts";
import { createScenePanel } from "./panels/scene-panel.ts";
import { beforePicture, browserTimers, createSettings, wallClockMs } from "./platform.ts";
import type { BootTimes, Probe } from "./probe.ts";
import { createReplayStage } from "./replay/replay-stage.ts";
import { createScreen, type Screen } from "./screen.ts";
import { createAgentClock } from "./state/agent-clock.ts";
import { choosePalette } from "./state/palette.ts";
import { readPlace } from "./state/place.ts";
import { createPointStore } from "./state/point-store.ts";
import { createStore } from "./state/store.ts";
import { createApi } from "./stream/api.ts";
import { ApiError } from "./stream/api-error.ts";
import { createAsk } from "./stream/ask.ts";
import { connectSocket } from "./stream/browser-socket.ts";
import { openFeed } from "./stream/feed.ts";
import { createTwinClient } from "./stream/twin-client.ts";
import { createLayoutLoader } from "./stream/twin-layout.ts";
import { openTwinLink } from "./stream/twin-link.ts";

const TICK_MS = 1_000;
/** So long the layout waits for the scene's code, and the panels for the first picture: longer they are useful without it. */
const SCENE_WAIT_MS = 1_000;
const PICTURE_WAIT_MS = 500;
const KEEP_AFTER_MS = 2_000;
const times: BootTimes = { module: performance.now() };

const socketUrl = (path: string, base: string): string => {
  const url = new URL(path, base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
};

/** After the page's first words are painted: at once where they stand already. */
async function afterPaint(): Promise<void> {
  if (performance.getEntriesByType("paint").length > 0) return;
  await new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

const leadsToScene = (hash: string): boolean => {
  const place = readPlace(hash);
  return place === undefined || (place.page === "plant" && place.manner === "scene");
};

/** Sockets -> stores -> scene and panels. */
function start(root: HTMLElement, live: HTMLElement): void {
  const base = new URL(".", document.baseURI).href;
  const settings = createSettings(() => localStorage);
  const clock = createAgentClock(wallClockMs);
  const page = new AbortController();
  const random = Math.random;
  const timers = browserTimers;
  const ask = createAsk({ fetch: (input, init) => fetch(input, init), base });
  const api = createApi(ask);
  const store = createStore(beforePicture);
  const { store: points, writer } = createPointStore({
    schedule: beforePicture,
    watch: (wanted) => client.watch(wanted),
  });
  let screen: Screen | undefined;
  let probe: Probe | undefined;

  const failed = (error: unknown): void => screen?.failed(error);
  const offline = createOfflinePage({
    kept: createKeptPlant(globalThis.caches, base),
    store,
    points,
    writer,
    timers,
    wallMs: wallClockMs,
  });
  /** A WebSocket does not tell why it was refused; a request does. */
  const askWhyRefused = async (): Promise<void> => {
    try {
      await api.probe(page.signal);
    } catch (error) {
      if (error instanceof ApiError && error.kind === "unauthorized") offline.forget();
      else offline.unreachable();
      failed(error);
    }
  };
  const heard = (agentMs: number): void => {
    clock.heard(agentMs);
    offline.heard();
  };

  const post = openTwinLink(
    {
      timers,
      random,
      makeWorker: () => new Worker(new URL("./stream/twin-worker.ts", import.meta.url), { type: "module" }),
    },
    (news) => client.hear(news),
  );
  const client = createTwinClient(post, writer, {
    layoutWanted: (hash) => loader.load(hash),
    heard,
    refused: () => {},
    note: (text) => store.addNotes([text]),
    shown(picture) {
      times.firstData ??= performance.now();
      probe?.shown(picture);
    },
  });
  const unpacked = Promise.withResolvers<void>();
  const pictured = Promise.withResolvers<void>();
  const loader = createLayoutLoader(
    { ask, timers, random },
    {
      loaded(layout) {
        times.layout ??= performance.now();
        unpacked.resolve();
        client.setLayout(layout);
        offline.layoutLoaded();
      },
      failed,
    },
  );
  post({ kind: "open", url: socketUrl("v1/twin", base) }, []);

  const feed = openFeed(
    { connect: (handlers) => connectSocket(socketUrl("v1/feed", base), handlers), timers, random },
    {
      message(message) {
        heard(Date.parse(message.time));
        store.receive(message);
      },
      status: store.setFeed,
      notes: store.addNotes,
      refused: () => void askWhyRefused(),
    },
  );
  const reconnect = (): void => {
    feed.reconnect();
    client.reconnect();
    loader.hurry();
  };

  const scene = createScenePanel({
    store,
    points,
    ask,
    timers,
    now: clock.now,
    nextFrame: requestAnimationFrame,
    isStill: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
    picked: () => screen?.reveal(),
    firstFrame: () => pictured.resolve(),
  });

  addEventListener("error", (event) => {
    // Without an error object it is the browser's remark that a layout took two turns: nobody's fault.
    if (event.error instanceof Error) store.setFault(event.message);
  });
  addEventListener("unhandledrejection", (event) => store.setFault(String(event.reason)));
  addEventListener("pagehide", offline.keepNow);
  document.addEventListener("visibilitychange", () => {
    client.setHidden(document.hidden);
    if (document.hidden) offline.keepNow();
  });
  if (document.hidden) client.setHidden(true);

  const languageNow = () => chooseLanguage(settings.get("language"), navigator.languages);
  const show = async (language = languageNow(), asked = loadMessages(language)): Promise<void> => {
    const messages = await asked;
    screen?.dispose();
    screen = createScreen(root, {
      store,
      points,
      api,
      ask,
      settings,
      messages,
      timers,
      language,
      scene,
      reconnect,
      stage: createReplayStage(writer, client.resync),
      units: chooseUnits(settings.get("units")),
      now: clock.now,
      renew: () => void show(),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      operator: {
        name: () => settings.get("operator") ?? "operator",
        rename: (name) => settings.set("operator", name),
      },
      announce: (text) => live.replaceChildren(element("p", {}, text)),
    });
  };
  store.setPalette(
    choosePalette(settings.get("palette"), matchMedia("(prefers-color-scheme: light)").matches),
  );

  const after = (ms: number): Promise<void> => new Promise((resolve) => timers.after(ms, resolve));
  /** The graphics process makes its context and shaders while this one unpacks the layout, which is fetched by then; and
   *  the panels come once the first picture stands, where the address leads to one: their making is not in its way. */
  const bringScene = async (): Promise<void> => {
    const language = languageNow();
    const messages = loadMessages(language);
    // Its code is made ready meanwhile; where that fails the scene's panel says so.
    import("./scene/twin-scene.ts").catch(() => {});
    await afterPaint();
    times.shell = performance.now();
    await Promise.race([scene.load(), after(SCENE_WAIT_MS)]);
    loader.load();
    const waited = after(PICTURE_WAIT_MS);
    await Promise.race([unpacked.promise, waited]);
    if (leadsToScene(location.hash) && scene.probe() !== undefined) {
      // Not sooner: the browser would wait for what is drawn unseen.
      root.append(element("div", { class: "main main-first" }, scene.element));
      await Promise.race([pictured.promise, waited]);
    }
    await show(language, messages);
  };
  const bringRest = async (): Promise<void> => {
    if (new URLSearchParams(location.search).has("probe")) {
      const { createProbe } = await import("./probe.ts");
      probe = createProbe({
        times,
        points,
        scene: scene.probe,
        figures: client.figures,
        goto: scene.goto,
        wallMs: wallClockMs,
        pageMs: timers.now,
      });
      Object.defineProperty(globalThis, "__twin", { value: probe.view });
    }
    // It fetches the whole page once more, for keeps: not while the first picture is drawn.
    await after(KEEP_AFTER_MS);
    // Browsers give none without HTTPS, except on the machine itself.
    await navigator.serviceWorker?.register(new URL("sw.js", base));
  };
  void bringScene();
  // A page that cannot be kept for offline use is a page all the same.
  bringRest().catch((error: unknown) => store.addNotes([`offline: ${String(error)}`]));

  const tick = (): void => {
    screen?.tick();
    timers.after(TICK_MS, tick);
  };
  tick();
}

const root = document.querySelector<HTMLElement>("#app");
const live = document.querySelector<HTMLElement>("#live");
if (root !== null && live !== null) start(root, live);
