import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "playwright-core";

/** Raw V8 coverage in Node's own form (as NODE_V8_COVERAGE writes it). The URLs name the files of the built page, whose
 *  source maps lie beside them: a coverage tool maps them to web-twin/src and merges them with the unit tests'. */
const COVERAGE_FOLDER = fileURLToPath(new URL("../../.cache/browser-coverage/", import.meta.url));

/** Counts what the page's scripts run, from its first load on. */
export const startCoverage = (page: Page): Promise<void> =>
  page.coverage.startJSCoverage({ resetOnNavigation: false, reportAnonymousScripts: false });

/** Ends the counting and writes one file.
 *  @param pageFolder where the page's files were served from
 *  @param name unique among the files of a run */
export async function saveCoverage(page: Page, pageFolder: string, name: string): Promise<void> {
  const entries = await page.coverage.stopJSCoverage();
  const result = entries.map(({ url, scriptId, functions }) => ({
    scriptId,
    url: pathToFileURL(join(pageFolder, new URL(url).pathname)).href,
    functions,
  }));
  await mkdir(COVERAGE_FOLDER, { recursive: true });
  await writeFile(join(COVERAGE_FOLDER, `${name}.json`), JSON.stringify({ result }));
}
