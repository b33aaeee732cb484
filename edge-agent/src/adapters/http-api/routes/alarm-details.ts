import { z } from "zod";
import { journalOf } from "../../../core/alarm-journal.ts";
import { similarAlarms } from "../../../core/alarm-likeness.ts";
import type { Alarm } from "../../../core/alarm-types.ts";
import { alarmDto } from "../../../core/feed-map.ts";
import type { LabelVerdict } from "../../../core/label.ts";
import { findAlarm } from "../alarm-list.ts";
import { journalEntry, similarAlarm } from "../alarm-schemas.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { countParam, idParams, noQuery, refusals, withinTime } from "../requests.ts";

/** How far back likeness is looked for: so many of the machine, and so many of the reason. */
const LOOKED_AT = 500;
const MOST_SIMILAR = 50;
const USUAL_SIMILAR = 10;

const similarQuery = z.strictObject({
  most: countParam(MOST_SIMILAR, USUAL_SIMILAR).describe("Most alike first, at most so many"),
});

export function alarmDetailRoutes(app: Api, context: ApiContext): void {
  const { history, field, clock } = context;

  app.get(
    "/v1/alarms/:id/journal",
    {
      config: { right: "look" },
      schema: {
        operationId: "getAlarmJournal",
        summary: "What became of an alarm, oldest first",
        params: idParams,
        querystring: noQuery,
        response: { 200: z.array(journalEntry), ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      return withinTime(clock, request, async (signal) => {
        const states = await history.alarmStates(id, signal);
        // One that was raised a moment ago may not be stored yet.
        if (states.length === 0) await theAlarm(id, signal);
        return journalOf(states);
      });
    },
  );

  app.get(
    "/v1/alarms/:id/similar",
    {
      config: { right: "look" },
      schema: {
        operationId: "listSimilarAlarms",
        summary: "Earlier alarms that are like this one, and what was found then",
        params: idParams,
        querystring: similarQuery,
        response: { 200: z.array(similarAlarm), ...refusals },
      },
    },
    async (request) => {
      const { most } = request.query;
      return withinTime(clock, request, async (signal) => {
        const alarm = await theAlarm(request.params.id, signal);
        const similar = similarAlarms(alarm, await earlier(alarm, signal), most);
        return Promise.all(
          similar.map(async ({ alarm: one, likeness }) => {
            const label = await labelOf(one.id, signal);
            return { alarm: alarmDto(one), likeness, ...(label && { label }) };
          }),
        );
      });
    },
  );

  async function theAlarm(id: string, signal: AbortSignal): Promise<Alarm> {
    const alarm = await findAlarm(context, id, signal);
    if (alarm === undefined) throw new HttpProblem("not-found", `there is no alarm ${quoted(id)}`);
    return alarm;
  }

  async function earlier(
    { id, raisedUs, machine, reason }: Alarm,
    signal: AbortSignal,
  ): Promise<readonly Alarm[]> {
    const query = { most: LOOKED_AT, openOnly: false, before: { id, raisedUs } };
    const found = await Promise.all([
      history.alarms({ ...query, machine }, signal),
      history.alarms({ ...query, reason }, signal),
    ]);
    return [...new Map(found.flat().map((one) => [one.id, one])).values()];
  }

  /** What was said of the frames that were kept of it. */
  async function labelOf(alarm: string, signal: AbortSignal): Promise<LabelVerdict | undefined> {
    const frames = await field.list({ alarm, most: 1 }, signal);
    return frames.find((frame) => frame.alarm === alarm)?.label?.verdict;
  }
}
