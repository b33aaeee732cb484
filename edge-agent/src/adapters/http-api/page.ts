import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { EdgeError } from "../../core/errors.ts";

// The bundler writes a hash of the content into these names: what they hold never changes.
const HASHED = /[\\/]assets[\\/][^\\/]+-[\w-]{8,}\.\w+$/;

/** Serves the built page; it is the same for everybody and open, so that it can ask for the token.
 *  @throws EdgeError API_REFUSED where there is no page */
export async function installPage(app: FastifyInstance, webRoot: string): Promise<void> {
  const root = resolve(webRoot);
  try {
    await access(join(root, "index.html"));
  } catch (cause) {
    throw new EdgeError(
      "API_REFUSED",
      `api.webRoot ${root} holds no index.html; build the page with "npm run build", or leave webRoot out`,
      { cause },
    );
  }
  const page: FastifyPluginAsync = async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, open: true };
    });
    await scope.register(fastifyStatic, {
      root,
      cacheControl: false,
      dotfiles: "ignore",
      index: ["index.html"],
      setHeaders: (reply, path) => {
        reply.setHeader(
          "cache-control",
          HASHED.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
        );
      },
    });
  };
  await app.register(page);
}
