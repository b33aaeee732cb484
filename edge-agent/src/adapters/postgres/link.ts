import type { Clock } from "@stethos/protocol-finger/clock";
import type { Client, QueryResult } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { SinkError } from "../../ports/sink.ts";

/** One connection. Whatever fails on it, it is dropped and another one is made: nothing of a transaction is left then. */
export interface Link {
  /** False once it is lost or was dropped. */
  readonly isUp: boolean;
  /** @throws what the server said; SinkError "unreachable" after too long a silence; the signal's reason */
  query<Row extends object>(text: string, signal: AbortSignal, values?: readonly unknown[]): Promise<Row[]>;
  /** Several statements in one message, one answer each; nothing may be put in but literals. */
  script(text: string, signal: AbortSignal): Promise<QueryResult[]>;
  /** Binary COPY. */
  copy(text: string, signal: AbortSignal): Copy;
  /** At once, without a word to the server. */
  drop(): void;
  /** Takes leave of the server, where it is listening; never throws. */
  end(): Promise<void>;
}

/** One COPY under way. */
export interface Copy {
  /** Resolves when the bytes are with the operating system, and their buffer is free again. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it; resolves to the rows that the server took. */
  end(): Promise<number>;
}

const LEAVE_MS = 1000;

/** What of pg is needed here; its types do not show the socket. */
interface Wired {
  readonly connection: { readonly stream: { destroy(): void } };
}

export function createLink(
  client: Client,
  where: string,
  options: { readonly answerTimeoutMs: number },
  clock: Clock,
): Link {
  let isUp = true;
  client.on("error", () => {
    isUp = false;
  });
  client.on("end", () => {
    isUp = false;
  });

  function drop(): void {
    isUp = false;
    (client as unknown as Wired).connection.stream.destroy();
  }

  /** Waits for `work`, but neither longer than the server may be silent nor beyond the signal. */
  async function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const deadline = clock.deadline(options.answerTimeoutMs, signal);
    let onAbort = (): void => undefined;
    const cut = new Promise<never>((_, reject) => {
      onAbort = () => {
        drop();
        if (!deadline.expired) reject(signal.reason);
        else reject(new SinkError("unreachable", `${where}: no answer in ${options.answerTimeoutMs} ms`));
      };
      if (deadline.signal.aborted) onAbort();
      else deadline.signal.addEventListener("abort", onAbort, { once: true });
    });
    try {
      return await Promise.race([work, cut]);
    } finally {
      deadline.signal.removeEventListener("abort", onAbort);
      deadline.dispose();
    }
  }

  return {
    get isUp() {
      return isUp;
    },
    drop,
    async end() {
      if (!isUp) return;
      const { signal } = new AbortController();
      const deadline = clock.deadline(LEAVE_MS, signal);
      deadline.signal.addEventListener("abort", drop, { once: true });
      // A connection that breaks meanwhile is left as well.
      await client.end().catch(() => undefined);
      deadline.signal.removeEventListener("abort", drop);
      deadline.dispose();
    },
    async query<Row extends object>(text: string, signal: AbortSignal, values: readonly unknown[] = []) {
      const answer = await waitFor(client.query<Row>(text, [...values]), signal);
      return answer.rows;
    },
    async script(text, signal) {
      // One statement gives one result, several a list of them; the types know the first only.
      const answer: QueryResult | QueryResult[] = await waitFor(client.query(text), signal);
      return Array.isArray(answer) ? answer : [answer];
    },
    copy(text, signal) {
      const stream = client.query(copyFrom(text));
      const failed = new Promise<never>((_, reject) => stream.on("error", reject));
      // Whoever waits is told; an error between two waits is met by the next one.
      failed.catch(() => undefined);
      const step = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
        waitFor(
          Promise.race([
            failed,
            new Promise<void>((resolve, reject) => start((error) => (error ? reject(error) : resolve()))),
          ]),
          signal,
        );
      return {
        write: (bytes) => step((done) => stream.write(bytes, done)),
        async end() {
          await step((done) => stream.end(done));
          return stream.rowCount;
        },
      };
    },
  };
}
