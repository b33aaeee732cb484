import { element } from "./dom/element.ts";
import { chooseLanguage, type Language } from "./i18n/language.ts";
import { createScenePanel } from "./panels/scene-panel.ts";
import { browserTimers, createSettings, wallClockMs } from "./platform.ts";
import { createScreen, type Screen } from "./screen.ts";
import { createAgentClock } from "./state/agent-clock.ts";
import { createStore } from "./state/store.ts";
import { createApi } from "./stream/api.ts";
import { createAsk } from "./stream/ask.ts";
import { connectSocket } from "./stream/browser-socket.ts";
import { openFeed } from "./stream/feed.ts";

const TICK_MS = 1_000;

/** Socket -> store -> scene and panels. */
function start(root: HTMLElement, live: HTMLElement): void {
  const settings = createSettings(() => localStorage);
  const store = createStore((flush) => requestAnimationFrame(flush));
  const clock = createAgentClock(wallClockMs);
  const base = new URL(".", document.baseURI).href;
  const api = createApi(createAsk({ fetch: (input, init) => fetch(input, init), base }));
  const scene = createScenePanel(store, () => {});
  const page = new AbortController();
  let screen: Screen | undefined;

  const feedUrl = new URL("v1/feed", base);
  feedUrl.protocol = feedUrl.protocol === "https:" ? "wss:" : "ws:";
  const feed = openFeed(
    {
      connect: (handlers) => connectSocket(feedUrl.href, handlers),
      timers: browserTimers,
      random: Math.random,
    },
    {
      message(message) {
        clock.heard(Date.parse(message.time));
        store.receive(message);
      },
      status: store.setFeed,
      notes: store.addNotes,
      // A WebSocket does not tell why it was refused; a request does.
      refused: () => void api.probe(page.signal).catch((error: unknown) => screen?.failed(error)),
    },
  );

  addEventListener("error", (event) => {
    // Without an error object it is the browser's remark that a layout took two turns: nobody's fault.
    if (event.error instanceof Error) store.setFault(event.message);
  });
  addEventListener("unhandledrejection", (event) => store.setFault(String(event.reason)));

  const show = (language: Language): void => {
    screen?.dispose();
    screen = createScreen(root, {
      store,
      api,
      timers: browserTimers,
      now: clock.now,
      language,
      setLanguage(next) {
        settings.set("language", next);
        show(next);
        document.querySelector<HTMLElement>("[data-language]")?.focus();
      },
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      operator: {
        name: () => settings.get("operator") ?? "operator",
        rename: (name) => settings.set("operator", name),
      },
      scene,
      reconnect: feed.reconnect,
      announce: (text) => live.replaceChildren(element("p", {}, text)),
    });
  };
  show(chooseLanguage(settings.get("language"), navigator.languages));

  const tick = (): void => {
    screen?.tick();
    browserTimers.after(TICK_MS, tick);
  };
  tick();
  // Two frames later the lists are painted; only then may the 3D view take the processor.
  requestAnimationFrame(() => requestAnimationFrame(() => void scene.load()));
}

const root = document.querySelector<HTMLElement>("#app");
const live = document.querySelector<HTMLElement>("#live");
if (root !== null && live !== null) start(root, live);
