import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Api } from "./api-types.ts";
import { noQuery, refusals } from "./requests.ts";

const ABOUT = `The agent on this machine: its machines, readings, alarms and history. Times are RFC 3339 in UTC, units UCUM
codes, errors RFC 9457 problems. The WebSocket /v1/feed sends the same objects as they change.`;

/** Collects the routes that are registered from now on. */
export async function installOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Stethos agent", version, description: ABOUT, license: { name: "Apache-2.0" } },
      servers: [{ url: "/" }],
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          session: { type: "apiKey", in: "cookie", name: "stethos", description: "__Host-stethos over TLS" },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      // What is open needs neither token nor session.
      return { url, schema: route.route.config?.open === true ? { ...schema, security: [] } : schema };
    },
    transformObject: (document) => onlyReferenced(jsonSchemaTransformObject(document)),
  });
}

export function openApiRoute(app: Api): void {
  let text: string | undefined;
  app.get(
    "/v1/openapi.json",
    {
      config: { right: "look" },
      schema: {
        operationId: "getOpenApi",
        summary: "This document",
        querystring: noQuery,
        response: { 200: z.looseObject({ openapi: z.string() }), ...refusals },
      },
    },
    async (_request, reply) => {
      text ??= JSON.stringify(app.swagger());
      return reply
        .type("application/json; charset=utf-8")
        .serializer(String)
        .send(text as never);
    },
  );
}

/** zod's registry knows every schema of the process, each for requests and for answers; only those in use are told. */
function onlyReferenced<T extends object>(document: T): T {
  const { components, ...rest } = document as { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas ?? {};
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      visit(schemas[name] ?? {});
    }
  };
  visit(rest);
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return { ...document, components: { ...components, schemas: Object.fromEntries(kept) } };
}
