/** Hands each item of `source` on in the form that `each` gives it; ends with what `source` ends with, and ends it when
 *  the consumer leaves. */
export async function* through<T, End>(
  source: AsyncGenerator<T, End>,
  each: (item: T) => Iterable<T>,
): AsyncGenerator<T, End> {
  let isOver = false;
  try {
    while (true) {
      const next = await source.next();
      if (next.done) {
        isOver = true;
        return next.value;
      }
      yield* each(next.value);
    }
  } finally {
    // Its own `finally` runs; nobody sees the value.
    if (!isOver) await source.return(undefined as never);
  }
}
