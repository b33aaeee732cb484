import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { slimThree } from "../../web-twin/vite-plugins.ts";
import { servePages } from "../bench/twin/page-server.ts";

const PAGES = fileURLToPath(new URL("../bench/twin/pages/", import.meta.url));
const OUT = fileURLToPath(new URL("../../.cache/scene-pages", import.meta.url));

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
  const server = await servePages(OUT);
  return { url: server.url, folder: OUT, close: async () => await server[Symbol.asyncDispose]() };
}
