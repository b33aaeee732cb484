import { spawnSync } from "node:child_process";
import { bin, root, run, type Step, say } from "./steps.ts";

/** Asks the registry; where it offers no such service the step says so, for there is nothing to judge by. */
async function audit(): Promise<number> {
  const asked = spawnSync(process.execPath, [process.env["STETHOS_NPM"] ?? "", "audit", "--json"], {
    cwd: root,
    encoding: "utf8",
  });
  const answer = JSON.parse(asked.stdout || "{}") as {
    metadata?: { vulnerabilities?: Record<string, number> };
    message?: string;
  };
  const found = answer.metadata?.vulnerabilities;
  if (found === undefined) {
    say(
      `audit: NOT ASKED, this registry has no audit service (${answer.message ?? "no answer"}); run it where there is one`,
    );
    return 0;
  }
  say(`audit: ${JSON.stringify(found)}`);
  return (found["high"] ?? 0) + (found["critical"] ?? 0) === 0 ? 0 : 1;
}

/** What can be said of the sources without running them. */
export const checks: readonly Step[] = [
  {
    name: "lint",
    what: "format and lint (Biome)",
    run: () => run(bin("biome"), ["ci", "--error-on-warnings", "."]),
  },
  { name: "types", what: "strict type check (tsc -b)", run: () => run(bin("tsc"), ["-b"]) },
  {
    name: "imports",
    what: "import rules (dependency-cruiser)",
    run: () =>
      run(bin("depcruise"), [
        "--config",
        ".dependency-cruiser.cjs",
        "protocol-finger/src",
        "models/src",
        "edge-agent/src",
        "web-twin/src",
        "k8s/controller/src",
        "test",
        ".workshop",
      ]),
  },
  {
    name: "unused",
    what: "unused files, exports and packages (knip)",
    run: () => run(bin("knip"), ["--no-progress"]),
  },
  {
    name: "audit",
    what: "known vulnerabilities, high and above (npm audit)",
    run: audit,
  },
  {
    name: "licences",
    what: "DEPENDENCIES.md lists every package that ships, with its licence",
    run: () => run(process.execPath, [".workshop/licences.ts", "--check"]),
  },
];
