import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";

export interface Watch {
  readonly clock: Clock;
  readonly idleMs: number;
  /** For the message. */
  readonly what: string;
}

/** The same promise, given up when nothing comes of it for too long, or when the signal aborts: a peer that holds the
 *  line and says nothing must not hold us too.
 *  @throws ModelError REGISTRY_UNREACHABLE */
export async function watched<T>(
  work: Promise<T>,
  { clock, idleMs, what }: Watch,
  signal: AbortSignal,
): Promise<T> {
  const deadline = clock.deadline(idleMs, signal);
  try {
    return await Promise.race([work, aborted(deadline.signal)]);
  } catch (thrown) {
    if (!deadline.expired) throw thrown;
    throw new ModelError("REGISTRY_UNREACHABLE", `${what}: no answer in ${idleMs} ms; check the network`, {
      cause: thrown,
    });
  } finally {
    deadline.dispose();
  }
}

/** The same chunks, each waited for no longer than that. */
export async function* watchedChunks(
  chunks: AsyncIterable<Uint8Array>,
  watch: Watch,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await watched(iterator.next(), watch, signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Lets go of files and sockets. Not waited for: one that is stuck would hold us too, and has nothing more to say.
    iterator.return?.().catch(() => undefined);
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
