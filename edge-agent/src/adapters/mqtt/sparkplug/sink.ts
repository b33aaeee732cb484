import type { Clock } from "@stethos/protocol-finger/clock";
import type { OutboundTag, OutboxBatch } from "../../../core/outbox/outbound.ts";
import type { Logger } from "../../../ports/logger.ts";
import { type Delivery, type Refusal, type Sink, SinkError } from "../../../ports/sink.ts";
import type { StateFile } from "../../../ports/state-file.ts";
import type { SparkplugSinkOptions } from "../options.ts";
import { createBdSeq } from "./bd-seq.ts";
import { createBirthWatch } from "./birth-watch.ts";
import { createPoints } from "./points.ts";
import { createServerWalk } from "./server-walk.ts";
import { nodeTopics, sparkplugIdOf } from "./topics.ts";

export interface SparkplugSinkDeps {
  /** Name of the sink. */
  readonly name: string;
  /** Name of the agent. */
  readonly node: string;
  /** All that may be read: the births name them before their first value. */
  readonly tags: () => readonly OutboundTag[];
  /** Where the count of births is kept. */
  readonly stateFile: StateFile;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** About one second of a fast server. */
const ROWS_AT_ONCE = 10_000;

/** An edge node of Sparkplug B 3.0. Its data has QoS 0, as the specification wants it, which nobody acknowledges: a delivery
 *  is over when the server has answered a SUBSCRIBE that was sent behind it on the same connection. */
export function createSparkplugSink(options: SparkplugSinkOptions, deps: SparkplugSinkDeps): Sink {
  const { name, node, clock, tags } = deps;
  const logger = deps.logger.child({ component: "sparkplug", sink: name });
  const topics = nodeTopics(options.groupId, options.edgeNodeId ?? sparkplugIdOf(node));
  const points = createPoints();
  const walk = createServerWalk(options, {
    topics,
    points,
    clientId: options.clientId ?? `stethos-${node}-${name}`,
    bdSeq: createBdSeq(deps.stateFile, logger),
    births: createBirthWatch(topics.nbirth, clock, logger),
    clock,
    logger,
  });
  let isClosed = false;

  async function deliver(batches: readonly OutboxBatch[], signal: AbortSignal): Promise<Delivery> {
    signal.throwIfAborted();
    if (isClosed) throw new SinkError("failed", `the sink ${name} is closed`);
    // Before the births, so that they name all of it and one birth is enough.
    points.learn(tags());
    for (const batch of batches) points.learnFrom(batch);
    const { session, prove } = await walk.online(signal);
    const refused: Refusal[] = [];
    for (const batch of batches) refused.push(...(await session.send(batch, signal)));
    await prove(signal);
    return { refused };
  }

  return {
    name,
    kind: "sparkplug",
    streams: ["readings"],
    lane: "live-first",
    rowsAtOnce: ROWS_AT_ONCE,
    deliver,
    async close() {
      isClosed = true;
      await walk.close();
    },
  };
}
