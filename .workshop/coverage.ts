// One coverage figure from all that ran: vitest's own, the page in Chromium, and the agent as a process of its own.
// Fails below the threshold. Every source file of the product counts, whether anything touched it or not.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mergeProcessCovs, type ProcessCov, type ScriptCov } from "@bcoe/v8-coverage";
import * as coverageLib from "@vitest/istanbul-lib-coverage";
import { convert } from "ast-v8-to-istanbul";
import { parseAstAsync } from "vite";
import { root, say } from "./steps.ts";

const LEAST_PERCENT = 85;

type FileCoverage = ReturnType<typeof coverageLib.createFileCoverage>;

/** Files by path; where two runs touched the same file the better one stands, which never says too much. */
const best = new Map<string, FileCoverage>();

function keepBetter(path: string, data: unknown): void {
  const candidate = coverageLib.createFileCoverage(data as never);
  const known = best.get(path);
  if (known !== undefined && score(known) >= score(candidate)) return;
  best.set(path, candidate);
}

const score = (file: FileCoverage): number => {
  const { lines, branches } = file.toSummary();
  return lines.covered / Math.max(1, lines.total) + branches.covered / Math.max(1, branches.total);
};

/** Raw V8 coverage of all processes of a folder, as one. */
function readRaw(folder: string): readonly ScriptCov[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const wanted = (script: ScriptCov) =>
    /\/(protocol-finger\/src|models\/src|edge-agent\/src|k8s\/controller\/src|web-twin)\/|twin-page/.test(
      script.url,
    ) && !/node_modules|\/dist\/core/.test(script.url);
  const runs = files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as ProcessCov);
  return mergeProcessCovs(runs.map((run) => ({ result: run.result.filter(wanted) }))).result;
}

async function addProcesses(folder: string): Promise<void> {
  for (const script of readRaw(folder)) {
    const path = fileURLToPath(script.url.split("?")[0] ?? "");
    if (!path.endsWith(".ts") || /\.test\.ts$|\.d\.ts$/.test(path) || !existsSync(path)) continue;
    // What Node.js ran: types blanked out, every character in its place.
    const code = stripTypeScriptTypes(readFileSync(path, "utf8"));
    const data = await convert({ code, wrapperLength: 0, coverage: script, ast: parseAstAsync(code) });
    for (const [file, coverage] of Object.entries(data)) keepBetter(file, coverage);
  }
}

async function addPage(folder: string): Promise<void> {
  for (const script of readRaw(folder)) {
    const path = fileURLToPath(script.url);
    const code = readFileSync(path, "utf8");
    const sourceMap = JSON.parse(readFileSync(`${path}.map`, "utf8")) as never;
    const data = await convert({
      code,
      wrapperLength: 0,
      coverage: script,
      ast: parseAstAsync(code),
      sourceMap,
    });
    for (const [file, coverage] of Object.entries(data))
      if (file.includes("/web-twin/src/")) keepBetter(file, coverage);
  }
}

function percents(path: string) {
  const summary = map.fileCoverageFor(path).toSummary();
  return {
    path: path.slice(root.length + 1),
    lines: Number(summary.lines.pct),
    branches: Number(summary.branches.pct),
  };
}

const cache = join(root, ".cache");
const unit = JSON.parse(readFileSync(join(cache, "coverage/coverage-final.json"), "utf8")) as Record<
  string,
  unknown
>;
for (const [path, data] of Object.entries(unit)) keepBetter(path, data);
await addProcesses(join(cache, "process-coverage"));
await addPage(join(cache, "browser-coverage"));

const map = coverageLib.createCoverageMap({});
for (const [path, file] of best) if (path in unit) map.addFileCoverage(file);
const { lines, branches } = map.getCoverageSummary();
const isEnough = Number(lines.pct) >= LEAST_PERCENT && Number(branches.pct) >= LEAST_PERCENT;
const worst = map
  .files()
  .map((path) => percents(path))
  .filter((file) => file.lines < LEAST_PERCENT)
  .sort((a, b) => a.lines - b.lines);
for (const file of worst)
  say(`coverage: ${file.path}: ${file.lines} % of lines, ${file.branches} % of branches`);
process.stdout.write(
  `coverage of ${map.files().length} source files: ${lines.pct} % of lines, ${branches.pct} % of branches (at least ${LEAST_PERCENT} % each)\n`,
);
process.exit(isEnough ? 0 : 1);
