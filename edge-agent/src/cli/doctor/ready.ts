import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../../core/errors.ts";

const BETWEEN_MS = 500;
const ANSWER_MS = 10_000;

interface AwaitedAgent {
  /** "http://127.0.0.1:8642" */
  readonly address: string;
  readonly withinMs: number;
  /** The agent's process, where it is known: nobody waits for one that has ended. */
  readonly pid: number | undefined;
}

/** Waits until the agent says that it is ready, as a service manager wants to know it.
 *  @throws EdgeError AGENT_UNREACHABLE with the last reason; the signal's reason */
export async function untilReady(
  { address, withinMs, pid }: AwaitedAgent,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.deadline(withinMs, signal);
  let why = "it was not asked";
  try {
    do {
      try {
        await askReady(address, deadline.signal);
        return;
      } catch (thrown) {
        signal.throwIfAborted();
        if (!deadline.expired) why = describeError(thrown);
      }
      if (pid !== undefined && !isRunning(pid))
        throw new EdgeError("AGENT_UNREACHABLE", "the agent ended before it was ready; its log says why");
    } while (await slept(clock, BETWEEN_MS, deadline.signal));
    signal.throwIfAborted();
    throw new EdgeError("AGENT_UNREACHABLE", `${address} is not ready within ${withinMs / 1000} s: ${why}`);
  } finally {
    deadline.dispose();
  }
}

/** Signal 0 reaches nobody: kill(2). */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown) return thrown.code === "EPERM";
    throw thrown;
  }
}

function askReady(address: string, signal: AbortSignal): Promise<void> {
  const url = new URL("/readyz", address);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asked = send(url, {
      signal,
      timeout: ANSWER_MS,
      agent: false,
      // Nothing secret is told it: the question is whether it answers, and its certificate need not name this address.
      rejectUnauthorized: false,
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer in ${ANSWER_MS / 1000} s`)));
    asked.on("error", reject);
    asked.on("response", (response) => {
      response.on("error", reject).resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`it answered ${response.statusCode}`));
    });
    asked.end();
  });
}
