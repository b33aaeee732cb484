import { type Link, readLink, splitHash, writeLink } from "./deep-link.ts";
import type { Changes, Store, View } from "./store.ts";

export interface AddressDeps {
  readonly store: Store;
  readonly hash: () => string;
  /** Writes it in the place of the present one, without a step in the browser's history. */
  readonly replaceHash: (hash: string) => void;
  /** Parts of an address that mean nothing here. */
  readonly ignored: (parts: readonly string[]) => void;
  /** Shows a moment of the past; absent where there is no replay. */
  readonly replay?: (ms: number) => void;
}

/** Keeps the part of the address behind "?" and what is selected and drawn alike. */
export interface Address {
  /** The address changed. */
  follow(): void;
  show(view: View, changes: Changes): void;
}

export const linkOf = ({ selection, trend, replayMs }: View): Link => ({
  ...(selection.asset === undefined ? {} : { asset: selection.asset }),
  ...(selection.point === undefined ? {} : { point: selection.point }),
  ...(selection.sensor === undefined ? {} : { sensor: selection.sensor }),
  ...(selection.alarm === undefined ? {} : { alarm: selection.alarm }),
  ...(trend.series.length === 0 ? {} : { trend }),
  ...(replayMs === undefined ? {} : { replayMs }),
});

export function createAddress({ store, hash, replaceHash, ignored, replay }: AddressDeps): Address {
  /** Names things that are known only when the plant came. */
  let waiting: Link | undefined;

  const isKnown = (): boolean => store.view().plant.machines.size > 0 || store.view().feed.state === "live";

  const select = (link: Link): void => {
    const { plant } = store.view();
    if (link.alarm !== undefined && plant.alarms.has(link.alarm)) store.selectAlarm(link.alarm);
    else if (link.point !== undefined) store.selectPoint(link.point);
    else if (link.asset !== undefined) store.selectAsset(link.asset);
    if (link.sensor !== undefined && store.view().selection.machine === link.asset) {
      store.selectSensor(link.sensor);
    }
  };

  const adopt = (link: Link): void => {
    const { page } = store.view();
    select(link);
    // To select leads to the plant; the address may lead elsewhere.
    if (page !== "plant") store.openPage(page);
    if (link.trend !== undefined) store.setTrend(link.trend);
    if (link.replayMs !== undefined) replay?.(link.replayMs);
  };

  const follow = (): void => {
    const { query } = splitHash(hash());
    if (query === "" || query === writeLink(linkOf(store.view()))) return;
    const read = readLink(query);
    if (read.ignored.length > 0) ignored(read.ignored);
    if (isKnown()) adopt(read.link);
    else waiting = read.link;
  };

  return {
    follow,
    show(view, changes) {
      if (waiting !== undefined) {
        if (!isKnown()) return;
        const link = waiting;
        waiting = undefined;
        return adopt(link);
      }
      if (!changes.selection && !changes.setting && !changes.structure) return;
      const { place, query } = splitHash(hash());
      const now = writeLink(linkOf(view));
      if (now === query) return;
      replaceHash(now === "" ? place : `${place === "" ? "#/plant/scene" : place}?${now}`);
    },
  };
}
