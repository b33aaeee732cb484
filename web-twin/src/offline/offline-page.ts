import type { PointWriter } from "../state/point-store.ts";
import type { PointStore } from "../state/points.ts";
import type { Store } from "../state/store.ts";
import type { Timers } from "../stream/timers.ts";
import type { KeptPlant } from "./kept-plant.ts";

const KEEP_MS = 60_000;

export interface OfflinePageDeps {
  readonly kept: KeptPlant;
  readonly store: Store;
  readonly points: PointStore;
  readonly writer: PointWriter;
  readonly timers: Timers;
  /** ms since 1970 by this machine's clock. */
  readonly wallMs: () => number;
}

/** Shows what this screen kept when the agent cannot be reached, and keeps what it shows while it can. */
export interface OfflinePage {
  /** The agent does not answer. */
  unreachable(): void;
  /** The agent spoke: what was kept goes. */
  heard(): void;
  /** The layout came, perhaps from what was kept. */
  layoutLoaded(): void;
  /** The window goes; another one may want it. */
  keepNow(): void;
  /** Who may not look any more finds nothing here. */
  forget(): void;
}

export function createOfflinePage({
  kept,
  store,
  points,
  writer,
  timers,
  wallMs,
}: OfflinePageDeps): OfflinePage {
  let hasHeard = false;
  let isShown = false;

  /** A browser that keeps nothing is no fault: the page works without it. */
  const quietly = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => store.addNotes([`offline: ${String(error)}`]));
  };

  const showPoints = async (): Promise<void> => {
    const view = points.view();
    const picture = view === undefined ? undefined : await kept.points(view);
    if (hasHeard || picture === undefined) return;
    writer.showOnly("kept");
    writer.adopt("kept", picture, () => {});
  };

  const show = async (): Promise<void> => {
    const message = await kept.plant();
    if (hasHeard || message === undefined) return;
    store.receive(message);
    // In the timers' milliseconds, in which the feed tells when it was heard.
    const heardMs = timers.now() - (wallMs() - Date.parse(message.time));
    store.setFeed({ state: "stale", heardMs });
    await showPoints();
  };

  const keepNow = (): void => {
    const { plant, feed } = store.view();
    if (feed.state === "live") quietly(kept.keep(plant, points.view()));
  };
  const keepLater = (): void => {
    timers.after(KEEP_MS, () => {
      keepNow();
      keepLater();
    });
  };
  keepLater();

  return {
    unreachable() {
      if (hasHeard || isShown) return;
      isShown = true;
      quietly(show());
    },
    heard() {
      if (hasHeard) return;
      hasHeard = true;
      writer.showOnly("live");
    },
    layoutLoaded() {
      if (isShown && !hasHeard) quietly(showPoints());
    },
    keepNow,
    forget: () => quietly(kept.forget()),
  };
}
