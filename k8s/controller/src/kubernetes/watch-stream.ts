import type { Clock } from "@stethos/protocol-finger/clock";
import { z } from "zod";
import { ClusterError } from "../ports/cluster.ts";

/** One line of a watch. */
export interface WatchEvent {
  readonly type: "ADDED" | "BOOKMARK" | "DELETED" | "ERROR" | "MODIFIED";
  readonly object: unknown;
}

const eventSchema = z.object({
  type: z.enum(["ADDED", "BOOKMARK", "DELETED", "ERROR", "MODIFIED"]),
  object: z.unknown(),
});

export interface StreamLimits {
  /** The longest silence: the server sends a bookmark about every minute. */
  readonly silentMs: number;
  /** The longest line, in characters; etcd takes objects of 1.5 MiB. */
  readonly mostLine: number;
}

/** The stream said nothing for too long: nobody knows whether there was nothing to say. */
export class SilentStreamError extends ClusterError {
  constructor(silentMs: number) {
    super("unreachable", `the watch said nothing for ${silentMs / 1000} s`);
  }
}

/** The events of a watch until the server ends it.
 *  @throws ClusterError "unreachable" where it breaks off, is silent for too long or is no watch; the signal's reason */
export async function* watchEvents(
  body: ReadableStream<Uint8Array>,
  limits: StreamLimits,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunksOf(body, limits.silentMs, clock, signal)) {
    rest += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
      const line = rest.slice(start, end);
      start = end + 1;
      if (line.trim() !== "") yield eventOf(line);
    }
    rest = rest.slice(start);
    if (rest.length > limits.mostLine)
      throw new ClusterError(
        "unreachable",
        `a line of the watch is longer than ${limits.mostLine} characters`,
      );
  }
  // What follows the last line end was cut: the same event comes again from the last version that was seen.
}

function eventOf(line: string): WatchEvent {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new ClusterError("unreachable", "a line of the watch is no event", { cause });
  }
}

async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  silentMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  try {
    for (;;) {
      const chunk = await readWithin(reader, silentMs, clock, signal);
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    // Ends the request. That of a broken stream fails the way the stream did.
    await reader.cancel().catch(() => undefined);
  }
}

async function readWithin(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  silentMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const limit = clock.deadline(silentMs, signal);
  try {
    const { value } = await Promise.race([reader.read(), rejected(limit.signal)]);
    return value;
  } catch (cause) {
    signal.throwIfAborted();
    if (limit.expired) throw new SilentStreamError(silentMs);
    throw new ClusterError("unreachable", "the watch broke off", { cause });
  } finally {
    limit.dispose();
  }
}

const rejected = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
