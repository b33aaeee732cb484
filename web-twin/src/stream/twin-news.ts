/** In which a picture is carried. They go to and fro between the two threads, so that none is made for a message. */
export interface PictureColumns {
  /** Which points changed; more than it holds is "all". */
  readonly point: Uint32Array<ArrayBuffer>;
  /** [points]: of all, or of those in `point` in their order. */
  readonly value: Uint16Array<ArrayBuffer>;
  readonly state: Uint8Array<ArrayBuffer>;
  /** [assets]: which roll-ups changed, and the states of all or of those. */
  readonly asset: Uint32Array<ArrayBuffer>;
  readonly rollUp: Uint8Array<ArrayBuffer>;
}

/** How much of the columns counts. */
export interface PictureScope {
  readonly scope: "all" | "some";
  readonly count: number;
  readonly assetCount: number;
  /** A glyph has another shape or size; see PointsChange. */
  readonly reshaped: boolean;
}

/** What the feed went through, for the probe and the tests. */
export interface TwinFigures {
  /** The newest turn that is known. */
  readonly turn: number;
  /** Messages that were applied. */
  readonly applied: number;
  /** Times that something was found missing or different. */
  readonly lost: number;
  /** Snapshots that were asked for because of it. */
  readonly resyncs: number;
}

/** What changed since the picture before it. */
export interface TwinPicture extends PictureScope {
  readonly kind: "picture";
  readonly layoutHash: number;
  readonly columns: PictureColumns;
  /** ms since 1970 by the agent's clock. */
  readonly timeMs: number;
  /** Full values of watched points that came since. */
  readonly watched?: WatchedValues | undefined;
  readonly figures: TwinFigures;
}

export interface WatchedValues {
  readonly point: Uint32Array;
  readonly value: Float32Array;
}

/** What the feed's thread tells the page. */
export type TwinNews =
  | TwinPicture
  | { readonly kind: "freshness"; readonly isStale: boolean }
  /** The agent speaks of another layout. */
  | { readonly kind: "layout"; readonly hash: number }
  /** A connection ended before it said anything: perhaps the agent wants a token. */
  | { readonly kind: "refused" }
  /** What of a message could not be read. */
  | { readonly kind: "note"; readonly text: string };

/** What the page tells the feed's thread. */
export type TwinCommand =
  | { readonly kind: "open"; readonly url: string }
  /** Of an ExpandedLayout: all that decoding and rolling up need. */
  | { readonly kind: "layout"; readonly hash: number; readonly firstPoint: Uint32Array }
  /** The picture was drawn: the next one may come. */
  | { readonly kind: "taken"; readonly layoutHash: number; readonly columns: PictureColumns }
  | { readonly kind: "hidden"; readonly isHidden: boolean }
  | { readonly kind: "watch"; readonly points: readonly number[] }
  /** Connect at once instead of after the current wait. */
  | { readonly kind: "reconnect" }
  /** The page shows something else than was told: everything again. */
  | { readonly kind: "resync" }
  | { readonly kind: "close" };

export type PostNews = (news: TwinNews, transfer: ArrayBuffer[]) => void;

export const buffersOf = (columns: PictureColumns): ArrayBuffer[] =>
  Object.values(columns as unknown as Record<string, Uint8Array<ArrayBuffer>>).map(({ buffer }) => buffer);
