import { z } from "zod";
import type { StatusDto } from "../../../core/feed.ts";
import { rfc3339 } from "../../../core/time.ts";
import type { HistoryStatistics } from "../../../ports/history.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { deviceDto } from "../device-dto.ts";
import { HttpProblem } from "../problem.ts";
import { noQuery, refusals, withinTime } from "../requests.ts";
import { status } from "../schemas.ts";

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function statusRoutes(
  app: Api,
  { plant, history, rollouts, clock, feed, logger, metrics }: ApiContext,
): void {
  app.get(
    "/livez",
    {
      config: { open: true },
      schema: {
        operationId: "isAlive",
        summary: "The process answers",
        querystring: noQuery,
        response: { 200: z.object({ status: z.literal("alive") }), ...refusals },
      },
    },
    async () => ({ status: "alive" }) as const,
  );

  app.get(
    "/readyz",
    {
      config: { open: true },
      schema: {
        operationId: "isReady",
        summary: "The history answers too",
        querystring: noQuery,
        response: { 200: z.object({ status: z.literal("ready") }), ...refusals },
      },
    },
    async (request) => {
      try {
        await withinTime(clock, request, (signal) => history.statistics(signal));
      } catch (cause) {
        throw new HttpProblem("history-unavailable", "the history does not answer; see the agent's log", {
          cause,
        });
      }
      return { status: "ready" } as const;
    },
  );

  app.get(
    "/v1/status",
    {
      config: { right: "look" },
      schema: {
        operationId: "getStatus",
        summary: "What the agent says of itself",
        querystring: noQuery,
        response: { 200: status, ...refusals },
      },
    },
    async (request): Promise<StatusDto> => {
      const { startedUs, devices, ...rest } = plant.status();
      const statistics = await withinTime(clock, request, statisticsIfAny);
      const { champion } = rollouts.report();
      return {
        time: rfc3339(clock.nowUs()),
        version: rest.version,
        startedTime: rfc3339(startedUs),
        model: { name: champion.name, version: champion.version },
        devices: devices.map((device) => deviceDto(device, "en")),
        counters: rest.counters,
        feedClients: feed.clients,
        ...(statistics && { history: historyDto(statistics) }),
      };
    },
  );

  app.get(
    "/metrics",
    {
      config: { right: "look" },
      schema: {
        operationId: "getMetrics",
        summary: "Counters and gauges in the text form of Prometheus",
        querystring: noQuery,
        response: { 200: { content: { "text/plain": { schema: z.string() } } }, ...refusals },
      },
    },
    async (request, reply) => {
      reply.type(METRICS_TYPE);
      return withinTime(clock, request, metrics);
    },
  );

  /** The rest of a status is worth telling, most of all when the store is in trouble. */
  async function statisticsIfAny(signal: AbortSignal): Promise<HistoryStatistics | undefined> {
    try {
      return await history.statistics(signal);
    } catch (thrown) {
      logger.warn({ err: thrown }, "the history does not tell its statistics");
      return undefined;
    }
  }
}

function historyDto({ oldestUs, ...rest }: HistoryStatistics): NonNullable<StatusDto["history"]> {
  return { ...rest, ...(oldestUs !== undefined && { oldestTime: rfc3339(oldestUs) }) };
}
