import type { ObjectMeta } from "../ports/resources.ts";

/** Anything that the API server keeps. */
export interface KubeObject {
  readonly metadata: ObjectMeta;
}

export type Change<T extends KubeObject> =
  | { readonly kind: "added" | "changed"; readonly object: T }
  /** As it was last seen. */
  | { readonly kind: "deleted"; readonly object: T };

/** What a list and a watch have told, by key: each call answers with what it changed, once. */
export interface ObjectCache<T extends KubeObject> {
  values(): readonly T[];
  readonly size: number;
  /** A list is asked for now. */
  expectList(): void;
  /** A whole list: what is not in it is gone. Its versions count even where they are lower, as after a restored backup,
   *  unless a write of our own was kept since it was asked for. */
  replace(objects: readonly T[]): readonly Change<T>[];
  /** Added or changed, as a watch tells it. */
  put(object: T): readonly Change<T>[];
  /** Gone. Of another object of that name the cache knows better. */
  remove(key: string, uid: string | undefined): readonly Change<T>[];
  /** What a write of our own was answered with, where nothing newer is known: the next look sees the write, and the watch
   *  that tells of it tells nothing new. */
  keep(object: T, seenVersion: string): void;
}

export const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

export function createObjectCache<T extends KubeObject>(): ObjectCache<T> {
  const objects = new Map<string, T>();
  /** Keys of our own writes since the list was asked for. */
  const kept = new Set<string>();
  let values: readonly T[] | undefined;

  function set(key: string, object: T): void {
    objects.set(key, object);
    values = undefined;
  }

  function put(object: T, isBetter: (a: T, b: T) => boolean = isNewer): Change<T>[] {
    const key = keyOf(object);
    const before = objects.get(key);
    if (before === undefined) {
      set(key, object);
      return [{ kind: "added", object }];
    }
    if (before.metadata.uid !== object.metadata.uid) {
      set(key, object);
      return [
        { kind: "deleted", object: before },
        { kind: "added", object },
      ];
    }
    if (!isBetter(object, before)) return [];
    set(key, object);
    return [{ kind: "changed", object }];
  }

  function remove(key: string, uid: string | undefined): Change<T>[] {
    const before = objects.get(key);
    if (before === undefined || (uid !== undefined && before.metadata.uid !== uid)) return [];
    objects.delete(key);
    values = undefined;
    return [{ kind: "deleted", object: before }];
  }

  return {
    values() {
      values ??= [...objects.values()];
      return values;
    },
    get size() {
      return objects.size;
    },
    expectList: () => kept.clear(),
    replace(listed) {
      const keys = new Set(listed.map(keyOf));
      const gone = [...objects.keys()].filter((key) => !keys.has(key));
      const changes = listed.flatMap((object) => put(object, kept.has(keyOf(object)) ? isNewer : isOther));
      return [...gone.flatMap((key) => remove(key, undefined)), ...changes];
    },
    put: (object) => put(object),
    remove,
    keep(object, seenVersion) {
      const key = keyOf(object);
      if (objects.get(key)?.metadata.resourceVersion !== seenVersion) return;
      kept.add(key);
      set(key, object);
    },
  };
}

const isOther = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.resourceVersion !== b.metadata.resourceVersion;

const DECIMAL = /^[1-9][0-9]*$/;

/** Versions of one object grow (KEP-5504 says so for all servers since 1.35, etcd's always did). Where they are no numbers,
 *  another version is taken for a newer one. */
function isNewer(a: KubeObject, b: KubeObject): boolean {
  const [one, other] = [a.metadata.resourceVersion, b.metadata.resourceVersion];
  if (!DECIMAL.test(one) || !DECIMAL.test(other)) return isOther(a, b);
  return one.length === other.length ? one > other : one.length > other.length;
}
