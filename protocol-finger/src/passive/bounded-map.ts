/** A map of the newest so many entries: the one of longest silence gives way to a new one. */
export interface BoundedMap<K, V> {
  /** Makes the entry the newest. */
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
}

/** @param onForget told of each entry that had to give way */
export function createBoundedMap<K, V>(
  most: number,
  onForget: () => void = () => undefined,
): BoundedMap<K, V> {
  // A Map keeps the order of insertion.
  const entries = new Map<K, V>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size <= most) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        onForget();
        return;
      }
    },
    delete: (key) => void entries.delete(key),
  };
}
