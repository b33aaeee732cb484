import type { Clock } from "@stethos/protocol-finger/clock";
import { SinkError } from "../../ports/sink.ts";
import { networkError, verdictOf } from "./answer.ts";
import { createDoorkeeper } from "./credentials.ts";
import type { NifiSinkOptions } from "./options.ts";
import { ask } from "./request.ts";

/** What ListenHTTP answers to HEAD, as PostHTTP asks it before it sends (ListenHTTPServlet.doHead). */
const PROTOCOL_HEADER = "x-nifi-transfer-protocol-version";

/** Asks the receiver whether it is one and lets this client in; delivers nothing.
 *  @returns what it said, for a person
 *  @throws SinkError; the signal's reason */
export async function probeNifi(
  options: NifiSinkOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(options.url);
  const server = `${url.protocol}//${url.host}${url.pathname}`;
  const doorkeeper = createDoorkeeper(options);
  const deadline = clock.deadline(options.requestTimeoutMs, signal);
  try {
    const { agent, authorization } = await doorkeeper.open();
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await ask(agent, { url, method: "HEAD", headers }, deadline.signal);
    const verdict = verdictOf(answer, server, clock.nowUs());
    const version = answer.headers[PROTOCOL_HEADER];
    if (verdict.kind !== "taken" || version === undefined)
      throw new SinkError("misfit", `${server} answered ${answer.status}, and not as ListenHTTP does`);
    return `ListenHTTP, transfer protocol ${String(version)}`;
  } catch (thrown) {
    if (thrown instanceof SinkError) throw thrown;
    signal.throwIfAborted();
    if (!deadline.expired) throw networkError(thrown, server);
    const message = `${server} did not answer within ${options.requestTimeoutMs} ms`;
    throw new SinkError("unreachable", message, { cause: thrown });
  } finally {
    deadline.dispose();
    doorkeeper.close();
  }
}
