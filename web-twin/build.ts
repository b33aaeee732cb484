import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "vite";

export interface TwinBuild {
  /** Where the page goes; web-twin/dist/app unless told otherwise. */
  readonly outDir?: string;
  /** Statements stay as the source has them, so that a coverage tool can tell what ran. */
  readonly plain?: boolean;
}

/** Builds the page.
 *  @returns its folder */
export async function buildTwin({ outDir, plain = false }: TwinBuild = {}): Promise<string> {
  const folder = outDir ?? fileURLToPath(new URL("dist/app/", import.meta.url));
  await build({
    configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)),
    build: { outDir: folder, emptyOutDir: true, ...(plain ? { minify: false } : {}) },
  });
  return folder;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string" }, plain: { type: "boolean" } } });
  await buildTwin({
    ...(values.out === undefined ? {} : { outDir: values.out }),
    ...(values.plain === undefined ? {} : { plain: values.plain }),
  });
}
