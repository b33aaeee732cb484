import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";
import type { Right } from "../../core/roles.ts";
import "./guard.ts";

export interface RegisteredRoute {
  readonly method: string;
  readonly url: string;
  readonly open: boolean;
  /** What it needs; undefined of open ones. */
  readonly right: Right | undefined;
}

/** Runs `start` and lists every route that a server registers meanwhile: the server's own list, which no test keeps. */
export async function registeredRoutes<T>(
  start: () => Promise<T>,
): Promise<{ readonly result: T; readonly routes: RegisteredRoute[] }> {
  const routes: RegisteredRoute[] = [];
  const onServer = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook("onRoute", ({ method, url, config }) => {
      for (const one of [method].flat())
        routes.push({ method: one, url, open: config?.open === true, right: config?.right });
    });
  };
  subscribe("fastify.initialization", onServer);
  try {
    return { result: await start(), routes };
  } finally {
    unsubscribe("fastify.initialization", onServer);
  }
}
