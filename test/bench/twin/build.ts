import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { buildTwin, firstBytes, measureTwin } from "../../../web-twin/build.ts";
import { slimThree } from "../../../web-twin/vite-plugins.ts";
import { type BuiltBaselines, buildBaselines } from "./baseline/build.ts";

const PAGES = fileURLToPath(new URL("pages/", import.meta.url));
const OUT = fileURLToPath(new URL("../../../.cache/twin-bench/", import.meta.url));

export interface BuiltPages {
  /** The product's page, as it ships. */
  readonly product: { readonly folder: string; readonly gzKB: number };
  /** The product's scene without agent and panels. */
  readonly scene: string;
  readonly baselines: BuiltBaselines;
}

export async function buildPages(): Promise<BuiltPages> {
  const product = await buildTwin({ outDir: join(OUT, "product") });
  const gzKB = firstBytes(await measureTwin(product), ".js") / 1000;
  return { product: { folder: product, gzKB }, scene: await buildScene(), baselines: await buildBaselines() };
}

async function buildScene(): Promise<string> {
  const outDir = join(OUT, "scene");
  await build({
    configFile: false,
    root: PAGES,
    base: "./",
    logLevel: "error",
    plugins: [slimThree()],
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      chunkSizeWarningLimit: 800,
      rollupOptions: { input: join(PAGES, "scene.html") },
    },
  });
  return outDir;
}
