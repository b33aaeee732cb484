import { type ExpandedLayout, unreachable } from "@stethos/edge-agent/core";
import type { PointWriter } from "../state/point-store.ts";
import {
  buffersOf,
  type TwinCommand,
  type TwinFigures,
  type TwinNews,
  type TwinPicture,
} from "./twin-news.ts";

/** To the feed's thread. */
export type PostCommand = (command: TwinCommand, transfer: ArrayBuffer[]) => void;

export interface TwinClientEvents {
  layoutWanted(hash: number): void;
  /** Something came: by the agent's clock. */
  heard(agentMs: number): void;
  refused(): void;
  note(text: string): void;
  /** A picture was told to all who show it. */
  shown(picture: TwinPicture): void;
}

/** The page's end of the twin feed. */
export interface TwinClient {
  hear(news: TwinNews): void;
  setLayout(layout: ExpandedLayout): void;
  watch(points: readonly number[]): void;
  setHidden(isHidden: boolean): void;
  reconnect(): void;
  /** Everything again, after something else was shown. */
  resync(): void;
  figures(): TwinFigures | undefined;
}

export function createTwinClient(
  post: PostCommand,
  writer: PointWriter,
  events: TwinClientEvents,
): TwinClient {
  let figures: TwinFigures | undefined;

  const adopt = (picture: TwinPicture): void => {
    figures = picture.figures;
    events.heard(picture.timeMs);
    writer.adopt("live", picture, () => {
      events.shown(picture);
      const { layoutHash, columns } = picture;
      post({ kind: "taken", layoutHash, columns }, buffersOf(columns));
    });
  };

  return {
    hear(news) {
      switch (news.kind) {
        case "picture":
          return adopt(news);
        case "freshness":
          return writer.setStale(news.isStale);
        case "layout":
          return events.layoutWanted(news.hash);
        case "refused":
          return events.refused();
        case "note":
          return events.note(news.text);
        default:
          return unreachable(news);
      }
    },
    setLayout(layout) {
      writer.setLayout(layout);
      post({ kind: "layout", hash: layout.hash, firstPoint: layout.firstPoint }, []);
    },
    watch: (points) => post({ kind: "watch", points }, []),
    setHidden: (isHidden) => post({ kind: "hidden", isHidden }, []),
    reconnect: () => post({ kind: "reconnect" }, []),
    resync: () => post({ kind: "resync" }, []),
    figures: () => figures,
  };
}
