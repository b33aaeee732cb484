import { z } from "zod";
import { auditEntryDto, disagreementDto } from "../../../core/rollout/models-dto.ts";
import type { RolloutReport } from "../../../core/rollout/rollout-report.ts";
import type { CommandResult, RolloutCommand } from "../../../ports/rollout.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { auditEntry, disagreement, models } from "../model-schemas.ts";
import { HttpProblem } from "../problem.ts";
import { countParam, noQuery, refusals, signedBody, withinTime, wordsParam } from "../requests.ts";

const MOST_ITEMS = 1000;
const USUAL_ITEMS = 100;

const newestQuery = z.strictObject({
  most: countParam(MOST_ITEMS, USUAL_ITEMS).describe("Newest first, at most so many"),
});

const commandBody = signedBody.extend({
  reason: wordsParam.optional().describe("Why, for the audit log"),
});

/** What each command does. */
const commands = {
  start: ["startTrial", "Try what the candidate channel offers now, without waiting for drift"],
  pause: ["pauseTrial", "Pause the trial: the champion acts alone until it is resumed"],
  resume: ["resumeTrial", "Go on with a paused trial"],
  promote: ["promoteChallenger", "Make the challenger the champion, without what is left of its trial"],
  abort: ["abortTrial", "End the trial, keep the champion and reject the challenger for good"],
} as const satisfies Record<RolloutCommand, readonly [operationId: string, summary: string]>;

export function modelRoutes(app: Api, context: ApiContext): void {
  const { rollouts, view, clock, logger } = context;

  app.get(
    "/v1/models",
    {
      config: { right: "look" },
      schema: {
        operationId: "getModels",
        summary: "Champion, challenger and their trial, drift, and where models come from",
        querystring: noQuery,
        response: { 200: models, ...refusals },
      },
    },
    async () => view.models(),
  );

  app.get(
    "/v1/models/disagreements",
    {
      config: { right: "look" },
      schema: {
        operationId: "listDisagreements",
        summary: "Frames on which the two models of the newest trial disagree: those worth a label",
        querystring: newestQuery,
        response: { 200: z.array(disagreement), ...refusals },
      },
    },
    async (request) => {
      const { most } = request.query;
      return rollouts.disagreements(most).slice(0, most).map(disagreementDto);
    },
  );

  app.get(
    "/v1/models/history",
    {
      config: { right: "look" },
      schema: {
        operationId: "listModelHistory",
        summary: "The audit log of models: who did what, and why",
        querystring: newestQuery,
        response: { 200: z.array(auditEntry), ...refusals },
      },
    },
    async (request) => {
      const { most } = request.query;
      const entries = await withinTime(clock, request, (signal) => rollouts.history(most, signal));
      return entries.slice(0, most).map(auditEntryDto);
    },
  );

  const command = (name: RolloutCommand): void => {
    const [operationId, summary] = commands[name];
    app.post(
      `/v1/models/trial/${name}`,
      {
        config: { right: "trial" },
        schema: {
          operationId,
          summary,
          querystring: noQuery,
          body: commandBody,
          response: { 200: models, ...refusals },
        },
      },
      async (request) => {
        const { by, reason } = request.body;
        const result = await withinTime(clock, request, (signal) =>
          rollouts.command(name, by, reason, signal),
        );
        if (result !== "done") throw new HttpProblem("conflict", whyNot(name, result, rollouts.report()));
        logger.info({ command: name, by, reason, from: request.ip }, "a trial was commanded");
        return view.models();
      },
    );
  };
  for (const name of ["start", "pause", "resume", "promote", "abort"] as const) command(name);
}

function whyNot(
  command: RolloutCommand,
  result: Exclude<CommandResult, "done">,
  { registry }: RolloutReport,
): string {
  if (result === "no-candidate" && registry.name === "") {
    return "no model registry is configured; name one under models.registry";
  }
  if (result === "no-candidate" && registry.reason !== "") return registry.reason;
  if (result === "no-candidate") {
    return "the registry offers no candidate that was not tried already; publish one first";
  }
  return command === "start"
    ? "a trial runs already; abort it first"
    : `there is no trial to ${command} now; GET /v1/models tells where it stands`;
}
