import { z } from "zod";
import type { Alarm } from "../../../core/alarm-types.ts";
import { alarmDto } from "../../../core/feed-map.ts";
import { alarmsCsv, CSV_TYPE } from "../alarm-csv.ts";
import { alarmsQuery, exportQuery, findAlarms } from "../alarm-list.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { idParams, noQuery, refusals, signedBody, withinTime } from "../requests.ts";
import { alarm } from "../schemas.ts";

export function alarmRoutes(app: Api, context: ApiContext): void {
  const { plant, clock, logger } = context;

  app.get(
    "/v1/alarms",
    {
      config: { right: "look" },
      schema: {
        operationId: "listAlarms",
        summary: "Alarms, newest first, also of earlier runs of the agent",
        querystring: alarmsQuery,
        response: { 200: z.array(alarm), ...refusals },
      },
    },
    async (request) => {
      const found = await withinTime(clock, request, (signal) => findAlarms(context, request.query, signal));
      return found.map(alarmDto);
    },
  );

  app.get(
    "/v1/alarms.csv",
    {
      config: { right: "look" },
      schema: {
        operationId: "exportAlarms",
        summary: "The same as a table for a spreadsheet",
        querystring: exportQuery,
        response: { 200: { content: { "text/csv": { schema: z.string() } } }, ...refusals },
      },
    },
    async (request, reply) => {
      const found = await withinTime(clock, request, (signal) => findAlarms(context, request.query, signal));
      reply.type(CSV_TYPE).header("content-disposition", 'attachment; filename="alarms.csv"');
      return alarmsCsv(found.map(alarmDto));
    },
  );

  app.post(
    "/v1/alarms/:id/acknowledge",
    {
      config: { right: "acknowledge" },
      schema: {
        operationId: "acknowledgeAlarm",
        summary: "Acknowledge an alarm; doing so again changes nothing",
        params: idParams,
        querystring: noQuery,
        body: signedBody,
        response: { 200: alarm, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const before = plant.alarms().find((one) => one.id === id);
      // Who acknowledged first stands in the audit; a repeated request gets the same answer.
      if (before !== undefined && isAcknowledged(before)) return alarmDto(before);
      const { by } = request.body;
      const after = plant.acknowledge(id, by);
      if (after !== undefined) {
        logger.info({ alarm: id, by, from: request.ip }, "an alarm was acknowledged");
        return alarmDto(after);
      }
      if (before === undefined) throw new HttpProblem("not-found", `there is no open alarm ${quoted(id)}`);
      throw new HttpProblem(
        "conflict",
        `alarm ${quoted(id)} is ${before.state}; there is nothing to acknowledge`,
      );
    },
  );
}

/** Somebody acknowledged it, and it was not raised anew since. */
const isAcknowledged = ({ state, acknowledgedUs }: Alarm): boolean =>
  acknowledgedUs !== undefined && !state.startsWith("unacknowledged");
