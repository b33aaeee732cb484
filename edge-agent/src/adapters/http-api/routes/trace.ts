import { z } from "zod";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { refusals, withinTime } from "../requests.ts";
import { count } from "../schema-parts.ts";

/** A reading that takes longer to its last confirmation is told as far as it came. */
const TRACE_MS = 8_000;

const traceQuery = z.strictObject({ tag: z.string().min(1).max(512).describe("Id of the tag") });

const timeUs = z.number().describe("Microseconds since 1970");

const answer = z
  .object({
    tag: z.string(),
    traceId: z.string().describe("32 hex digits, as in a trace store where spans are exported"),
    sequence: count,
    statusCode: count,
    steps: z.array(
      z.object({
        name: z.enum(["acquire", "confirm", "deliver", "history", "normalise", "outbox", "wait"]),
        sink: z.string().optional(),
        startUs: timeUs,
        endUs: timeUs,
        isFailed: z.boolean(),
      }),
    ),
    missing: z.array(z.string()).describe("What had not happened in time: history, or names of sinks"),
  })
  .meta({ id: "ReadingTrace", description: "The way of one reading, as far as it came" });

export function traceRoutes(app: Api, { traces, clock }: ApiContext): void {
  app.get(
    "/v1/trace",
    {
      config: { right: "look" },
      schema: {
        operationId: "traceReading",
        summary: "Follows the next reading of a tag to its last confirmation",
        querystring: traceQuery,
        response: { 200: answer, ...refusals },
      },
    },
    async (request) => {
      const { tag } = request.query;
      const trace = await withinTime(clock, request, (signal) => traces.traceOne(tag, signal), TRACE_MS);
      if (trace !== undefined) return trace;
      throw new HttpProblem(
        "not-found",
        `there was no reading of ${quoted(tag)} within ${TRACE_MS / 1000} s; GET /v1/tags lists the tags`,
      );
    },
  );
}
