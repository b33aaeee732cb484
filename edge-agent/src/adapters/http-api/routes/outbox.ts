import type { OutboxDto, SinkDto } from "../../../core/outbox/outbox-dto.ts";
import { rfc3339, type TimeUs } from "../../../core/time.ts";
import type { DataPlane, SinkState } from "../../../ports/data-plane.ts";
import type { OutboxStatistics } from "../../../ports/outbox.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { outbox as answer } from "../outbox-schema.ts";
import { noQuery, refusals, withinTime } from "../requests.ts";

const NONE: OutboxDto = {
  isConfigured: false,
  bytes: 0,
  epoch: "",
  batches: 0,
  rows: 0,
  uncommitted: 0,
  dropped: [],
  sinks: [],
};

export function outboxRoutes(app: Api, { dataPlane, clock }: ApiContext): void {
  app.get(
    "/v1/outbox",
    {
      config: { right: "look" },
      schema: {
        operationId: "getOutbox",
        summary: "What waits on the disk for the sinks, and how each of them does",
        querystring: noQuery,
        response: { 200: answer, ...refusals },
      },
    },
    async (request) => {
      if (dataPlane === undefined) return NONE;
      return outboxDto(dataPlane, await withinTime(clock, request, dataPlane.statistics));
    },
  );
}

function outboxDto(dataPlane: DataPlane, statistics: OutboxStatistics): OutboxDto {
  const { bytes, epoch, batches, rows, oldestUs, uncommitted, dropped, trouble, sinks } = statistics;
  return {
    isConfigured: true,
    bytes,
    epoch,
    batches,
    rows,
    ...timed("oldestTime", oldestUs),
    uncommitted,
    dropped,
    ...(trouble !== undefined && { trouble }),
    sinks: dataPlane.sinks().map((state) =>
      sinkDto(
        state,
        sinks.find(({ sink }) => sink === state.sink),
      ),
    ),
  };
}

function sinkDto(
  { sinceUs, lastDeliveredUs, ...state }: SinkState,
  waiting: OutboxStatistics["sinks"][number] | undefined,
): SinkDto {
  return {
    ...state,
    ...timed("sinceTime", sinceUs),
    ...timed("lastDeliveredTime", lastDeliveredUs),
    waitingBatches: waiting?.waitingBatches ?? 0,
    waitingRows: waiting?.waitingRows ?? 0,
    ...timed("oldestTime", waiting?.oldestUs),
  };
}

const timed = <K extends string>(key: K, timeUs: TimeUs | undefined): { readonly [P in K]?: string } =>
  // One key, given or not.
  (timeUs === undefined ? {} : { [key]: rfc3339(timeUs) }) as { readonly [P in K]?: string };
