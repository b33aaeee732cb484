/** Hours of the twin's messages on disk. */
export interface TwinRecording {
  /** Hands over a message that core/twin-delta encoded; never waits and never fails.
   *  @returns false where it was dropped, because the disk is behind or failing: only a snapshot can follow it */
  append(message: Uint8Array<ArrayBuffer>): boolean;
  /** What can be replayed, oldest first. */
  spans(): readonly TwinSpan[];
  /** The messages of a stretch of time: a snapshot of how it was at `fromMs`, or of the first that is known after it,
   *  then deltas, each of the newest of every point that changed within a step.
   *  @throws EdgeError DATA_INVALID where a recording cannot be read */
  frames(query: TwinFramesQuery, signal: AbortSignal): AsyncIterable<Uint8Array>;
  readonly statistics: TwinRecordingStatistics;
  /** Everything handed over is on disk, or given up, when it resolves. */
  close(): Promise<void>;
}

/** Time without a gap, of one layout. */
export interface TwinSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly layoutHash: number;
}

export interface TwinFramesQuery {
  readonly fromMs: number;
  readonly toMs: number;
  /** Changes of so long are merged. */
  readonly stepMs: number;
}

export interface TwinRecordingStatistics {
  readonly bytes: number;
  readonly recorded: number;
  readonly dropped: number;
}
