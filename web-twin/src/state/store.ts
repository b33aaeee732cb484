import type {
  AlarmDto,
  FeedMessage,
  InhibitDto,
  LabelVerdict,
  ModelsDto,
  Role,
} from "@stethos/edge-agent/core";
import type { FeedStatus } from "../stream/feed.ts";
import {
  applyAlarm,
  applyInhibit,
  applyMessage,
  applyModels,
  emptyPlant,
  type PlantState,
  type Touched,
} from "./plant-state.ts";
import type { Recorded } from "./recorded.ts";
import {
  type Selection,
  selectAlarm,
  selectAsset,
  selectMachine,
  selectPoint,
  stillThere,
} from "./selection.ts";
import { emptyBoard, type TrendBoard, type TrendSubject, withSeries } from "./trend-board.ts";

const MOST_NOTES = 20;
const MOST_LABELS = 500;

/** What the middle of the screen shows. */
export type Page = "alarms" | "models" | "plant" | "trends";

/** How the plant is shown: three ranks of equal worth over the same state. */
export type Manner = "plan" | "scene" | "table";

/** Who sits here, by the agent's word. */
export interface Session {
  readonly role: Role;
  /** Whose token it is, where tokens carry names. */
  readonly name?: string;
  /** False where the agent asks nobody for a token. */
  readonly isProtected: boolean;
}

export type Palette = "colour-blind" | "dark" | "light";

export interface View {
  readonly plant: PlantState;
  readonly feed: FeedStatus;
  readonly selection: Selection;
  /** What the trends page draws. */
  readonly trend: TrendBoard;
  readonly page: Page;
  readonly manner: Manner;
  readonly palette: Palette;
  readonly session: Session;
  /** The moment of the past that is shown, ms since 1970; absent: live. */
  readonly replayMs?: number;
  /** Beside the replayed pictures; absent: not fetched yet. */
  readonly recorded?: Recorded;
  /** What was said of alarms at this screen, by alarm. */
  readonly labels: ReadonlyMap<string, LabelVerdict>;
  /** What the page could not read of the agent's messages, newest last. */
  readonly notes: readonly string[];
  /** A fault of the page itself. */
  readonly fault?: string;
}

/** What changed since the listeners were last called. */
export interface Changes {
  readonly structure: boolean;
  readonly machines: ReadonlySet<string>;
  readonly alarms: boolean;
  readonly feed: boolean;
  readonly models: boolean;
  /** What is selected, the page, the manner of the plant, or what the trends page draws. */
  readonly selection: boolean;
  /** Palette, session, or the moment of a replay. */
  readonly setting: boolean;
  readonly notes: boolean;
}

/** For what is shown for the first time. */
export const allChanged = (view: View): Changes => ({
  structure: true,
  machines: new Set(view.plant.machines.keys()),
  alarms: true,
  feed: true,
  models: true,
  selection: true,
  setting: true,
  notes: true,
});

type Listener = (view: View, changes: Changes) => void;

export interface Store {
  view(): View;
  receive(message: FeedMessage): void;
  receiveAlarm(alarm: AlarmDto): void;
  /** What was done to a source; undefined: its alarms call again. */
  receiveInhibit(source: string, inhibit: InhibitDto | undefined): void;
  receiveModels(models: ModelsDto): void;
  labelAlarm(alarm: string, verdict: LabelVerdict): void;
  setFeed(status: FeedStatus): void;
  addNotes(notes: readonly string[]): void;
  clearNotes(): void;
  setFault(message: string): void;
  openPage(page: Page): void;
  setTrend(trend: TrendBoard): void;
  /** Draws it on the trends page, and leads there. */
  openTrend(subject: TrendSubject): void;
  /** Also leads back to the plant. */
  showAs(manner: Manner): void;
  setPalette(palette: Palette): void;
  setSession(session: Session): void;
  /** @param ms undefined: back to live */
  setReplay(ms: number | undefined): void;
  /** Until the replay ends. */
  setRecorded(recorded: Recorded): void;
  /** Also leads back to the plant, as an alarm does. */
  selectMachine(id: string): void;
  selectAlarm(id: string): void;
  selectSensor(id: string): void;
  /** Any asset of the layout, whether it is a machine that is listened to or not. */
  selectAsset(id: string): void;
  /** A point of the layout, by its tag. */
  selectPoint(tag: string): void;
  /** Calls back, at most once a frame, until the returned function is called. */
  subscribe(listener: Listener): () => void;
}

