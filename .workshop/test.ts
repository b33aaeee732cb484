import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checks } from "./checks.ts";
import { bin, ensureDebian, root, run, runSteps, say } from "./steps.ts";

const isReady = ensureDebian([
  "chromium",
  "iproute2",
  "mbpoll",
  "nftables",
  "nmap",
  "python3-pymodbus",
  "python3-serial-asyncio",
  "socat",
]);

// The recordings judge where they exist; their licences keep them out of the repository.
const recordings = process.env["STETHOS_DATA"] ?? join(root, "../shared/data");
const env: Record<string, string> = existsSync(join(recordings, "uestc/manifest.json"))
  ? { STETHOS_DATA: recordings }
  : {};
say(
  "STETHOS_DATA" in env
    ? `real recordings: ${recordings}`
    : "no real recordings here: generator data only (set STETHOS_DATA to add them)",
);

async function testModels(): Promise<number> {
  const models = join(root, "models");
  const code = await run(join(models, "setup.sh"), []);
  return code !== 0 ? code : run(join(models, ".venv/bin/python"), ["-m", "pytest", "-q"], env, models);
}

const coverage = join(root, ".cache");

async function runTests(): Promise<number> {
  for (const folder of ["coverage", "browser-coverage", "process-coverage"]) {
    rmSync(join(coverage, folder), { recursive: true, force: true });
  }
  return run(
    bin("vitest"),
    ["run", "--config", ".workshop/vitest.config.ts", "--coverage", ...process.argv.slice(2)],
    {
      ...env,
      STETHOS_PROCESS_COVERAGE: join(coverage, "process-coverage"),
    },
  );
}

process.exit(
  isReady
    ? await runSteps([
        ...checks,
        {
          name: "page",
          what: "build of the page (Vite)",
          run: () => run(process.execPath, ["web-twin/build.ts"]),
        },
        {
          name: "tests",
          what: "unit, contract, integration, browser and end-to-end tests with coverage (vitest)",
          run: runTests,
        },
        {
          name: "coverage",
          what: "coverage of every source file: vitest, the page in Chromium, the agent's own processes",
          run: () => run(process.execPath, [join(root, ".workshop/coverage.ts")]),
        },
        {
          name: "models",
          what: "tests of the model pipeline (pytest)",
          run: testModels,
        },
      ])
    : 1,
);
