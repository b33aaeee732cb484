import { z } from "zod";
import { auditEntryDto } from "../../../core/rollout/models-dto.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { auditEntry } from "../model-schemas.ts";
import { countParam, refusals, withinTime } from "../requests.ts";

const MOST_ENTRIES = 1000;
const USUAL_ENTRIES = 100;

const auditQuery = z.strictObject({
  most: countParam(MOST_ENTRIES, USUAL_ENTRIES).describe("Newest first, at most so many"),
});

export function auditRoutes(app: Api, { audit, clock }: ApiContext): void {
  app.get(
    "/v1/audit",
    {
      config: { right: "look" },
      schema: {
        operationId: "listAudit",
        summary: "Who did what and why: with alarms, their sources and models",
        querystring: auditQuery,
        response: { 200: z.array(auditEntry), ...refusals },
      },
    },
    async (request) => {
      const { most } = request.query;
      const entries = await withinTime(clock, request, (signal) => audit.newest(most, signal));
      return entries.map(auditEntryDto);
    },
  );
}
