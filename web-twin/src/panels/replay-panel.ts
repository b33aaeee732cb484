import "../styles/replay.css";
import { element, setAttribute, setText } from "../dom/element.ts";
import { errorText } from "../i18n/words.ts";
import { createReplayApi } from "../replay/replay-api.ts";
import { createReplayPlayer, type ReplayPlayer, type ReplayStatus, SPEEDS } from "../replay/replay-player.ts";
import { type AlarmMark, markBeside, marksOf, type ReplayRange, rangeOf } from "../replay/replay-range.ts";
import type { ReplayStage } from "../replay/replay-stage.ts";
import type { Recorded } from "../state/recorded.ts";
import { parsed } from "../stream/ask.ts";
import { alarm } from "../stream/dto-shapes.ts";
import { kept } from "../stream/shape.ts";
import type { Panel, PanelDeps } from "./panel.ts";
import { createReplayTimeline } from "./replay-timeline.ts";

export interface ReplayDeps extends PanelDeps {
  readonly stage: ReplayStage;
}

const MOST_ALARMS = 500;
/** Who was raised so long before the recording may stand in it. */
const LOOK_BACK_MS = 86_400_000;
/** Of the health index over the whole recording. */
const BUCKETS = 1_000;
/** Their indices are fetched at once; the others' when they are looked at. */
const MOST_MACHINES = 64;
/** So often the other panels follow a playing replay. */
const FOLLOW_MS = 500;

interface Run {
  readonly player: ReplayPlayer;
  readonly range: ReplayRange;
  /** Machines whose health was asked for. */
  readonly asked: Set<string>;
  marks: readonly AlarmMark[];
}

/** Shows the last hours in the same scene. While it does nobody can take it for the present, nor act. */
export function createReplayPanel(deps: ReplayDeps): Panel {
  const { store, points, timers, t, format, now, stage, ask, failed } = deps;
  const replays = createReplayApi(ask);
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
  let run: Run | undefined;
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

  const keep = (more: Partial<Recorded>): void => {
    store.setRecorded({ health: new Map(), ...store.view().recorded, ...more });
  };

  const fetchAlarms = async (range: ReplayRange, signal: AbortSignal): Promise<void> => {
    const query = new URLSearchParams({
      from: new Date(range.fromMs - LOOK_BACK_MS).toISOString(),
      to: new Date(range.toMs).toISOString(),
      most: String(MOST_ALARMS),
    });
    const known = store.view().plant.alarms.values();
    const past = await ask(`v1/alarms?${query}`, {}, parsed(kept(alarm)), signal).catch((error: unknown) => {
      // The timeline is of use without the marks of what is over.
      if (!signal.aborted) failed(error);
      return undefined;
    });
    if (signal.aborted || run === undefined) return;
    const all = new Map([...(past ?? []), ...known].map((each) => [each.id, each]));
    run.marks = marksOf(all.values(), range);
    timeline.setMarks(range, run.marks);
    setText(alarms, t("replay.alarms", { n: run.marks.length }));
    // Without the past ones an asset that had an alarm would be told to have had none.
    if (past !== undefined) keep({ alarms: [...all.values()] });
  };

  /** Once a machine. */
  const fetchHealth = async (machine: string | undefined, signal: AbortSignal): Promise<void> => {
    if (run === undefined || machine === undefined || run.asked.has(machine)) return;
    run.asked.add(machine);
    const { fromMs, toMs } = run.range;
    const request = { kind: "health", id: machine, fromMs, toMs, buckets: BUCKETS } as const;
    try {
      const line = await deps.api.trend(request, signal);
      if (signal.aborted) return;
      keep({ health: new Map(store.view().recorded?.health).set(machine, line) });
    } catch (error) {
      if (signal.aborted) return;
      run.asked.delete(machine);
      failed(error);
    }
  };

  const fetchHealths = async (signal: AbortSignal): Promise<void> => {
    const { plant, selection } = store.view();
    const machines = [...plant.machines.keys()].slice(0, MOST_MACHINES);
    for (const machine of [selection.machine, ...machines]) {
      if (!signal.aborted) await fetchHealth(machine, signal);
    }
  };

  const begin = (range: ReplayRange, signal: AbortSignal): void => {
    const view = points.view();
    if (view === undefined) return;
    setText(note, "");
    stage.begin();
    const player = createReplayPlayer({
      api: replays,
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
    run = { player, range, marks: [], asked: new Set() };
    timeline.setRange(range);
    body.hidden = false;
    controls.open.hidden = true;
    setAttribute(root, "data-open", true);
    speed.value = "1";
    player.seek(range.toMs);
    controls.play.focus();
    void fetchAlarms(range, signal);
    void fetchHealths(signal);
  };

  const open = async (): Promise<void> => {
    const view = points.view();
    if (view === undefined || opening !== undefined) return;
    const mine = new AbortController();
    opening = mine;
    setText(note, t("replay.opening"));
    try {
      const range = rangeOf(await replays.spans(mine.signal), view.layout.hash);
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
    show({ selection }, changes) {
      if (changes.selection && opening !== undefined) void fetchHealth(selection.machine, opening.signal);
    },
    tick() {},
    dispose() {
      unsubscribe();
      close();
    },
  };
}
