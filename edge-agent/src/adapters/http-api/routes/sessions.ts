import { z } from "zod";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem } from "../problem.ts";
import { noQuery, refusals } from "../requests.ts";

const loginBody = z.strictObject({ token: z.string().min(1).max(1024) });
const nothing = z.undefined().describe("Done");

export function sessionRoutes(app: Api, { access, logger }: ApiContext): void {
  app.post(
    "/v1/login",
    {
      config: { open: true },
      schema: {
        operationId: "login",
        summary: "Show the token once; the answer's cookie lets this browser in from then on",
        querystring: noQuery,
        body: loginBody,
        response: { 204: nothing, ...refusals },
      },
    },
    async (request, reply) => {
      if (!access.needed) {
        throw new HttpProblem("not-found", "this agent asks for no token; there is nothing to log in to");
      }
      const cookie = access.login(request.body.token);
      logger[cookie === undefined ? "warn" : "info"](
        { from: request.ip },
        cookie === undefined ? "a log-in with a wrong token was refused" : "a browser logged in",
      );
      if (cookie === undefined)
        throw new HttpProblem("unauthorized", "this is not the token of api.tokenFile");
      return reply.header("set-cookie", cookie).code(204).send();
    },
  );

  app.post(
    "/v1/logout",
    {
      schema: {
        operationId: "logout",
        summary: "End this browser's session; its feed closes within two seconds",
        querystring: noQuery,
        response: { 204: nothing, ...refusals },
      },
    },
    async (request, reply) => reply.header("set-cookie", access.logout(request)).code(204).send(),
  );
}
