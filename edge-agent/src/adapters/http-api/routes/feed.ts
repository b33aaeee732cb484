import type { Api, ApiContext } from "../api-types.ts";
import type { FeedSocket } from "../feed-audience.ts";
import { HttpProblem } from "../problem.ts";
import { noQuery, refusals } from "../requests.ts";
import { feedMessage } from "../schemas.ts";

export function feedRoute(app: Api, { feed }: ApiContext): void {
  app.route({
    method: "GET",
    url: "/v1/feed",
    exposeHeadRoute: false,
    config: { right: "look" },
    schema: {
      operationId: "openFeed",
      summary: "WebSocket: a snapshot, then what changes",
      querystring: noQuery,
      response: {
        101: { description: "Text messages", content: { "application/json": { schema: feedMessage } } },
        ...refusals,
      },
    },
    preHandler: async (request) => {
      if (request.ws && feed.full)
        throw new HttpProblem("too-many-clients", "64 screens listen already; close one");
    },
    handler: async () => {
      throw new HttpProblem("upgrade-needed", "this is a WebSocket; connect to it with ws:// or wss://");
    },
    wsHandler: (socket: FeedSocket, request) => {
      // Admitted by the guard a moment ago; what is kept is how to ask again.
      feed.accept(socket, request.caller.stillMay);
    },
  });
}
