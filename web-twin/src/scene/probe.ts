import type { DrawStats } from "./draw-clock.ts";
import type { Level } from "./stage.ts";

/** What tests and benches see of the scene. It changes nothing but the camera. */
export interface SceneProbe {
  /** ms of the page's clock; absent until it happened. */
  readonly t: { readonly gl: number; firstFrame?: number; plant?: number };
  counts(): {
    readonly points: number;
    readonly assets: number;
    readonly drawCalls: number;
    readonly drawnPoints: number;
    readonly drawnAssets: number;
  };
  readonly frame: DrawStats;
  readonly isSoftware: boolean;
  /** The byte that is drawn for a point; see glyph.ts. */
  glyph(point: number): number | undefined;
  /** What lies there: an asset's id or a point's tag. */
  pick(x: number, y: number): string | undefined;
  /** Where a point stands on the page. */
  project(point: number): { readonly x: number; readonly y: number } | undefined;
  /** Where the one glyph of an asset stands on the page. */
  projectAsset(asset: number): { readonly x: number; readonly y: number } | undefined;
  goto(asset: string): void;
  /** Draws at once and waits until it is drawn; ms. */
  renderNow(level: Level): number;
  /** RGBA of a rectangle of the picture, row by row from the lower left corner; all of it without one. */
  pixels(x?: number, y?: number, width?: number, height?: number): Uint8Array;
  loseContext(): void;
  restoreContext(): void;
}
