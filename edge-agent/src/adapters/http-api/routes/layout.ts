import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { z } from "zod";
import type { ExpandedLayout } from "../../../core/layout/expand.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { plantLayout } from "../layout-schema.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { noQuery, refusals } from "../requests.ts";

const gzipped = promisify(gzip);
/** Smaller answers cost more to pack than to send. */
const WORTH_PACKING_BYTES = 1400;
const JSON_TYPE = "application/json; charset=utf-8";

interface Packed {
  readonly etag: string;
  readonly plain: Buffer;
  readonly packed: Promise<Buffer> | undefined;
}

/** The layout of the screens. It is written and packed once, however many ask. */
export function layoutRoutes(app: Api, { points, layoutFolder }: ApiContext): void {
  const packs = new WeakMap<ExpandedLayout["layout"], Packed>();

  function packOf({ layout, hash }: ExpandedLayout): Packed {
    const known = packs.get(layout);
    if (known !== undefined) return known;
    const plain = Buffer.from(JSON.stringify(layout));
    const content = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
    const made = {
      // Where things stand does not count for the layout's own hash, but a screen that keeps it must notice.
      etag: `"${hash.toString(16)}-${content}"`,
      plain,
      packed: plain.byteLength > WORTH_PACKING_BYTES ? gzipped(plain, { level: 6 }) : undefined,
    };
    packs.set(layout, made);
    return made;
  }

  app.get(
    "/v1/layout",
    {
      config: { right: "look" },
      schema: {
        operationId: "getLayout",
        summary: "The plant as the twin draws it; its ETag changes with it",
        querystring: noQuery,
        response: { 200: plantLayout, ...refusals },
      },
    },
    async (request, reply) => {
      const { etag, plain, packed } = packOf(points.layout);
      reply.header("etag", etag).header("cache-control", "no-cache").header("vary", "accept-encoding");
      if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send(undefined as never);
      reply.type(JSON_TYPE);
      if (packed === undefined || !takesGzip(request.headers["accept-encoding"]))
        return reply.send(plain as never);
      return reply.header("content-encoding", "gzip").send((await packed) as never);
    },
  );

  app.get(
    "/v1/layout/models/:file",
    {
      config: { right: "look" },
      schema: {
        operationId: "getLayoutModel",
        summary: "The glTF binary of a template",
        params: z.strictObject({ file: z.string().min(1).max(100).describe("As a template names it") }),
        querystring: noQuery,
        response: {
          200: { content: { "model/gltf-binary": { schema: z.string() } }, description: "The model" },
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      const { file } = request.params;
      const { layout } = points.layout;
      const folder = layoutFolder?.();
      // Only what the layout names can be asked for: its names were checked to be no paths.
      if (folder === undefined || !layout.templates.some(({ model }) => model === file))
        throw new HttpProblem("not-found", `no template of the layout has a model ${quoted(file)}`);
      const bytes = await readFile(join(folder, file)).catch((cause: unknown) => {
        throw new HttpProblem("not-found", `the file ${quoted(file)} is not beside the layout`, { cause });
      });
      const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
      reply.header("etag", etag).header("cache-control", "no-cache");
      if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send(undefined as never);
      return reply.type("model/gltf-binary").send(bytes as never);
    },
  );
}

/** RFC 9110, 13.1.2: weak comparison, "*" for any. */
const matches = (header: string | undefined, etag: string): boolean =>
  header?.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag) === true;

/** RFC 9110, 12.5.3; a weight of 0 refuses. */
const takesGzip = (header: string | string[] | undefined): boolean =>
  [header ?? []]
    .flat()
    .join(",")
    .split(",")
    .some((one) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(one));
