import { z } from "zod";
import type { InhibitDto } from "../../../core/feed.ts";
import { inhibitDto } from "../../../core/feed-map.ts";
import { type InhibitCommand, MOST_INHIBITED, MOST_SHELVED_MINUTES } from "../../../core/inhibit.ts";
import type { InhibitResult } from "../../../ports/plant.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { idParams, noQuery, refusals, signedBody, wordsParam } from "../requests.ts";
import { inhibit } from "../schemas.ts";

const reasoned = signedBody.extend({
  reason: wordsParam.describe("Why, for the next shift and the audit log"),
});
const shelveBody = reasoned.extend({
  minutes: z.int().min(1).max(MOST_SHELVED_MINUTES).describe("Then it ends by itself; a week at most"),
});

const nothing = z.strictObject({}).describe("It is no longer so");

/** How the sources of alarms are kept from the operators, and brought back: sensors, and tags with limits. */
export function alarmSourceRoutes(app: Api, { plant, logger }: ApiContext): void {
  app.get(
    "/v1/alarm-sources",
    {
      config: { right: "look" },
      schema: {
        operationId: "listInhibits",
        summary: "Sources that are shelved, out of service or suppressed by design, newest first",
        querystring: noQuery,
        response: { 200: z.array(inhibit), ...refusals },
      },
    },
    async () => plant.inhibits().map(inhibitDto),
  );

  app.post(
    "/v1/alarm-sources/:id/shelve",
    {
      config: { right: "shelve" },
      schema: {
        operationId: "shelveSource",
        summary: "Keep a source's alarms from the operators for a time; doing so again renews it",
        params: idParams,
        querystring: noQuery,
        body: shelveBody,
        response: { 200: inhibit, ...refusals },
      },
    },
    async ({ params, body, ip }) => begun(await command({ kind: "shelve", source: params.id, ...body }, ip)),
  );

  app.post(
    "/v1/alarm-sources/:id/out-of-service",
    {
      config: { right: "out-of-service" },
      schema: {
        operationId: "takeSourceOutOfService",
        summary: "Keep a source's alarms from the operators until it is returned",
        params: idParams,
        querystring: noQuery,
        body: reasoned,
        response: { 200: inhibit, ...refusals },
      },
    },
    async ({ params, body, ip }) =>
      begun(await command({ kind: "out-of-service", source: params.id, ...body }, ip)),
  );

  app.post(
    "/v1/alarm-sources/:id/unshelve",
    {
      config: { right: "shelve" },
      schema: {
        operationId: "unshelveSource",
        summary: "End a shelving before its time; nothing happens where there is none",
        params: idParams,
        querystring: noQuery,
        body: signedBody,
        response: { 200: nothing, ...refusals },
      },
    },
    async ({ params, body, ip }) => {
      await command({ kind: "unshelve", source: params.id, ...body }, ip);
      return {};
    },
  );

  app.post(
    "/v1/alarm-sources/:id/return-to-service",
    {
      config: { right: "out-of-service" },
      schema: {
        operationId: "returnSourceToService",
        summary: "Bring a source's alarms back; nothing happens where it is in service",
        params: idParams,
        querystring: noQuery,
        body: signedBody,
        response: { 200: nothing, ...refusals },
      },
    },
    async ({ params, body, ip }) => {
      await command({ kind: "return-to-service", source: params.id, ...body }, ip);
      return {};
    },
  );

  async function command(given: InhibitCommand, from: string): Promise<InhibitResult & { kind: "done" }> {
    const result = await plant.inhibit(given);
    if (result.kind === "refused") throw refusal(result.why, given.source);
    const { kind, source, by } = given;
    logger.info({ command: kind, source, by, from }, "the source of alarms was commanded");
    return result;
  }
}

function begun({ inhibit: one }: InhibitResult & { kind: "done" }): InhibitDto {
  if (one === undefined) throw new TypeError("a command that began nothing was not refused");
  return inhibitDto(one);
}

function refusal(why: Extract<InhibitResult, { kind: "refused" }>["why"], source: string): HttpProblem {
  switch (why) {
    case "unknown":
      return new HttpProblem(
        "not-found",
        `there is no sensor, and no tag with limits, ${quoted(source)}; GET /v1/machines lists the sensors`,
      );
    case "out-of-service":
      return new HttpProblem(
        "conflict",
        `${quoted(source)} is out of service: it is silent until an engineer returns it`,
      );
    case "too-many":
      return new HttpProblem(
        "conflict",
        `${MOST_INHIBITED} sources are shelved or out of service already; end some first`,
      );
    case "bad-minutes":
      return new HttpProblem("bad-request", `1 to ${MOST_SHELVED_MINUTES} minutes can be shelved`);
  }
}
