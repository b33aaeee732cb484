import { parseArgs } from "node:util";
import { startCoverage } from "./coverage.ts";
import { type FuzzReport, fuzz } from "./fuzz.ts";
import { seededRandom } from "./random.ts";
import type { FuzzTarget } from "./target.ts";
import { tunnelTargets } from "./tunnel-targets.ts";
import { wireTargets } from "./wire-targets.ts";

const USAGE = `node main.ts [--executions N | --seconds N] [--seed N] [--target NAME]
Feeds changed and random bytes to every decoder of wire/ and to both sides of the tunnel, led by coverage. One line of
JSON a target, and one for all; exit code 1 where a target did not cope.
  --executions  of each target (5000)
  --seconds     for all targets together, in place of executions
  --seed        the same bytes for the same seed and executions (1)
  --target      only those whose name contains this
`;

const { values } = parseArgs({
  options: {
    executions: { type: "string", default: "5000" },
    seconds: { type: "string" },
    seed: { type: "string", default: "1" },
    target: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});

const print = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** When a target has had its share. */
function shareOf(targets: number): () => (executions: number) => boolean {
  if (values.seconds === undefined) {
    const most = Number(values.executions);
    return () => (executions) => executions >= most;
  }
  const shareMs = (1000 * Number(values.seconds)) / targets;
  return () => {
    const endMs = performance.now() + shareMs;
    return () => performance.now() >= endMs;
  };
}

async function main(): Promise<number> {
  const { targets: decoders, unknown } = await wireTargets();
  const all: readonly FuzzTarget[] = [...decoders, ...tunnelTargets()];
  const targets = all.filter(({ name }) => name.includes(values.target));
  const coverage = await startCoverage(/\/src\/(wire|tunnel|clients|s7)\/[a-z0-9-]+\.ts$/);
  const isOver = shareOf(targets.length);
  const reports: FuzzReport[] = [];
  for (const [i, target] of targets.entries()) {
    const random = seededRandom(Number(values.seed) + 1000 * i);
    const report = await fuzz(target, coverage, random, isOver());
    reports.push(report);
    print(report);
  }
  await coverage.stop();
  const findings = reports.flatMap((report) => report.findings);
  print({
    targets: targets.length,
    executions: reports.reduce((sum, report) => sum + report.executions, 0),
    characters: coverage.characters,
    findings: findings.length,
    unknown,
    heapMegabytes: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
  });
  return findings.length > 0 || unknown.length > 0 || targets.length === 0 ? 1 : 0;
}

if (values.help) process.stdout.write(USAGE);
else process.exitCode = await main();
