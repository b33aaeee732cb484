import type { PointStore } from "../state/points.ts";
import type { Changes, View } from "../state/store.ts";
import type { Timers } from "../stream/timers.ts";
import type { Hover } from "./hands.ts";
import type { ModelsDeps } from "./models.ts";
import type { SceneProbe } from "./probe.ts";

export interface TwinSceneDeps {
  readonly points: PointStore;
  readonly timers: Timers;
  /** Runs a function before the next picture. */
  readonly nextFrame: (draw: () => void) => void;
  /** The reader wants nothing to move by itself. */
  readonly isStill: () => boolean;
  readonly pickedAsset: (id: string) => void;
  readonly pickedPoint: (tag: string) => void;
  readonly hovered: (hover: Hover | undefined) => void;
  /** A double tap led to something; what its taps picked was told before. */
  readonly visited?: () => void;
  readonly contextLost: () => void;
  readonly contextBack: () => void;
  /** Where templates have models of their own. */
  readonly models?: Pick<ModelsDeps, "failed" | "load">;
  /** The plant stands on the screen for the first time. */
  readonly firstFrame?: () => void;
  /** Samples of an edge; by what draws where absent. */
  readonly samples?: number;
}

export interface TwinScene {
  show(view: View, changes: Changes): void;
  closer(): void;
  farther(): void;
  fit(): void;
  goto(asset: string): void;
  /** @param kind index of the kind of point whose values are shown as colours */
  heat(kind: number | undefined): void;
  /** Every point by itself, however small it gets. */
  every(isOn: boolean): void;
  readonly probe: SceneProbe;
  dispose(): void;
}
