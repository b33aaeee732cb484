import type { PointWriter } from "../state/point-store.ts";
import type { TwinPicture } from "../stream/twin-news.ts";

/** The scene, lent to the replay. */
export interface ReplayStage {
  /** From now on only the replay's pictures are shown. */
  begin(): void;
  show(picture: TwinPicture, release: () => void): void;
  /** The agent's again, all of them anew. */
  end(): void;
}

export const createReplayStage = (writer: PointWriter, resync: () => void): ReplayStage => ({
  begin: () => writer.showOnly("replay"),
  show: (picture, release) => writer.adopt("replay", picture, release),
  end() {
    writer.showOnly("live");
    resync();
  },
});
