import { z } from "zod";
import type { Alarm } from "../../../core/alarm-types.ts";
import { alarmDto, isOpen } from "../../../core/feed-map.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { countParam, idParams, noQuery, refusals, signedBody, withinTime } from "../requests.ts";
import { alarm } from "../schemas.ts";

const MOST_ALARMS = 1000;
const USUAL_ALARMS = 100;

const alarmsQuery = z.strictObject({
  open: z
    .enum(["true", "false"])
    .default("false")
    .describe("true: only those that are active, or cleared and not acknowledged"),
  most: countParam(MOST_ALARMS, USUAL_ALARMS).describe("Newest first, at most so many"),
});

export function alarmRoutes(app: Api, { plant, history, clock, logger }: ApiContext): void {
  app.get(
    "/v1/alarms",
    {
      schema: {
        operationId: "listAlarms",
        summary: "Alarms, newest first, also of earlier runs of the agent",
        querystring: alarmsQuery,
        response: { 200: z.array(alarm), ...refusals },
      },
    },
    async (request) => {
      const { most } = request.query;
      const openOnly = request.query.open === "true";
      const kept = await withinTime(clock, request, (signal) => history.alarms({ most, openOnly }, signal));
      return newestStates(kept, plant.alarms())
        .filter((one) => !openOnly || isOpen(one))
        .slice(0, most)
        .map(alarmDto);
    },
  );

  app.post(
    "/v1/alarms/:id/acknowledge",
    {
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

/** What the store holds may be a second old: the agent's own state of an alarm wins. */
function newestStates(kept: readonly Alarm[], current: readonly Alarm[]): Alarm[] {
  const byId = new Map([...kept, ...current].map((one) => [one.id, one]));
  return [...byId.values()].sort((a, b) => b.raisedUs - a.raisedUs);
}
