import { createSystemClock } from "@stethos/protocol-finger/clock";
import { type NifiSinkOptions, nifiSinkOptions } from "../../edge-agent/src/adapters/nifi/options.ts";
import { createNifiSink } from "../../edge-agent/src/adapters/nifi/sink.ts";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";
import { readingsOf, TAGS } from "../contract/sink-batches.ts";
import type { SinkBench } from "../contract/sink-bench.ts";
import { openTcpGate } from "../mqtt/tcp-gate.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { type Listener, rowsOfFlowFile } from "./flow-file.ts";
import { startProtocolServer } from "./protocol-server.ts";

/** In a text value: the server of the tests refuses what holds it. */
export const POISON = "poison row";

export function createTestSink(port: number, options: Partial<NifiSinkOptions> = {}): Sink {
  return createNifiSink(
    nifiSinkOptions.parse({
      url: `http://127.0.0.1:${port}/contentListener`,
      // A JVM on a busy machine takes its time with its first answers.
      requestTimeoutMs: 5000,
      ...options,
    }),
    { name: "nifi", clock: createSystemClock(), logger: silentLogger },
  );
}

/** A listener behind a port that can be spoilt; what it had before is not counted. */
async function benchBefore(listener: Listener, options: Partial<NifiSinkOptions>) {
  const gate = await openTcpGate(listener.port);
  await listener.caughtUp();
  const before = listener.flowFiles().length;
  return {
    promise: "at-least-once",
    gate,
    create: () => createTestSink(gate.port, options),
    async received() {
      await listener.caughtUp();
      return listener.flowFiles().slice(before).flatMap(rowsOfFlowFile);
    },
    async network(state: Parameters<typeof gate.set>[0]) {
      gate.set(state);
    },
  } as const;
}

/** With NiFi's own ListenHTTP, which many tests share: a JVM takes seconds to start. */
export async function openRealBench(
  listener: Listener,
  options: Partial<NifiSinkOptions>,
): Promise<SinkBench> {
  const { gate, ...bench } = await benchBefore(listener, options);
  return { ...bench, close: () => gate.close() };
}

export async function openProtocolBench(options: Partial<NifiSinkOptions> = {}): Promise<SinkBench> {
  let server = await startProtocolServer({ poison: POISON });
  const seen = () => [...earlier, ...server.flowFiles()];
  let earlier: ReturnType<typeof server.flowFiles> = [];
  const { gate, ...bench } = await benchBefore({ ...server, port: server.port, flowFiles: seen }, options);
  return {
    ...bench,
    async restart() {
      const { port } = server;
      await server.close();
      earlier = seen();
      server = await startProtocolServer({ poison: POISON, port });
    },
    async credentials(good) {
      server.setDenied(!good);
    },
    poison: poisonedBatch,
    async close() {
      await gate.close();
      await server.close();
    },
  };
}

/** Two rows that cannot be taken among many that can: one the server refuses, one that has no JSON form. */
export function poisonedBatch(number: number) {
  const rows = Array.from({ length: 9 }, (_, i) => ({ tag: 2, value: `good ${i}`, sequence: 100 + i }));
  const batch = readingsOf(
    number,
    rows.map((row, i) => (i === 4 ? { ...row, value: POISON } : row)),
    { tags: TAGS },
  );
  if (batch.content.stream === "readings") batch.content.agentTimeUs[7] = Number.NaN;
  return batch;
}
