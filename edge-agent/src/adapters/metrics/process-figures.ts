import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { ProcessFigures } from "./sources.ts";

export interface ProcessWatch {
  read(): ProcessFigures;
  close(): void;
}

const RESOLUTION_MS = 20;
/** Two who scrape must not take each other's figures away: what was found stands at least so long. */
const LEAST_LOOK_MS = 5000;

/** What this process uses. The histogram measures how late a timer is: its resolution is taken off. */
export function createProcessWatch(clock: Pick<Clock, "monotonicMs">): ProcessWatch {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let lookedMs = clock.monotonicMs();
  let found: ProcessFigures["loopDelay"];

  const inSeconds = (ns: number): number => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000);

  function look(): void {
    const nowMs = clock.monotonicMs();
    if (delay.count === 0 || (found !== undefined && nowMs - lookedMs < LEAST_LOOK_MS)) return;
    found = {
      p50: inSeconds(delay.percentile(50)),
      p99: inSeconds(delay.percentile(99)),
      max: inSeconds(delay.max),
    };
    delay.reset();
    lookedMs = nowMs;
  }

  return {
    read() {
      look();
      const { rss, heapUsed } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      return {
        residentBytes: rss,
        heapUsedBytes: heapUsed,
        cpuSeconds: (user + system) / 1e6,
        ...(found && { loopDelay: found }),
      };
    },
    close: () => void delay.disable(),
  };
}
