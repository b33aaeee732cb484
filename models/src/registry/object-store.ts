/** Where a registry keeps its objects: a bucket or a folder, the same keys in both. Keys are relative, "/"-separated. */
export interface ObjectStore {
  /** For messages: "s3://bucket/prefix", "folder /srv/registry". */
  readonly name: string;
  /** Whether it honours the conditions of `put`; found out by trying, once, and never taken on trust: a condition that
   *  is silently ignored is a lock that always succeeds. */
  conditions(signal: AbortSignal): Promise<Conditions>;
  /** How long after a write another one's may still come to light under it: a server may check a condition and then
   *  write, without a lock in between, and tell two writers that they were first. Absent: it is one step for sure. */
  readonly settleMs?: number;
  /** The store's own clock, maybe in whole seconds. Absent: it has none but this machine's. */
  readonly nowMs?: (signal: AbortSignal) => Promise<number>;
  /** @throws ModelError REGISTRY_UNREACHABLE, REGISTRY_REFUSED; so do all */
  head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined>;
  /** @param options.from first byte wanted; @param options.ifMatch refuses another object than this one
   *  @returns "changed" where the object is no longer the one of `ifMatch`, undefined where there is none */
  get(
    key: string,
    options: { readonly from?: number; readonly ifMatch?: string },
    signal: AbortSignal,
  ): Promise<ObjectBody | "changed" | undefined>;
  /** @returns "conflict" where the condition did not hold */
  put(
    key: string,
    body: Uint8Array,
    condition: PutCondition,
    signal: AbortSignal,
  ): Promise<"conflict" | "written">;
  list(prefix: string, signal: AbortSignal): AsyncIterable<ListedObject>;
  delete(key: string, signal: AbortSignal): Promise<void>;
}

export type PutCondition = { readonly ifAbsent: true } | { readonly ifMatch: string } | "none";

export interface Conditions {
  readonly ifAbsent: boolean;
  readonly ifMatch: boolean;
}

export interface ObjectHead {
  readonly etag: string;
  readonly bytes: number;
  /** By the store's clock. */
  readonly modifiedMs: number;
}

export interface ListedObject extends ObjectHead {
  readonly key: string;
}

export interface ObjectBody extends ObjectHead {
  /** From `from` on. Throws REGISTRY_UNREACHABLE when it breaks off. */
  readonly chunks: AsyncIterable<Uint8Array>;
}
