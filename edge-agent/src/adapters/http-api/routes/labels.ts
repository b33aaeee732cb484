import { z } from "zod";
import { labelDto } from "../../../core/rollout/models-dto.ts";
import type { TimeUs } from "../../../core/time.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { label, labelVerdict } from "../model-schemas.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { idParams, noQuery, refusals, signedBody, timeParam, withinTime, wordsParam } from "../requests.ts";

/** An alarm has a handful of windows; beyond so many nobody listened to them. */
const MOST_FRAMES_OF_ALARM = 100;
const DAY_US = 86_400e6;
/** A finding says nothing of windows a year before it. */
const LONGEST_ORDER_US = 366 * DAY_US;

const labelBody = signedBody.extend({
  verdict: labelVerdict,
  note: wordsParam.optional().describe("Words of the operator"),
});

const orderBody = signedBody.extend({
  number: wordsParam.max(100).describe("Of the work order, as the maintenance system names it"),
  machine: z.string().min(1).max(512).describe("Machine: its asset path"),
  from: timeParam.describe("From here on the machine was as it was found"),
  to: timeParam.describe("Until here"),
  finding: z.enum(["fault", "no-fault"]),
});

const orderAnswer = z.object({ labelled: z.int().min(0).describe("Disagreements that it labelled") });

export function labelRoutes(app: Api, context: ApiContext): void {
  const { rollouts, field, maintenance, plant, view, clock, logger } = context;

  app.post(
    "/v1/frames/:id/label",
    {
      config: { right: "label" },
      schema: {
        operationId: "labelFrame",
        summary: "Say of a kept frame whether the machine was really not well; a later label replaces it",
        params: idParams,
        querystring: noQuery,
        body: labelBody,
        response: { 200: label, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { verdict, by, note } = request.body;
      const given = await withinTime(clock, request, (signal) =>
        rollouts.label(id, verdict, by, note, signal),
      );
      if (given === undefined) {
        throw new HttpProblem("not-found", `there is no frame ${quoted(id)}, or it is no longer kept`);
      }
      logger.info({ frame: id, verdict, by, from: request.ip }, "a frame was labelled");
      return labelDto(given);
    },
  );

  app.post(
    "/v1/alarms/:id/label",
    {
      config: { right: "label" },
      schema: {
        operationId: "labelAlarm",
        summary: "Say of an alarm whether it was real: labels the frames that were kept of it",
        params: idParams,
        querystring: noQuery,
        body: labelBody,
        response: { 200: z.array(label), ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { verdict, by, note } = request.body;
      const given = await withinTime(clock, request, async (signal) => {
        const heads = await field.list({ alarm: id, most: MOST_FRAMES_OF_ALARM }, signal);
        const labels = [];
        for (const head of heads) {
          if (head.alarm !== id) continue;
          const one = await rollouts.label(head.id, verdict, by, note, signal);
          if (one !== undefined) labels.push(one);
        }
        return labels;
      });
      if (given.length === 0) throw nothingOf(id);
      logger.info(
        { alarm: id, verdict, by, from: request.ip, frames: given.length },
        "an alarm was labelled",
      );
      return given.map(labelDto);
    },
  );

  app.post(
    "/v1/work-orders",
    {
      config: { right: "work-order" },
      schema: {
        operationId: "fileWorkOrder",
        summary:
          "What maintenance found: kept with the machine, and labels every disagreement on it in that time",
        querystring: noQuery,
        body: orderBody,
        response: { 200: orderAnswer, ...refusals },
      },
    },
    async (request) => {
      const { number, machine, from, to, finding, by } = request.body;
      checkStretch(from, to, clock.nowUs());
      if (view.findMachine(machine) === undefined) {
        throw new HttpProblem(
          "not-found",
          `there is no machine ${quoted(machine)}; GET /v1/machines lists them`,
        );
      }
      const order = { number, machine, fromUs: from, toUs: to, finding, by };
      // Kept first: filed again after a failure, it stands there once.
      await maintenance.file(order);
      const labelled = await withinTime(clock, request, (signal) => rollouts.workOrder(order, signal));
      logger.info({ order: number, machine, finding, by, from: request.ip, labelled }, "a work order came");
      return { labelled };
    },
  );

  function nothingOf(id: string): HttpProblem {
    return plant.alarms().some((one) => one.id === id)
      ? new HttpProblem("conflict", `no frame was kept of alarm ${quoted(id)}; there is nothing to label`)
      : new HttpProblem("not-found", `there is no alarm ${quoted(id)}, or its frames are no longer kept`);
  }
}

function checkStretch(from: TimeUs, to: TimeUs, nowUs: TimeUs): void {
  if (from >= to) throw new HttpProblem("bad-request", '"from" must be earlier than "to"');
  if (to > nowUs + DAY_US) throw new HttpProblem("bad-request", '"to" lies in the future');
  if (to - from > LONGEST_ORDER_US) {
    throw new HttpProblem("bad-request", "a work order speaks of 366 days at most");
  }
}
