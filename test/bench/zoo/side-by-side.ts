/** Does `work` with every item, at most `most` at a time; results in the order of the items. */
export async function sideBySide<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function worker(): Promise<void> {
    for (let i = next; i < items.length; i = next) {
      next += 1;
      const item = items[i];
      if (item !== undefined) results[i] = await work(item);
    }
  }
  await Promise.all(Array.from({ length: most }, worker));
  return results;
}
