import { z } from "zod";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { pageOf, pageQuery, refusals } from "../requests.ts";
import { reading, tag } from "../schemas.ts";

const readingsQuery = pageQuery.extend({
  tag: z.string().min(1).max(512).optional().describe("Of one tag only"),
});

const tagsQuery = pageQuery.extend({
  tag: z.string().min(1).max(512).optional().describe("This one only"),
});

export function readingRoutes(app: Api, { plant, view }: ApiContext): void {
  app.get(
    "/v1/readings",
    {
      config: { right: "look" },
      schema: {
        operationId: "listReadings",
        summary: "The newest reading of each tag that has one",
        querystring: readingsQuery,
        response: { 200: z.array(reading), ...refusals },
      },
    },
    async (request, reply) => {
      const { tag: wanted, ...page } = request.query;
      const tags =
        wanted === undefined
          ? pageOf(plant.tags, page, request, reply)
          : [known(view.findTag(wanted), wanted)];
      return tags.map(({ id }) => view.reading(id)).filter((one) => one !== undefined);
    },
  );

  app.get(
    "/v1/tags",
    {
      config: { right: "look" },
      schema: {
        operationId: "listTags",
        summary: "The tags as they are configured",
        querystring: tagsQuery,
        response: { 200: z.array(tag), ...refusals },
      },
    },
    async (request, reply) => {
      const { tag: wanted, ...page } = request.query;
      return wanted === undefined
        ? pageOf(plant.tags, page, request, reply)
        : [known(view.findTag(wanted), wanted)];
    },
  );
}

function known<T>(found: T | undefined, id: string): T {
  if (found !== undefined) return found;
  throw new HttpProblem("not-found", `there is no tag ${quoted(id)}; GET /v1/tags lists them`);
}
