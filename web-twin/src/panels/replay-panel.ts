import "../styles/replay.css";
import { element, setAttribute, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import { createReplayApi } from "../replay/replay-api.ts";
import { createReplayPlayer, type ReplayPlayer, type ReplayStatus, SPEEDS } from "../replay/replay-player.ts";
import { type AlarmMark, markBeside, marksOf, type ReplayRange, rangeOf } from "../replay/replay-range.ts";
import type { ReplayStage } from "../replay/replay-stage.ts";
import { parsed } from "../stream/ask.ts";
import { alarm } from "../stream/dto-shapes.ts";
import { kept } from "../stream/shape.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createReplayTimeline } from "./replay-timeline.ts";

export interface ReplayDeps extends PanelDeps {
  readonly stage: ReplayStage;
}

const MOST_MARKS = 500;
/** So often the other panels follow a playing replay. */
const FOLLOW_MS = 500;

/** Shows the last hours in the same scene. While it does nobody can take it for the present, nor act. */
export function createReplayPanel(deps: ReplayDeps): Panel {
  const { store, points, timers, t, format, now, stage, ask, failed } = deps;
  const api = createReplayApi(ask);
  const button = (key: "back" | "forward" | "lastAlarm" | "live" | "nextAlarm" | "open" | "play") =>
    element(
      "button",
      { type: "button", class: "action", [`data-replay-${key.toLowerCase()}`]: true },
      t(`replay.${key}`),
    );
  const controls = {
    open: button("open"),
    lastAlarm: button("lastAlarm"),
    back: button("back"),
    play: button("play"),
    forward: button("forward"),
    nextAlarm: button("nextAlarm"),
    live: button("live"),
  };
  const speed = element(
    "select",
    { id: "replay-speed", "data-replay-speed": true },
    ...SPEEDS.map((each) => element("option", { value: String(each) }, t("replay.times", { n: each }))),
  );
  const banner = element("strong", { class: "replay-banner" }, t("replay.banner"));
  const moment = element("span", { class: "replay-moment", "data-replay-moment": true });
  const note = element("span", { class: "replay-note", role: "status" });
  const alarms = element("span", { class: "replay-alarms" });
  const timeline = createReplayTimeline(t("replay.position"), (ms) => run?.player.seek(ms));
  const body = element(
    "div",
    { class: "replay-body", hidden: true },
    element("p", { class: "replay-head" }, banner, moment, alarms),
    timeline.element,
    element(
      "div",
      { class: "replay-controls" },
      controls.lastAlarm,
      controls.back,
      controls.play,
      controls.forward,
      controls.nextAlarm,
      element("label", { for: "replay-speed", class: "replay-speed" }, t("replay.speed")),
      speed,
      controls.live,
    ),
  );
  const root = element(
    "section",
    { class: "replay", "aria-label": t("replay.label") },
    controls.open,
    note,
    body,
  );
  let run:
    | { readonly player: ReplayPlayer; readonly range: ReplayRange; marks: readonly AlarmMark[] }
    | undefined;
  let opening: AbortController | undefined;
  let followedMs = Number.NEGATIVE_INFINITY;

  const follow = ({ ms, isPlaying }: ReplayStatus): void => {
    if (isPlaying && timers.now() - followedMs < FOLLOW_MS) return;
    followedMs = timers.now();
    store.setReplay(ms);
  };

  const showStatus = (status: ReplayStatus): void => {
    const time = format.time(status.ms, now());
    setText(moment, t("replay.at", { time, zone: format.zone(status.ms) }));
    timeline.setMoment(status.ms, time);
    setText(controls.play, t(status.isPlaying ? "replay.pause" : "replay.play"));
    setAttribute(controls.play, "data-playing", status.isPlaying);
    const { problem } = status;
    if (problem !== undefined) setText(note, t("replay.failed", { why: errorText(t, problem) }));
    else setText(note, status.isLoading ? t("replay.loading") : "");
    setAttribute(root, "data-loading", status.isLoading);
  };

  const close = (): void => {
    opening?.abort();
    opening = undefined;
    if (run === undefined) return;
    run.player.dispose();
    run = undefined;
    body.hidden = true;
    controls.open.hidden = false;
    setAttribute(root, "data-open", false);
    stage.end();
    store.setReplay(undefined);
  };

  const fetchMarks = async (range: ReplayRange, signal: AbortSignal): Promise<void> => {
    const query = new URLSearchParams({
      from: new Date(range.fromMs).toISOString(),
      to: new Date(range.toMs).toISOString(),
      most: String(MOST_MARKS),
    });
    const known = store.view().plant.alarms.values();
    const past = await ask(`v1/alarms?${query}`, {}, parsed(kept(alarm)), signal).catch((error: unknown) => {
      // The timeline is of use without the marks of what is over.
      if (!signal.aborted) failed(error);
      return [];
    });
    if (signal.aborted || run === undefined) return;
    run.marks = marksOf([...past, ...known], range);
    timeline.setMarks(range, run.marks);
    setText(alarms, t("replay.alarms", { n: run.marks.length }));
  };

  const begin = (range: ReplayRange, signal: AbortSignal): void => {
    const view = points.view();
    if (view === undefined) return;
    setText(note, "");
    stage.begin();
    const player = createReplayPlayer({
      api,
      timers,
      layout: view.layout,
      fromMs: range.fromMs,
      toMs: range.toMs,
      show: stage.show,
      changed(status) {
        showStatus(status);
        follow(status);
      },
    });
    player.setSpeed(1);
    run = { player, range, marks: [] };
    timeline.setRange(range);
    body.hidden = false;
    controls.open.hidden = true;
    setAttribute(root, "data-open", true);
    speed.value = "1";
    player.seek(range.toMs);
    controls.play.focus();
    void fetchMarks(range, signal);
  };

  const open = async (): Promise<void> => {
    const view = points.view();
    if (view === undefined || opening !== undefined) return;
    const mine = new AbortController();
    opening = mine;
    setText(note, t("replay.opening"));
    try {
      const range = rangeOf(await api.spans(mine.signal), view.layout.hash);
      if (mine.signal.aborted) return;
      if (range !== undefined) return begin(range, mine.signal);
      setText(note, t("replay.none"));
    } catch (error) {
      if (mine.signal.aborted) return;
      failed(error);
      setText(note, t("replay.failed", { why: errorText(t, error) }));
    }
    opening = undefined;
  };

  const toMark = (direction: -1 | 1): void => {
    if (run === undefined) return;
    const place = markBeside(run.marks, run.player.status().ms, direction);
    if (place !== undefined) run.player.seek(place);
  };

  controls.open.addEventListener("click", () => void open());
  controls.live.addEventListener("click", () => {
    close();
    setText(note, t("replay.ended"));
    controls.open.focus();
  });
  controls.play.addEventListener("click", () => {
    if (run?.player.status().isPlaying === true) run.player.pause();
    else run?.player.play();
  });
  controls.back.addEventListener("click", () => run?.player.step(-1));
  controls.forward.addEventListener("click", () => run?.player.step(1));
  controls.lastAlarm.addEventListener("click", () => toMark(-1));
  controls.nextAlarm.addEventListener("click", () => toMark(1));
  speed.addEventListener("change", () => {
    const chosen = SPEEDS.find((each) => String(each) === speed.value);
    if (chosen !== undefined) run?.player.setSpeed(chosen);
  });
  // Another plant: what was recorded of the one before does not fit it.
  const unsubscribe = points.subscribe((change) => {
    if (change.kind === "layout") close();
  });

  return {
    element: root,
    show() {},
    tick() {},
    dispose() {
      unsubscribe();
      close();
    },
  };
}
