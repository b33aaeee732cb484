import type { Alarm } from "../../core/alarm-types.ts";
import type { Health } from "../../core/health.ts";
import type { RolloutReport } from "../../core/rollout/rollout-report.ts";
import type { TimeUs } from "../../core/time.ts";
import type { HistoryStatistics } from "../../ports/history.ts";
import type { OutboxStatistics } from "../../ports/outbox.ts";
import type { AgentStatus } from "../../ports/plant.ts";

/** Where the figures are that nobody counts: asked at each scrape. Whatever throws is left out, and told by
 *  `stethos_scrape_part_up`. What an agent does not have is absent. */
export interface MetricSources {
  status(): AgentStatus;
  alarms(): readonly Alarm[];
  /** Of every machine. */
  health(): readonly Health[];
  models(): RolloutReport;
  feedClients(): number;
  process(): ProcessFigures;
  history(signal: AbortSignal): Promise<HistoryStatistics>;
  outbox?(signal: AbortSignal): Promise<OutboxFigures>;
  sinks?(): readonly SinkFigures[];
  queues?(): readonly QueueFigures[];
  logs?(): readonly LogFigures[];
  objectives?(): readonly ObjectiveFigures[];
  /** Free bytes of the disk that holds the data folder. */
  diskFreeBytes?(): Promise<number>;
}

export interface OutboxFigures extends OutboxStatistics {
  /** What it may take; absent where it has no bound. */
  readonly limitBytes?: number;
}

/** What the forwarding flow tells of a sink (flow/forward.ts, SinkState). */
export interface SinkFigures {
  readonly sink: string;
  readonly state: "delivering" | "idle" | "trouble";
  readonly attempts: number;
  readonly lastDeliveredUs?: TimeUs;
}

export interface QueueFigures {
  readonly queue: string;
  readonly items: number;
}

export interface LogFigures {
  readonly log: "file" | "loki" | "stream";
  readonly lines: number;
  readonly dropped: number;
  readonly failures: number;
}

/** An objective over its windows (core/slo). */
export interface ObjectiveFigures {
  readonly slo: string;
  readonly isBurning: boolean;
  readonly windows: readonly {
    readonly window: string;
    readonly good: number;
    readonly bad: number;
    /** Absent without evidence. */
    readonly burn?: number;
  }[];
}

export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuSeconds: number;
  /** Absent before the first look. */
  readonly loopDelay?: { readonly p50: number; readonly p99: number; readonly max: number };
}
