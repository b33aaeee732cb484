/** Full acquisition beside what is measured: 2,000 REALs of an S7, every 100 ms, with history. */
export declare function startLoad(): Promise<{
  valuesPerSecond: () => number;
  stop(): Promise<void>;
}>;
