import { z } from "zod";
import { healthDto } from "../../../core/feed-map.ts";
import type { Machine } from "../../../core/machine.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { idParams, noQuery, pageOf, pageQuery, refusals, signedBody } from "../requests.ts";
import { health, machine } from "../schemas.ts";

export function machineRoutes(app: Api, { plant, view, logger }: ApiContext): void {
  function known(id: string): Machine {
    const found = view.findMachine(id);
    if (found !== undefined) return found;
    throw new HttpProblem("not-found", `there is no machine ${quoted(id)}; GET /v1/machines lists them`);
  }

  app.get(
    "/v1/machines",
    {
      config: { right: "look" },
      schema: {
        operationId: "listMachines",
        summary: "The machines, each with its health, newest scores and readings",
        querystring: pageQuery,
        response: { 200: z.array(machine), ...refusals },
      },
    },
    async (request, reply) => pageOf(plant.machines, request.query, request, reply).map(view.machine),
  );

  app.get(
    "/v1/machines/:id",
    {
      config: { right: "look" },
      schema: {
        operationId: "getMachine",
        summary: "One machine",
        params: idParams,
        querystring: noQuery,
        response: { 200: machine, ...refusals },
      },
    },
    async (request) => view.machine(known(request.params.id)),
  );

  app.post(
    "/v1/machines/:id/relearn",
    {
      config: { right: "relearn" },
      schema: {
        operationId: "relearnMachine",
        summary: "Forget the machine's baselines; learning starts again",
        params: idParams,
        querystring: noQuery,
        body: signedBody,
        response: { 200: health, ...refusals },
      },
    },
    async (request) => {
      const { id } = known(request.params.id);
      const { by } = request.body;
      if (!plant.relearn(id, by)) {
        throw new HttpProblem(
          "conflict",
          `the baselines of ${quoted(id)} cannot be forgotten now; try again`,
        );
      }
      logger.info({ machine: id, by, from: request.ip }, "the baselines of a machine were forgotten");
      return healthDto(plant.health(id));
    },
  );
}
