import type { MaintenanceEntryDto } from "../../../core/analysis-dto.ts";
import { rfc3339 } from "../../../core/time.ts";
import type { FiledOrder } from "../../../ports/maintenance.ts";
import { maintenance as answer } from "../analysis-schemas.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { idParams, noQuery, refusals } from "../requests.ts";

const MOST_ENTRIES = 100;

export function maintenanceRoutes(app: Api, { maintenance, view }: ApiContext): void {
  app.get(
    "/v1/machines/:id/maintenance",
    {
      config: { right: "look" },
      schema: {
        operationId: "getMaintenance",
        summary: "What maintenance found at a machine, newest first, from the work orders that were filed",
        params: idParams,
        querystring: noQuery,
        response: { 200: answer, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (view.findMachine(id) === undefined) {
        throw new HttpProblem("not-found", `there is no machine ${quoted(id)}; GET /v1/machines lists them`);
      }
      const entries = maintenance.of(id, MOST_ENTRIES).map(entryDto);
      const [last] = entries;
      return { ...(last && { last }), entries };
    },
  );
}

const entryDto = ({ number, finding, by, fromUs, toUs, filedUs }: FiledOrder): MaintenanceEntryDto => ({
  time: rfc3339(filedUs),
  number,
  finding,
  by,
  fromTime: rfc3339(fromUs),
  toTime: rfc3339(toUs),
});
