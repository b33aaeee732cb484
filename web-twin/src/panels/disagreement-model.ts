import type { DisagreementDto, FrameDto, LabelVerdict } from "@stethos/edge-agent/core";
import type { Api } from "../stream/api.ts";
import type { Timers } from "../stream/timers.ts";
import { createLatest } from "./latest.ts";

/** A trial counts on; its list is read again at most this often. */
const REFRESH_MS = 3_000;

export type FrameView =
  | { readonly kind: "none" }
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly frame: FrameDto }
  | { readonly kind: "failed"; readonly error: unknown };

/** The frames to label, and the one that is looked at. */
export interface DisagreementModel {
  /** @param state changes whenever the list may have; undefined: nobody looks */
  watch(state: string | undefined): void;
  select(frame: string): void;
  /** Somebody labelled it: the next without a label is looked at. */
  labelled(frame: string, verdict: LabelVerdict): void;
  reload(): void;
  items(): readonly DisagreementDto[];
  selected(): string | undefined;
  frame(): FrameView;
  /** Why the list could not be read. */
  error(): unknown;
  dispose(): void;
}

export interface DisagreementModelDeps {
  readonly api: Pick<Api, "disagreements" | "frame">;
  readonly timers: Timers;
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

export function createDisagreementModel(deps: DisagreementModelDeps): DisagreementModel {
  const { api, timers, changed } = deps;
  const jobs = { list: createLatest(), frame: createLatest() };
  let watched: string | undefined;
  let items: readonly DisagreementDto[] = [];
  let selected: string | undefined;
  let frame: FrameView = { kind: "none" };
  let error: unknown;
  let isResting = false;
  let isDue = false;
  let cancelRest = (): void => {};

  function choose(id: string | undefined): void {
    if (id === selected && frame.kind !== "failed") return;
    selected = id;
    jobs.frame.cancel();
    frame = { kind: id === undefined ? "none" : "loading" };
    if (id === undefined) return;
    jobs.frame.run((signal) => api.frame(id, signal), {
      ready(found) {
        frame = { kind: "ready", frame: found };
        changed();
      },
      failed(reason) {
        deps.failed(reason);
        frame = { kind: "failed", error: reason };
        changed();
      },
    });
  }

  const firstOpen = (): string | undefined =>
    (items.find(({ label }) => label === undefined) ?? items[0])?.frame;

  /** What the agent has, without forgetting what is looked at. */
  function take(found: readonly DisagreementDto[]): void {
    items = found;
    error = undefined;
    if (!items.some((one) => one.frame === selected)) choose(firstOpen());
    changed();
  }

  function load(): void {
    isDue = false;
    isResting = true;
    cancelRest();
    cancelRest = timers.after(REFRESH_MS, () => {
      isResting = false;
      if (isDue) load();
    });
    jobs.list.run((signal) => api.disagreements(signal), {
      ready: take,
      failed(reason) {
        deps.failed(reason);
        error = reason;
        changed();
      },
    });
  }

  function stop(): void {
    cancelRest();
    jobs.list.cancel();
    isResting = false;
    isDue = false;
  }

  return {
    watch(state) {
      if (state === watched) return;
      watched = state;
      if (state === undefined) stop();
      else if (isResting) isDue = true;
      else load();
    },
    select(id) {
      choose(id);
      changed();
    },
    labelled(id, verdict) {
      items = items.map((one) => (one.frame === id ? { ...one, label: verdict } : one));
      const open = items.find(({ label }) => label === undefined);
      if (id === selected && open !== undefined) choose(open.frame);
      changed();
    },
    reload() {
      load();
      if (frame.kind === "failed") choose(selected);
      changed();
    },
    items: () => items,
    selected: () => selected,
    frame: () => frame,
    error: () => error,
    dispose() {
      stop();
      jobs.frame.cancel();
    },
  };
}
