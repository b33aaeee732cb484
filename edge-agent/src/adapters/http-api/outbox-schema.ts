import { z } from "zod";
import { STREAMS } from "../../core/outbox/outbound.ts";
import { count, time } from "./schema-parts.ts";

const sink = z
  .object({
    sink: z.string(),
    kind: z.string(),
    state: z.enum(["idle", "delivering", "trouble"]),
    fault: z.string().optional().describe("unreachable, busy, failed, denied or misfit"),
    message: z.string().optional(),
    sinceTime: time("When the trouble began").optional(),
    lastDeliveredTime: time("When the sink last confirmed something").optional(),
    attempts: count.describe("Failed ones in a row"),
    rows: count.describe("Delivered since the agent started"),
    refused: count.describe("Rows that the sink will never take, since the agent started"),
    waitingBatches: count,
    waitingRows: count,
    oldestTime: time("Of what waits").optional(),
  })
  .meta({ id: "Sink", description: "How far a sink is behind, and how it does" });

export const outbox = z
  .object({
    isConfigured: z.boolean().describe("False where the configuration names no sink: the rest is empty then"),
    bytes: count,
    epoch: z.string(),
    batches: count,
    rows: count,
    oldestTime: time("Of what waits").optional(),
    uncommitted: count.describe("Readings that a power cut now would lose"),
    dropped: z.array(z.object({ stream: z.enum(STREAMS), cause: z.string(), rows: z.number() })),
    trouble: z.string().optional(),
    sinks: z.array(sink),
  })
  .meta({ id: "Outbox", description: "What waits on the disk for the sinks" });
