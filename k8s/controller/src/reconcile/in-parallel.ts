/** In order, at most `most` at a time. The first that throws ends it, once those that run are over. */
export async function inParallel<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const rest = items.values();
  let isStopped = false;
  async function worker(): Promise<void> {
    for (const item of rest) {
      if (isStopped) return;
      try {
        results.push(await work(item));
      } catch (thrown) {
        isStopped = true;
        throw thrown;
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, worker));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  return results;
}
