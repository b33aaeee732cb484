import { z } from "zod";
import { unreachable } from "../../../core/errors.ts";
import { trendDto } from "../../../core/feed-map.ts";
import type { TrendQuery } from "../../../ports/history.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { countParam, idParams, refusals, timeParam, withinTime } from "../requests.ts";
import { trend } from "../schemas.ts";

const HOUR_US = 3.6e9;
const MOST_BUCKETS = 5000;
const USUAL_BUCKETS = 500;

const params = idParams.extend({ of: z.enum(["tag", "score", "health"]) });

const query = z.strictObject({
  from: timeParam.optional().describe("RFC 3339; an hour before `to` if absent"),
  to: timeParam.optional().describe("RFC 3339; now if absent"),
  buckets: countParam(MOST_BUCKETS, USUAL_BUCKETS).describe("Equal parts of the time"),
});

export function trendRoutes(app: Api, { history, clock, view }: ApiContext): void {
  /** The unit of what is asked for, and how to ask. */
  function source(of: z.output<typeof params>["of"], id: string) {
    switch (of) {
      case "tag":
        return { unit: view.findTag(id)?.unit, read: history.trend };
      case "score":
        return { unit: view.findSensor(id) && "1", read: history.scoreTrend };
      case "health":
        return { unit: view.findMachine(id) && "%", read: history.healthTrend };
      default:
        return unreachable(of);
    }
  }

  app.get(
    "/v1/trends/:of/:id",
    {
      config: { right: "look" },
      schema: {
        operationId: "getTrend",
        summary:
          "History of a tag, of a sensor's anomaly score (0..1) or of a machine's health (%), down-sampled",
        params,
        querystring: query,
        response: { 200: trend, ...refusals },
      },
    },
    async (request) => {
      const { of, id } = request.params;
      const { unit, read } = source(of, id);
      if (unit === undefined) {
        throw new HttpProblem(
          "not-found",
          `there is no ${of === "tag" ? "tag" : of === "score" ? "sensor" : "machine"} ${quoted(id)}`,
        );
      }
      const wanted = rangeOf(request.query, clock.nowUs());
      return trendDto(id, unit, await withinTime(clock, request, (signal) => read(id, wanted, signal)));
    },
  );
}

function rangeOf({ from, to, buckets }: z.output<typeof query>, nowUs: number): TrendQuery {
  const toUs = to ?? nowUs;
  const fromUs = from ?? toUs - HOUR_US;
  if (fromUs < toUs) return { fromUs, toUs, buckets };
  throw new HttpProblem("bad-request", '"from" must be earlier than "to"');
}
