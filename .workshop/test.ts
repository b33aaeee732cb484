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
  "systemd-container",
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
/** Files: more than that is no accident. */
const MOST_AGAIN = 4;

const vitest = (more: readonly string[]): Promise<number> =>
  run(
    bin("vitest"),
    [
      "run",
      "--config",
      ".workshop/vitest.config.ts",
      "--reporter=default",
      "--reporter=json",
      "--reporter=.workshop/overdue.ts",
      `--outputFile.json=${results}`,
      ...more,
    ],
    {
      ...env,
      STETHOS_PROCESS_COVERAGE: join(coverage, "process-coverage"),
    },
  );

/** What failed at first and passed alone, afterwards: told at the end, for somebody to mend. */
let unsteady: readonly string[] = [];

async function runTests(): Promise<number> {
  for (const folder of ["coverage", "browser-coverage", "process-coverage"]) {
    rmSync(join(coverage, folder), { recursive: true, force: true });
  }
  rmSync(results, { force: true });
  const code = await vitest(["--coverage", ...process.argv.slice(2)]);
  const failed = code === 0 ? [] : failedFiles();
  if (failed.length === 0 || failed.length > MOST_AGAIN) return code;
  // Real servers and browsers share two cores with everything else here. Alone they have them for themselves: what is
  // broken fails again, what was starved does not, and either is told.
  const first = failedTests();
  say(`tests: ${failed.length} files failed; once more, alone`);
  rmSync(results, { force: true });
  const again = await vitest(failed);
  if (again === 0) unsteady = first;
  return again;
}

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Undefined where vitest ended before it had any. */
function testFiles(): readonly TestFile[] | undefined {
  if (!existsSync(results)) return undefined;
  return (JSON.parse(readFileSync(results, "utf8")) as { testResults: readonly TestFile[] }).testResults;
}

const failedFiles = (): string[] =>
  (testFiles() ?? []).filter(({ status }) => status === "failed").map(({ name }) => relative(root, name));

function failedTests(): string[] {
  const testResults = testFiles();
  if (testResults === undefined) return ["vitest ended before it had results"];
  const firstLine = (text = ""): string => text.trimStart().split("\n", 1)[0] ?? "";
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages: [why] }) => `${file}: ${fullName}: ${firstLine(why)}`);
    if (failed.length > 0 || status !== "failed") return failed;
    return [`${file}: ${firstLine(message) || "ended before its tests did"}`];
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
          name: "servers",
          what: "kube-apiserver, etcd, kustomize, Argo's linter, Loki and an OpenTelemetry collector from their Go modules, once a machine",
          run: () => run(process.execPath, ["test/prepare.ts"]),
        },
        {
          name: "tests",
          what: "unit, contract, integration, browser and end-to-end tests with coverage (vitest)",
          run: runTests,
          failures: failedTests,
          notes: () => unsteady.map((line) => `failed at first, passed alone: ${line}`),
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
