/** Does one piece of work at a time, in the order given, also after one that failed: whoever asked for that one is told,
 *  and nobody else. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work, work);
    last = done;
    return done;
  };
}
