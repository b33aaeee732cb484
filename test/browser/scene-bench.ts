/** What test/bench/twin/pages/scene.ts puts into its window, as far as tests drive it. Written down here because that page
 *  is compiled with the browser's libraries and this side with Node's. */
export interface Bench {
  readonly scene: {
    readonly probe: {
      readonly t: { readonly gl: number; readonly firstFrame?: number; readonly plant?: number };
      readonly isSoftware: boolean;
      readonly frame: {
        readonly lastMs: number;
        readonly total: Readonly<Record<"changed" | "everything" | "none" | "points", number>>;
      };
      counts(): {
        readonly points: number;
        readonly assets: number;
        readonly drawCalls: number;
        readonly drawnPoints: number;
        readonly drawnAssets: number;
      };
      pick(x: number, y: number): string | undefined;
      project(point: number): { readonly x: number; readonly y: number } | undefined;
      projectAsset(asset: number): { readonly x: number; readonly y: number } | undefined;
      isAtRest(): boolean;
      renderNow(level: "changed" | "everything" | "points"): number;
      pixels(x?: number, y?: number, width?: number, height?: number): Uint8Array;
      loseContext(): void;
      restoreContext(): void;
    };
    heat(kind: number | undefined): void;
    every(isOn: boolean): void;
    goto(asset: string): void;
    fit(): void;
    dispose(): void;
  };
  readonly store: {
    setPalette(palette: "colour-blind" | "dark" | "light"): void;
    showAs(manner: "plan" | "scene" | "table"): void;
    selectAsset(id: string): void;
    view(): { readonly selection: { readonly asset?: string; readonly point?: string } };
  };
  readonly points: {
    find(tag: string): number | undefined;
    set(points: readonly number[], state: number): void;
    shuffle(seed: number, advisoryShare: number, alarmShare: number): void;
    tellAll(): void;
    toggle(step: number, offset: number): void;
    setStale(isStale: boolean): void;
  };
  readonly events: readonly string[];
  readonly hover: { readonly target: { readonly kind: string; readonly index: number } } | undefined;
}
