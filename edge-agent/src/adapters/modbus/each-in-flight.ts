/** Run `job` on each item, in order, at most `most` at a time. The first failure stops the rest; it is thrown when
 *  the jobs under way have ended. */
export async function eachInFlight<T>(
  items: readonly T[],
  most: number,
  job: (item: T) => Promise<unknown>,
): Promise<void> {
  const open = items.values();
  let failure: { readonly thrown: unknown } | undefined;

  async function work(): Promise<void> {
    // All workers take from the same iterator.
    for (const item of open) {
      try {
        await job(item);
      } catch (thrown) {
        failure ??= { thrown };
      }
      if (failure !== undefined) return;
    }
  }

  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
  if (failure !== undefined) throw failure.thrown;
}
