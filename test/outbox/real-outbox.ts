import type { Clock } from "@stethos/protocol-finger/clock";
import { systemRandom } from "../../edge-agent/src/adapters/node/random.ts";
import { type OutboxOptions, outboxOptions } from "../../edge-agent/src/adapters/sqlite/outbox/options.ts";
import { type ConnectOutbox, createOutbox } from "../../edge-agent/src/adapters/sqlite/outbox/outbox.ts";
import { createOutboxServer } from "../../edge-agent/src/adapters/sqlite/outbox/server.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";
import type { Outbox } from "../../edge-agent/src/ports/outbox.ts";
import { silentLogger } from "../rollout/silent-logger.ts";

export type OutboxSettings = Partial<OutboxOptions>;

/** The worker's work done in the test's own thread: hundreds of files are opened, and a thread for each is what takes the
 *  time. Processes that are killed have the real one. */
export const inProcess: ConnectOutbox = (settings) => {
  const server = createOutboxServer(settings);
  return { ask: async (request) => server.handle(request), end: async () => undefined };
};

/** The outbox as the agent opens it, under one name of the node whatever device it is. Epochs are drawn by real chance. */
export function openOutbox(
  file: string,
  clock: Clock,
  settings: OutboxSettings = {},
  how: { readonly connect?: ConnectOutbox; readonly logger?: Logger } = {},
): Promise<Outbox> {
  // The disks of these tests are small.
  const options = outboxOptions.parse({ file, minFreeBytes: 0, ...settings });
  const { connect, logger = silentLogger } = how;
  const deps = { clock, random: systemRandom, logger, telemetry: { emit: () => undefined } };
  return createOutbox(options, { ...deps, node: "edge" }, connect);
}
