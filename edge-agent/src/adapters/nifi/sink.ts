import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import { outboundLines } from "../../core/outbox/outbound-lines.ts";
import type { Logger } from "../../ports/logger.ts";
import { type Delivery, type Refusal, type Sink, SinkError } from "../../ports/sink.ts";
import { networkError, type Verdict, verdictOf } from "./answer.ts";
import { createDoorkeeper } from "./credentials.ts";
import type { NifiSinkOptions } from "./options.ts";
import { bodyOf, halvesOf, headersOf, type Part, partsOf } from "./part.ts";
import { type Asked, ask } from "./request.ts";

export interface NifiSinkDeps {
  /** Name of the sink. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ROWS_AT_ONCE = 10_000;
/** Requests that look for the rows a receiver does not take, of one batch; what is not told apart by then is refused. */
const MOST_SPLITS = 64;

const zip = promisify(gzip);

/** Posts each batch as NDJSON to a ListenHTTP of Apache NiFi. At least once: an answer that is lost has its batch come
 *  again, under the same name (see {@link headersOf}). */
export function createNifiSink(options: NifiSinkOptions, { name, clock, logger }: NifiSinkDeps): Sink {
  const url = new URL(options.url);
  const server = `${url.protocol}//${url.host}${url.pathname}`;
  const doorkeeper = createDoorkeeper(options);
  const closing = new AbortController();
  // Before anything was taken, a refusal is about the receiver, not about a row.
  let hasTaken = false;

  async function send(asked: Omit<Asked, "url">, to: URL, signal: AbortSignal): Promise<Verdict> {
    const { agent, authorization } = await doorkeeper.open();
    const headers = { ...asked.headers, ...(authorization !== undefined && { authorization }) };
    const deadline = clock.deadline(options.requestTimeoutMs, signal);
    try {
      const answer = await ask(agent, { ...asked, url: to, headers }, deadline.signal);
      return verdictOf(answer, server, clock.nowUs());
    } catch (thrown) {
      if (thrown instanceof SinkError) throw thrown;
      signal.throwIfAborted();
      if (!deadline.expired) throw networkError(thrown, server);
      const message = `${server} did not answer within ${options.requestTimeoutMs} ms`;
      throw new SinkError("busy", message, { cause: thrown });
    } finally {
      deadline.dispose();
    }
  }

  async function post(part: Part, signal: AbortSignal): Promise<Verdict> {
    const plain = bodyOf(part);
    const body = options.gzip ? await zip(plain) : plain;
    const headers = {
      ...headersOf(part, plain),
      "content-type": "application/x-ndjson",
      ...(options.gzip && { "content-encoding": "gzip" }),
      ...(options.twoPhase && { "x-prefer-acknowledge-uri": "true" }),
    };
    const verdict = await send({ method: "POST", headers, body }, url, signal);
    return verdict.kind === "held" ? confirm(verdict.location, signal) : verdict;
  }

  /** The receiver keeps what it was sent, and forgets it by itself where nobody confirms it. */
  async function confirm(location: string, signal: AbortSignal): Promise<Verdict> {
    const hold = URL.parse(location, url.href);
    if (hold?.origin !== url.origin)
      throw new SinkError("misfit", `${server} wants its delivery confirmed at another address: ${location}`);
    try {
      const verdict = await send({ method: "DELETE", headers: {} }, hold, signal);
      if (verdict.kind === "taken") return verdict;
    } catch (thrown) {
      if (!(thrown instanceof SinkError) || thrown.fault !== "misfit") throw thrown;
    }
    throw new SinkError("failed", `${server} has forgotten what it was to keep; it is sent again`);
  }

  /** Looks for the rows that are not taken by halves. */
  async function place(part: Part, splits: { left: number }, signal: AbortSignal): Promise<Refusal[]> {
    const verdict = await post(part, signal);
    if (verdict.kind === "taken") {
      hasTaken = true;
      return [];
    }
    const reason = verdict.kind === "refused" ? verdict.reason : "it was kept and not confirmed";
    if (part.lines.length === 1 || splits.left <= 0)
      return part.lines.map(({ row }) => ({ batch: part.batch, row, reason }));
    splits.left -= 1;
    const [first, second] = halvesOf(part);
    return [...(await place(first, splits, signal)), ...(await place(second, splits, signal))];
  }

  async function placeBatch(batch: OutboxBatch, signal: AbortSignal): Promise<Refusal[]> {
    const { lines, refused } = outboundLines(batch);
    const nowhere = refused.map(({ row, reason }): Refusal => ({ batch, row, reason }));
    const splits = { left: MOST_SPLITS };
    const notTaken: Refusal[] = [];
    for (const part of partsOf({ batch, lines }, options.maxBodyBytes))
      notTaken.push(...(await place(part, splits, signal)));
    const [first] = notTaken;
    const isAll = notTaken.length === lines.length && (lines.length > 1 || !hasTaken);
    if (first !== undefined && isAll) throw new SinkError("misfit", `no row is taken: ${first.reason}`);
    return [...nowhere, ...notTaken];
  }

  async function deliver(batches: readonly OutboxBatch[], outer: AbortSignal): Promise<Delivery> {
    const signal = AbortSignal.any([outer, closing.signal]);
    const refused: Refusal[] = [];
    for (const batch of batches) {
      signal.throwIfAborted();
      refused.push(...(await placeBatch(batch, signal)));
    }
    return { refused };
  }

  return {
    name,
    kind: "nifi",
    streams: options.streams,
    lane: "in-order",
    rowsAtOnce: ROWS_AT_ONCE,
    deliver,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort(new SinkError("failed", `the sink ${name} is closed`));
      doorkeeper.close();
      logger.debug({ sink: name }, "let go of NiFi");
    },
  };
}
