import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { checks } from "./checks.ts";
import { bin, ensureDebian, root, run, runSteps, say } from "./steps.ts";

const isReady = ensureDebian([
  "chromium",
  "iproute2",
  "mbpoll",
  "mosquitto",
  "nftables",
  "nmap",
  "postgresql-15",
  "prometheus",
  "python3-pymodbus",
  "python3-serial-asyncio",
  "socat",
  "strace",
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
const results = join(coverage, "test-results.json");

async function runTests(): Promise<number> {
  for (const folder of ["coverage", "browser-coverage", "process-coverage"]) {
    rmSync(join(coverage, folder), { recursive: true, force: true });
  }
  rmSync(results, { force: true });
  return run(
    bin("vitest"),
    [
      "run",
      "--config",
      ".workshop/vitest.config.ts",
      "--coverage",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${results}`,
      ...process.argv.slice(2),
    ],
    {
      ...env,
      STETHOS_PROCESS_COVERAGE: join(coverage, "process-coverage"),
    },
  );
}

interface TestFile {
  readonly name: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

function failedTests(): string[] {
  if (!existsSync(results)) return ["vitest ended before it had results"];
  const { testResults } = JSON.parse(readFileSync(results, "utf8")) as { testResults: readonly TestFile[] };
  const firstLine = (text = ""): string => text.trimStart().split("\n", 1)[0] ?? "";
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages: [why] }) => `${file}: ${fullName}: ${firstLine(why)}`);
    return failed.length === 0 && message !== "" ? [`${file}: ${firstLine(message)}`] : failed;
  });
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
          failures: failedTests,
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
