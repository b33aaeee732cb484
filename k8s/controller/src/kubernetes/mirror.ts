import { type Change, createObjectCache, type KubeObject, type ObjectCache } from "./object-cache.ts";
import { type Refused, readObject } from "./read-object.ts";
import type { Resource } from "./resource.ts";
import { nameSchema } from "./schemas.ts";

/** The objects of a kind as the server tells them: those that parse. The others are told once for each version. */
export interface Mirror<T extends KubeObject> {
  readonly cache: ObjectCache<T>;
  readonly refused: number;
  replace(items: readonly unknown[]): readonly Change<T>[];
  put(item: unknown): readonly Change<T>[];
  remove(item: unknown): readonly Change<T>[];
}

export function createMirror<T extends KubeObject>(
  resource: Resource<T>,
  onRefused: (refused: Refused) => void,
): Mirror<T> {
  const cache = createObjectCache<T>();
  /** Version by key: bounded by what the server keeps. */
  const told = new Map<string, string>();

  function tell(refused: Refused): void {
    const key = refused.key ?? "";
    if (told.get(key) === refused.resourceVersion) return;
    told.set(key, refused.resourceVersion);
    onRefused(refused);
  }

  return {
    cache,
    get refused() {
      return told.size;
    },
    replace(items) {
      const reads = items.map((item) => readObject(resource, item));
      const keys = new Set(reads.flatMap((read) => (read.isGood ? [] : [read.refused.key ?? ""])));
      for (const key of [...told.keys()]) if (!keys.has(key)) told.delete(key);
      for (const read of reads) if (!read.isGood) tell(read.refused);
      return cache.replace(reads.flatMap((read) => (read.isGood ? [read.object] : [])));
    },
    put(item) {
      const read = readObject(resource, item);
      if (read.isGood) {
        told.delete(`${read.object.metadata.namespace}/${read.object.metadata.name}`);
        return cache.put(read.object);
      }
      tell(read.refused);
      return read.refused.key === undefined ? [] : cache.remove(read.refused.key, undefined);
    },
    remove(item) {
      const named = nameSchema.safeParse(item).data?.metadata;
      if (named === undefined) return [];
      const key = `${named.namespace}/${named.name}`;
      told.delete(key);
      return cache.remove(key, named.uid);
    },
  };
}
