import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createOutbox } from "../adapters/sqlite/outbox/outbox.ts";
import type { AgentConfig } from "../config.ts";
import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import { createForward } from "../flow/forward.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { ReadingTracer } from "../ports/tracer.ts";
import { createSink, nodeName } from "./sinks.ts";

export interface DataPlaneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly tracer: ReadingTracer;
}

/** Everything that leaves the agent: the outbox, and the sinks that it drains into. */
export interface OpenDataPlane extends DataPlane {
  registerTags(tags: readonly Tag[]): void;
  append(batch: ReadingBatch): void;
  appendScore(score: Score): void;
  appendHealth(health: Health): void;
  appendAlarm(alarm: Alarm): void;
  /** Delivers until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export const OUTBOX_FILE = "outbox.db";

/** @returns undefined where the configuration names no sink: then nothing is written twice
 *  @throws EdgeError OUTBOX_FAILED */
export async function createDataPlane(
  config: AgentConfig,
  deps: DataPlaneDeps,
): Promise<OpenDataPlane | undefined> {
  const { sinks, outbox: options, models } = config.settings;
  if (sinks.length === 0) return undefined;
  const node = nodeName(models.node);
  const outbox = await createOutbox(
    { ...options, file: join(config.dataFolder, OUTBOX_FILE) },
    { ...deps, node },
  );
  let tags: readonly Tag[] = [];
  try {
    const made = await Promise.all(
      sinks.map((sink) =>
        createSink(sink, { ...deps, node, dataFolder: config.dataFolder, tags: () => tags }),
      ),
    );
    const forward = createForward(made, { ...deps, outbox });
    return {
      registerTags(next) {
        tags = next;
        outbox.registerTags(next);
      },
      append: outbox.append,
      appendScore: outbox.appendScore,
      appendHealth: outbox.appendHealth,
      appendAlarm: outbox.appendAlarm,
      run: forward.run,
      close: outbox.close,
      sinks: forward.states,
      statistics: outbox.statistics,
    };
  } catch (thrown) {
    await outbox.close();
    throw thrown;
  }
}
