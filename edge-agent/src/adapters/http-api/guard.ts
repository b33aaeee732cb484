import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import { leastRole, mayDo, type Right } from "../../core/roles.ts";
import type { Access, Caller } from "./access.ts";
import { HttpProblem, quoted } from "./problem.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a token: the page itself, its log-in, and whether the agent lives. All else needs a right. */
    open?: true;
    right?: Right;
  }
  interface FastifyRequest {
    /** Who asks; routes that are open know nobody. */
    caller: Caller;
  }
}

export interface GuardOptions {
  readonly access: Access;
  /** Names under which the agent answers; undefined lets every name pass. */
  readonly hosts: ReadonlySet<string> | undefined;
}

/** Looks at every request before anything else does. */
export function installGuard(app: FastifyInstance, { access, hosts }: GuardOptions): void {
  app.decorateRequest("caller");
  // Looked at when all is registered: hooks of an inner scope, as the page's, may still add to a route.
  const routes: RouteOptions[] = [];
  app.addHook("onRoute", (route) => void routes.push(route));
  app.addHook("onReady", async () => routes.forEach(requireRight));
  app.addHook("onRequest", async (request) => {
    checkHost(request, hosts);
    checkOrigin(request);
    const { open, right } = request.routeOptions.config;
    if (request.is404 || open === true) return;
    const caller = access.admit(request);
    if (caller === undefined) {
      throw new HttpProblem(
        "unauthorized",
        'send "Authorization: Bearer" with a token of api.tokenFile or api.tokens, or log in at POST /v1/login',
      );
    }
    checkRight(caller, right);
    request.caller = caller;
  });
  app.addHook("preValidation", async (request) => sign(request));
}

function requireRight({ method, url, config }: RouteOptions): void {
  if (config?.open === true || config?.right !== undefined) return;
  throw new TypeError(
    `${[method].flat().join(", ")} ${url} says neither which right it needs nor that it is open`,
  );
}

function checkRight({ role, name }: Caller, right: Right | undefined): void {
  if (right !== undefined && mayDo(role, right)) return;
  const needed = right === undefined ? "no role" : leastRole(right);
  const who = name === undefined ? "your token" : `the token of ${quoted(name)}`;
  throw new HttpProblem("forbidden", `this needs the role ${needed}; ${who} has the role ${role}`);
}

/** Commands bear the name of the token: who has one of their own signs with no other. */
function sign({ caller, body, routeOptions }: FastifyRequest): void {
  const { right } = routeOptions.config;
  if (caller?.name === undefined || right === undefined || right === "look") return;
  if (typeof body === "object" && body !== null) Object.assign(body, { by: caller.name });
}

/** DNS rebinding: a hostile page's own name may be made to point at this machine, but the browser still says the name. */
function checkHost(request: FastifyRequest, hosts: ReadonlySet<string> | undefined): void {
  if (hosts === undefined) return;
  const name = hostName(request.headers.host);
  if (name !== undefined && hosts.has(name)) return;
  throw new HttpProblem(
    "host-refused",
    `the agent does not answer as ${quoted(request.headers.host ?? "")}; add the name to api.allowedHosts if it is yours`,
  );
}

/** A browser always names the page behind a WebSocket and a POST; only the agent's own page may open or send one. */
function checkOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin === undefined || (request.method === "GET" && !request.ws)) return;
  if (URL.canParse(origin)) {
    const page = new URL(origin);
    const here = `${page.protocol}//${request.headers.host ?? ""}`;
    if (URL.canParse(here) && new URL(here).host === page.host) return;
  }
  throw new HttpProblem("origin-refused", `the page of ${quoted(origin)} is not the agent's own`);
}

/** The name in a Host header, without its port. */
function hostName(header: string | undefined): string | undefined {
  const url = `http://${header ?? ""}`;
  if (header === undefined || !URL.canParse(url)) return undefined;
  const { hostname, username, pathname } = new URL(url);
  return username === "" && pathname === "/" ? hostname : undefined;
}

/** Names that reach a loopback listener, or the names of the configuration; with TLS a foreign name has no
 *  certificate, so there every name may pass unless some are named. */
export function hostsOf(
  listener: { readonly loopback: boolean; readonly address: string },
  allowed: readonly string[] | undefined,
): ReadonlySet<string> | undefined {
  if (!listener.loopback && allowed === undefined) return undefined;
  const own = ["localhost", "127.0.0.1", "[::1]", listener.address, `[${listener.address}]`];
  return new Set([...own, ...(allowed ?? [])].map((name) => name.toLowerCase()));
}
