import { z } from "zod";
import type { Api, ApiContext } from "../api-types.ts";
import type { FeedSocket } from "../feed-audience.ts";
import { HttpProblem } from "../problem.ts";
import { noQuery, refusals } from "../requests.ts";

const message = z.string().meta({ format: "binary" });

export function twinRoute(app: Api, { twin }: ApiContext): void {
  app.route({
    method: "GET",
    url: "/v1/twin",
    exposeHeadRoute: false,
    config: { right: "look" },
    schema: {
      operationId: "openTwin",
      summary: "WebSocket: all points of the plant, binary (core/twin-delta.ts)",
      querystring: noQuery,
      response: {
        101: {
          description: "Binary messages",
          content: { "application/octet-stream": { schema: message } },
        },
        ...refusals,
      },
    },
    preHandler: async (request) => {
      if (request.ws && twin.full)
        throw new HttpProblem("too-many-clients", "64 screens listen already; close one");
    },
    handler: async () => {
      throw new HttpProblem("upgrade-needed", "this is a WebSocket; connect to it with ws:// or wss://");
    },
    // Admitted by the guard a moment ago; what is kept is how to ask again.
    wsHandler: (socket: FeedSocket, request) => twin.accept(socket, request.caller.stillMay),
  });
}
