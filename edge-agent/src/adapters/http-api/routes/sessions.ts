import { z } from "zod";
import { unreachable } from "../../../core/errors.ts";
import { mayDo, RIGHTS } from "../../../core/roles.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem } from "../problem.ts";
import { noQuery, refusals } from "../requests.ts";
import { session } from "../schemas.ts";

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
      const from = request.ip;
      const login = access.login(request.body.token, from);
      switch (login.kind) {
        case "in":
          logger.info({ from, ...login.holder }, "a browser logged in");
          return reply.header("set-cookie", login.cookie).code(204).send();
        case "too-often":
          throw new HttpProblem("too-many-attempts", "too many wrong tokens came from there; wait a minute");
        case "wrong":
          logger.warn({ from }, "a log-in with a wrong token was refused");
          throw new HttpProblem("unauthorized", "this is no token of api.tokenFile or api.tokens");
        default:
          return unreachable(login);
      }
    },
  );

  app.get(
    "/v1/session",
    {
      config: { right: "look" },
      schema: {
        operationId: "getSession",
        summary: "Who asks, and what that role may do",
        querystring: noQuery,
        response: { 200: session, ...refusals },
      },
    },
    async ({ caller: { role, name } }) => ({
      role,
      ...(name !== undefined && { name }),
      isProtected: access.needed,
      rights: RIGHTS.filter((right) => mayDo(role, right)),
    }),
  );

  app.post(
    "/v1/logout",
    {
      config: { right: "look" },
      schema: {
        operationId: "logout",
        summary: "End this browser's session; its feed closes within two seconds",
        querystring: noQuery,
        response: { 204: nothing, ...refusals },
      },
    },
    async (request, reply) => {
      const { role, name } = request.caller;
      logger.info({ from: request.ip, role, ...(name !== undefined && { name }) }, "a browser logged out");
      return reply.header("set-cookie", access.logout(request)).code(204).send();
    },
  );
}
