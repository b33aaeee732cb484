import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Report } from "../harness.ts";
import type { FedAgent } from "./agent.ts";
import { probeOf } from "./twin-page.ts";

const SETTLE_MS = 3_000;
const RUN_MS = 20_000;

export interface Paced {
  /** Pictures that were told and drawn, a second. */
  readonly drawnHz: number;
  /** What the benchmark itself came to: a loaded machine feeds less than was asked for. */
  readonly fedHz: number;
  readonly lost: number;
  readonly latP95Ms: number;
}

/** The page under a steady feed. */
export async function measurePaced(
  page: Page,
  agent: FedAgent,
  { hz, share }: { readonly hz: number; readonly share: number },
  report: Report,
): Promise<Paced> {
  const feed = agent.feed(hz, share);
  await wait(SETTLE_MS);
  const fedBefore = feed.messages;
  const begin = await probeOf(page);
  await wait(RUN_MS);
  const end = await probeOf(page);
  const messages = feed.messages - fedBefore;
  feed.stop();
  const seconds = (end.now - begin.now) / 1000;
  const drawn = (level: "changed" | "everything" | "points") => end.total[level] - begin.total[level];
  const frames = drawn("changed") + drawn("points") + drawn("everything");
  // A picture that was told but not drawn does not count; nor does one that blinks without news.
  const drawnHz = Math.min(end.feed.drawn - begin.feed.drawn, frames) / seconds;
  const lost = end.feed.lost - begin.feed.lost;
  report(
    `${100 * share} % at ${hz} Hz: ${messages} messages, ${drawnHz.toFixed(1)} drawn/s (changed ${drawn("changed")}, ` +
      `points ${drawn("points")}, everything ${drawn("everything")}; ${end.counts.drawnPoints} single points), ` +
      `told ${end.feed.drawn - begin.feed.drawn}, lost ${lost}, p95 ${end.feed.latP95.toFixed(0)} ms`,
  );
  return { drawnHz, fedHz: messages / seconds, lost, latP95Ms: end.feed.latP95 };
}

/** What the page's heap grew by while all points changed ten times a second, after collecting garbage.
 *  @returns MB */
export async function measureHeap(
  page: Page,
  agent: FedAgent,
  minutes: number,
  report: Report,
): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  const heapMB = async (): Promise<number> => {
    for (let i = 0; i < 2; i += 1) await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    return usedSize / 1e6;
  };
  const feed = agent.feed(10, 1);
  await wait(SETTLE_MS);
  const begin = await heapMB();
  let last = begin;
  for (let minute = 0; minute < minutes; minute += 1) {
    await wait(60_000);
    last = await heapMB();
    report(`heap ${last.toFixed(2)} MB after ${minute + 1} min, ${begin.toFixed(2)} at first`);
  }
  feed.stop();
  await devtools.detach();
  return last - begin;
}
