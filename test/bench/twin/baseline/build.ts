import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const OUT = fileURLToPath(new URL("../../../../.cache/twin-baseline/", import.meta.url));
export const BASELINES = ["empty", "raw-points", "naive-instanced", "deckgl"] as const;
export type Baseline = (typeof BASELINES)[number];

export interface BuiltBaselines {
  readonly folder: string;
  /** Scripts that each page loads before its first picture, gzip. */
  readonly gzKB: Readonly<Record<Baseline, number>>;
}

/** Builds each baseline page alone, so that none loads what is another's. */
export async function buildBaselines(): Promise<BuiltBaselines> {
  const gzKB = {} as Record<Baseline, number>;
  for (const name of BASELINES) {
    const outDir = join(OUT, name);
    await build({
      root: HERE,
      configFile: false,
      base: "./",
      logLevel: "error",
      build: {
        target: "es2023",
        outDir,
        emptyOutDir: true,
        chunkSizeWarningLimit: 2000,
        modulePreload: { polyfill: false },
        rollupOptions: { input: join(HERE, `${name}.html`) },
      },
    });
    gzKB[name] = (await scriptBytes(join(outDir, "assets"))) / 1000;
  }
  return { folder: OUT, gzKB };
}

async function scriptBytes(folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".js"));
  const sizes = files.map(async (file) => gzipSync(await readFile(join(folder, file)), { level: 9 }).length);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
