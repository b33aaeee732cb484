import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { slimThree } from "../../web-twin/vite-plugins.ts";

const PAGES = fileURLToPath(new URL("../bench/twin/pages/", import.meta.url));
const OUT = fileURLToPath(new URL("../../.cache/scene-pages", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** The bench pages, built and served. */
export interface ScenePages {
  readonly url: string;
  readonly folder: string;
  close(): Promise<void>;
}

/** @param isPlain statements stay as the source has them, so that a coverage tool can tell what ran */
export async function serveScenePages(isPlain = false): Promise<ScenePages> {
  await build({
    configFile: false,
    root: PAGES,
    base: "./",
    logLevel: "warn",
    plugins: [slimThree()],
    build: {
      outDir: OUT,
      emptyOutDir: true,
      target: "es2023",
      minify: !isPlain,
      sourcemap: isPlain,
      chunkSizeWarningLimit: 800,
      rollupOptions: { input: [join(PAGES, "scene.html")] },
    },
  });
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://x").pathname);
    const file = join(OUT, path);
    stat(file).then(
      () => {
        response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
        createReadStream(file).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    folder: OUT,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
