/** Something that takes any bytes and either makes sense of them or throws a WireError. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs to begin with. */
  readonly seeds: readonly Buffer[];
  /** What it returns is compared between runs, unless it is a promise. */
  run(bytes: Buffer): unknown;
}

/** Bytes that a target did not cope with. */
export interface Finding {
  readonly target: string;
  readonly hex: string;
  readonly what: string;
}
