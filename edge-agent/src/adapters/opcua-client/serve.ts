import { rawColumns } from "../../core/reading.ts";
import type { DriverDeps, DriverEvent, ScanPlan } from "../../ports/driver.ts";
import type { Connection } from "./connect.ts";
import { beat } from "./heartbeat.ts";
import type { Items } from "./items.ts";
import { readChanges } from "./notification.ts";
import type { OpcuaOptions } from "./options.ts";
import { type Notification, startPublishing } from "./publish.ts";
import { readServerFacts } from "./server-facts.ts";
import { type Refused, subscribe } from "./subscribe.ts";
import { createWaveformReader, refused, type WaveformReader } from "./waveform-reader.ts";

export interface ServeJob {
  readonly connection: Connection;
  readonly plan: ScanPlan;
  readonly items: Items;
  readonly options: OpcuaOptions;
  readonly deps: DriverDeps;
  /** Counter of the block that was delivered last, by waveform. */
  readonly last: Map<number, number>;
  push(event: DriverEvent): void;
  /** The server sends: the connection is worth its name. */
  onAlive(): void;
}

/** One session from subscribing to its end. Rejects when the signal aborts or the connection is lost. */
export async function serve(job: ServeJob, signal: AbortSignal): Promise<void> {
  const { connection, options, deps } = job;
  const lost = new AbortController();
  const end = AbortSignal.any([signal, connection.broken, lost.signal]);
  try {
    const facts = await readServerFacts(connection, options, deps.clock, end);
    const { subscriptions, refused, itemsPerCall } = await subscribe({ ...job, facts, signal: end });
    job.push({ kind: "link", up: true, reason: "connected" });
    if (itemsPerCall < facts.itemsPerCall)
      job.push({ kind: "learnt", limits: { maxNodesPerCall: itemsPerCall } });
    tellRefused(job, refused);
    const waveforms = createWaveformReader({ ...job, facts });
    const blocks = createBlockQueue(waveforms);
    const publishing = startPublishing(
      connection,
      subscriptions,
      {
        clock: deps.clock,
        onNotification: (notification) => {
          job.onAlive();
          for (const waveform of tellChanges(job, notification)) blocks.add(waveform);
        },
        onLost: (reason) => lost.abort(reason),
      },
      end,
    );
    await Promise.race([
      beat({ connection, subscriptions, publishing, options, deps }, end),
      blocks.run(end),
    ]);
  } catch (thrown) {
    // What failed first is what ended the session; the rest failed because of it.
    end.throwIfAborted();
    throw thrown;
  } finally {
    lost.abort();
  }
}

// Bad_TooManyMonitoredItems, Bad_TooManyOperations (OPC 10000-6, A.2).
const LIMITS: readonly number[] = [0x80db0000, 0x80100000];

/** Rows of the tags, empty blocks of the waveforms that the server does not watch; others go on. */
function tellRefused({ plan, deps, push }: ServeJob, all: readonly Refused[]): void {
  if (all.length === 0) return;
  const limited = all.filter(({ status }) => LIMITS.includes(status)).length;
  if (limited > 0) {
    const observed = `the server does not watch ${limited} of ${plan.tags.length + plan.waveforms.length} items: too many`;
    push({ kind: "diagnosis", diagnosis: { code: "OPCUA_LIMIT", observed } });
  }
  const nowUs = deps.clock.nowUs();
  const tags = all.filter(({ handle }) => handle < plan.tags.length);
  const rows = rawColumns(tags.length, nowUs);
  tags.forEach(({ handle, status }, row) => {
    rows.tag[row] = handle;
    rows.status[row] = status;
    deps.logger.warn({ tag: plan.tags[handle]?.id, status }, "the server does not watch this tag");
  });
  if (tags.length > 0) push({ kind: "batch", batch: rows });
  for (const { handle, status } of all) {
    const waveform = handle - plan.tags.length;
    const source = plan.waveforms[waveform];
    if (source === undefined) continue;
    deps.logger.warn({ waveform: source.id, status }, "the server does not watch this waveform's sequence");
    push({ kind: "waveform", waveform: refused(waveform, source, status, nowUs) });
  }
}

/** @returns the waveforms whose counter changed */
function tellChanges(
  { connection, items, deps, push }: ServeJob,
  notification: Notification,
): readonly number[] {
  const changes = readChanges(connection.opcua, notification, items, deps.clock.nowUs());
  if (changes.batch !== undefined) push({ kind: "batch", batch: changes.batch });
  if (changes.overflowed > 0)
    push({ kind: "overrun", group: notification.subscription.group.name, missed: changes.overflowed });
  return changes.waveforms;
}

/** Waveforms that wait to be read, one after the other: a change while one waits makes it wait once. */
function createBlockQueue(reader: WaveformReader) {
  const waiting = new Set<number>();
  let wake: (() => void) | undefined;
  return {
    add(waveform: number): void {
      waiting.add(waveform);
      wake?.();
    },
    async run(signal: AbortSignal): Promise<never> {
      const onAbort = () => wake?.();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        while (true) {
          signal.throwIfAborted();
          const [waveform] = waiting;
          if (waveform === undefined) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
            continue;
          }
          waiting.delete(waveform);
          await reader.read(waveform, signal);
        }
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