export const NOTHING_CHANGED: Changes = {
  structure: false,
  machines: new Set(),
  alarms: false,
  models: false,
  feed: false,
  selection: false,
  setting: false,
  notes: false,
};

/** Everything the screen shows, in one place.
 *  @param schedule runs a function before the next picture is drawn: all changes until then are told as one */
export function createStore(schedule: (flush: () => void) => void): Store {
  let view: View = {
    plant: emptyPlant,
    feed: { state: "connecting" },
    selection: {},
    trend: emptyBoard,
    page: "plant",
    manner: "scene",
    palette: "dark",
    // Until the agent says who sits here nothing is offered.
    session: { role: "viewer", isProtected: false },
    labels: new Map(),
    notes: [],
  };
  let pending: Changes | undefined;
  const listeners = new Set<Listener>();

  const flush = (): void => {
    const changes = pending;
    pending = undefined;
    if (changes === undefined) return;
    for (const listener of [...listeners]) listener(view, changes);
  };

  const change = (next: Partial<View>, changed: Partial<Changes>): void => {
    view = { ...view, ...next };
    const isScheduled = pending !== undefined;
    const before = pending ?? NOTHING_CHANGED;
    pending = {
      structure: before.structure || changed.structure === true,
      machines: new Set([...before.machines, ...(changed.machines ?? [])]),
      alarms: before.alarms || changed.alarms === true,
      models: before.models || changed.models === true,
      feed: before.feed || changed.feed === true,
      selection: before.selection || changed.selection === true,
      setting: before.setting || changed.setting === true,
      notes: before.notes || changed.notes === true,
    };
    if (!isScheduled) schedule(flush);
  };

  const adopt = (plant: PlantState, touched: Touched): void => {
    const selection = stillThere(plant, view.selection);
    change({ plant, selection }, { ...touched, selection: selection !== view.selection });
  };

  const select = (selection: Selection): void => change({ selection, page: "plant" }, { selection: true });

  return {
    view: () => view,
    receive(message) {
      const { state, touched } = applyMessage(view.plant, message);
      adopt(state, touched);
    },
    receiveAlarm(alarm) {
      adopt(applyAlarm(view.plant, alarm), {
        structure: false,
        machines: new Set([alarm.machine]),
        alarms: true,
        models: false,
      });
    },
    receiveInhibit(source, inhibit) {
      const { plant, machines } = applyInhibit(view.plant, source, inhibit);
      change({ plant }, { alarms: true, machines });
    },
    receiveModels(models) {
      change({ plant: applyModels(view.plant, models) }, { models: true });
    },
    labelAlarm(alarm, verdict) {
      const labels = [...new Map(view.labels).set(alarm, verdict)].slice(-MOST_LABELS);
      change({ labels: new Map(labels) }, { alarms: true });
    },
    setTrend(trend) {
      change({ trend }, { selection: true });
    },
    openTrend(subject) {
      change({ trend: withSeries(view.trend, subject), page: "trends" }, { selection: true });
    },
    openPage(page) {
      change({ page }, { selection: true });
    },
    showAs(manner) {
      change({ manner, page: "plant" }, { selection: true });
    },
    setPalette(palette) {
      change({ palette }, { setting: true });
    },
    setSession(session) {
      change({ session }, { setting: true });
    },
    setReplay(ms) {
      const machines = new Set(view.plant.machines.keys());
      if (ms === undefined) {
        const { replayMs: _, recorded: __, ...live } = view;
        view = live;
      }
      change(ms === undefined ? {} : { replayMs: ms }, { setting: true, machines });
    },
    setRecorded(recorded) {
      change({ recorded }, { setting: true, machines: new Set(view.plant.machines.keys()) });
    },
    setFeed(status) {
      change({ feed: status }, { feed: true });
    },
    addNotes(notes) {
      change({ notes: [...view.notes, ...notes].slice(-MOST_NOTES) }, { notes: true });
    },
    setFault(message) {
      change({ fault: message }, { notes: true });
    },
    clearNotes() {
      change({ notes: [] }, { notes: true });
    },
    selectMachine: (id) => select(selectMachine(view.plant, id)),
    selectAlarm(id) {
      // Who works through the list of alarms stays there.
      const page = view.page === "alarms" ? "alarms" : "plant";
      change({ selection: selectAlarm(view.plant, id), page }, { selection: true });
    },
    selectSensor: (id) => select({ ...view.selection, sensor: id }),
    selectAsset: (id) => select(selectAsset(view.plant, id)),
    selectPoint: (tag) => select(selectPoint(view.plant, tag)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
