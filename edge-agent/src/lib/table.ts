/** A table that only grows: what once got an index keeps it, whatever comes and goes around it. */
export interface Table<T extends { readonly id: string }> {
  /** Puts the items in; one whose id is known takes the place of its namesake.
   *  @returns the index of each */
  place(items: readonly T[]): Uint32Array<ArrayBuffer>;
  readonly items: readonly T[];
}

export function createTable<T extends { readonly id: string }>(): Table<T> {
  const items: T[] = [];
  const indices = new Map<string, number>();
  return {
    items,
    place: (added) =>
      Uint32Array.from(added, (item) => {
        const index = indices.get(item.id) ?? items.length;
        indices.set(item.id, index);
        items[index] = item;
        return index;
      }),
  };
}
