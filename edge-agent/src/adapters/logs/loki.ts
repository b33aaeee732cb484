import { readFile } from "node:fs/promises";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError, unreachable } from "../../core/errors.ts";
import { createBackoff } from "../../lib/backoff.ts";
import { createBoundedQueue } from "../../lib/bounded-queue.ts";
import type { Random } from "../../ports/random.ts";
import type { LogSink } from "./log-sink.ts";
import { createStamp, type Labels, type PushAnswer, push, pushBody } from "./loki-push.ts";
import type { LokiSettings } from "./options.ts";

export interface LokiDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Name of this agent. */
  readonly node: string;
  /** Told once when pushes begin to fail, and why. */
  onTrouble(error: Error): void;
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 60_000;
const CLOSE_MS = 3000;
// Objects cost beside their bytes.
const LINE_COST = 64;

/** Pushes lines in batches; while Loki is away they wait in a bounded buffer, and the oldest make room. */
export function createLokiSink(settings: LokiSettings, deps: LokiDeps): LogSink {
  const { clock } = deps;
  const labels: Labels = { ...settings.labels, job: "stethos", node: deps.node };
  const stamp = createStamp();
  const backoff = createBackoff(RETRY_FIRST_MS, RETRY_MOST_MS, deps.random);
  const queue = createBoundedQueue<string>(Math.ceil(settings.bufferBytes / LINE_COST));
  const stopping = new AbortController();
  // A push under way is not broken off by the stop: nobody could tell whether Loki has it.
  const giveUp = new AbortController();
  let waiting = 0;
  let lines = 0;
  let dropped = 0;
  let failures = 0;
  let isFailing = false;
  let wake = new AbortController();

  function makeRoom(): void {
    while (waiting > settings.bufferBytes && queue.size > 0) {
      for (const line of queue.take(1)) waiting -= costOf(line);
      dropped += 1;
    }
  }

  const bodyOf = (batch: readonly string[]) => pushBody(batch, labels, clock.nowUs() / 1000, stamp);

  async function attempt(body: string): Promise<PushAnswer> {
    const deadline = clock.deadline(settings.timeoutMs, giveUp.signal);
    try {
      const { url, tenant, tokenFile } = settings;
      const token = tokenFile === undefined ? undefined : await tokenOf(tokenFile);
      return await push({ url, tenant, token }, body, deadline.signal);
    } catch (thrown) {
      return { kind: "later", why: describeError(thrown) };
    } finally {
      deadline.dispose();
    }
  }

  /** @returns how long to wait before these lines are pushed again; undefined where they are over with */
  function settle(answer: PushAnswer, batch: readonly string[]): number | undefined {
    switch (answer.kind) {
      case "done":
        backoff.reset();
        isFailing = false;
        return undefined;
      case "never":
        failures += 1;
        dropped += batch.length;
        return undefined;
      case "denied":
      case "later": {
        failures += 1;
        if (!isFailing) deps.onTrouble(new Error(`Loki does not take the log: ${answer.why}`));
        isFailing = true;
        const asked = answer.kind === "later" ? (answer.retryAfterMs ?? 0) : 0;
        return Math.max(backoff.next(), Math.min(asked, RETRY_MOST_MS));
      }
      default:
        return unreachable(answer);
    }
  }

  /** Pushes until Loki has these lines, will not have them, or the signal aborts. @returns whether they are over with */
  async function deliver(batch: readonly string[], body: string, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const waitMs = settle(await attempt(body), batch);
      if (waitMs === undefined) return true;
      if (!(await slept(clock, waitMs, signal))) return false;
    }
  }

  /** A full batch, or what there is when the time is over. */
  async function gather(signal: AbortSignal): Promise<readonly string[]> {
    if (queue.size < settings.batchLines) {
      wake = new AbortController();
      await slept(clock, settings.batchMs, AbortSignal.any([signal, wake.signal]));
    }
    return queue.take(settings.batchLines);
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batch = await gather(signal);
      if (signal.aborted) return finish(batch, bodyOf(batch));
      if (batch.length === 0) continue;
      const body = bodyOf(batch);
      const cost = batch.reduce((sum, line) => sum + costOf(line), 0);
      // The batch counts as waiting until it is over with: it is in memory.
      const isOver = await deliver(batch, body, signal);
      waiting -= cost;
      if (!isOver) return finish(batch, body);
    }
    const batch = queue.take(settings.batchLines);
    return finish(batch, bodyOf(batch));
  }

  /** The agent is stopping: what waits is pushed while Loki takes it, and nothing is pushed a second time. */
  async function finish(first: readonly string[], firstBody: string): Promise<void> {
    for (let batch = first, body = firstBody; batch.length > 0; body = bodyOf(batch)) {
      const { kind } = await attempt(body);
      if (kind !== "done") dropped += batch.length;
      if (kind !== "done" && kind !== "never") break;
      batch = queue.take(settings.batchLines);
    }
    dropped += queue.take(queue.size).length;
  }

  const running = run(stopping.signal);
  return {
    write(line) {
      lines += 1;
      waiting += costOf(line);
      if (!queue.push(line)) dropped += 1;
      makeRoom();
      if (queue.size >= settings.batchLines) wake.abort();
    },
    figures: () => ({ log: "loki", lines, dropped, failures }),
    async close() {
      stopping.abort(new DOMException("the log is closed", "AbortError"));
      const deadline = clock.deadline(CLOSE_MS, giveUp.signal);
      deadline.signal.addEventListener("abort", () => giveUp.abort(deadline.signal.reason), { once: true });
      await running;
      deadline.dispose();
      queue.close();
    },
  };
}

const costOf = (line: string): number => line.length + LINE_COST;

const tokenOf = async (file: string): Promise<string> =>
  (await readFile(file, "utf8")).split("\n")[0]?.trim() ?? "";
