import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "vite";

export interface TwinBuild {
  /** Where the page goes; web-twin/dist/app unless told otherwise. */
  readonly outDir?: string;
  /** Statements stay as the source has them, so that a coverage tool can tell what ran. */
  readonly plain?: boolean;
}

export interface BuiltFile {
  /** Relative to the page. */
  readonly name: string;
  readonly gzipBytes: number;
  /** Needed up to the first picture of the plant. */
  readonly isFirst: boolean;
}

/** The web lets these beside the page; what is not fetched by it is left out. */
const SHELL_FILE = /\.(js|css|svg)$/;
/** In the page's first language and with the scene: fetched before anything is drawn. */
const FIRST_CHUNK = /^assets\/(en|twin-scene|twin-worker)-/;
const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g;

/** Builds the page.
 *  @returns its folder */
export async function buildTwin({ outDir, plain = false }: TwinBuild = {}): Promise<string> {
  const folder = outDir ?? fileURLToPath(new URL("dist/app/", import.meta.url));
  const options = plain ? { minify: false } : {};
  const configFile = fileURLToPath(new URL("vite.config.ts", import.meta.url));
  await build({ configFile, build: { outDir: folder, emptyOutDir: true, ...options } });
  await buildServiceWorker(folder, options);
  return folder;
}

const filesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length).replaceAll("\\", "/"))
    .sort();
};

/** Its name and place are fixed, as browsers look for a newer one there. It is told what the page consists of. */
async function buildServiceWorker(folder: string, options: { readonly minify?: boolean }): Promise<void> {
  const files = (await filesIn(folder)).filter((file) => SHELL_FILE.test(file));
  const page = await readFile(join(folder, "index.html"));
  const version = createHash("sha256").update(page).update(files.join()).digest("hex").slice(0, 12);
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: { STETHOS_SHELL: JSON.stringify({ version, files: ["./", ...files] }) },
    build: {
      ...options,
      outDir: folder,
      emptyOutDir: false,
      target: "es2023",
      reportCompressedSize: false,
      lib: {
        entry: fileURLToPath(new URL("src/offline/service-worker.ts", import.meta.url)),
        formats: ["iife"],
        name: "stethos",
        fileName: () => "sw.js",
      },
    },
  });
}

/** Sizes of a built page's files, compressed as a server may send them. */
export async function measureTwin(folder: string): Promise<readonly BuiltFile[]> {
  const names = (await filesIn(folder)).filter((file) => /\.(js|css|html)$/.test(file));
  const first = await firstFiles(folder, names);
  return Promise.all(
    names.map(async (name) => ({
      name,
      gzipBytes: gzipSync(await readFile(join(folder, name)), { level: 9 }).byteLength,
      isFirst: first.has(name),
    })),
  );
}

/** The page, what it names, the chunks of the first picture, and whatever these import statically. */
async function firstFiles(folder: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const page = await readFile(join(folder, "index.html"), "utf8");
  const waiting = names.filter((name) => page.includes(name) || FIRST_CHUNK.test(name));
  const first = new Set(["index.html", ...waiting]);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (!name.endsWith(".js")) continue;
    const text = await readFile(join(folder, name), "utf8");
    for (const [, imported] of text.matchAll(STATIC_IMPORT)) {
      const found = `assets/${imported}`;
      if (!first.has(found)) waiting.push(found);
      first.add(found);
    }
  }
  return first;
}

export const firstBytes = (files: readonly BuiltFile[], ending: string): number =>
  files
    .filter(({ name, isFirst }) => isFirst && name.endsWith(ending))
    .reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);

const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(1).padStart(7);

function sizeTable(files: readonly BuiltFile[]): string {
  const rows = [...files].sort((a, b) => Number(b.isFirst) - Number(a.isFirst) || b.gzipBytes - a.gzipBytes);
  return [
    " KB gzip  first picture  file",
    ...rows.map(
      ({ name, gzipBytes, isFirst }) =>
        `${kilobytes(gzipBytes)}  ${isFirst ? "yes" : "no "}            ${name}`,
    ),
    `${kilobytes(firstBytes(files, ".js"))}  JavaScript up to the first picture (budget 150)`,
    `${kilobytes(firstBytes(files, ".css"))}  CSS up to the first picture (budget 8)`,
  ].join("\n");
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string" }, plain: { type: "boolean" } } });
  const folder = await buildTwin({
    ...(values.out === undefined ? {} : { outDir: values.out }),
    ...(values.plain === undefined ? {} : { plain: values.plain }),
  });
  if (values.plain !== true) process.stdout.write(`${sizeTable(await measureTwin(folder))}\n`);
}
