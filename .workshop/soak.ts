// npm run soak -- [--seeds N] [--minutes M] [--seed FIRST] [--only NAME]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { flawless, together, type Verdict } from "../test/outbox/oracle.ts";
import { type Proof, proofs } from "../test/outbox/proofs.ts";
import { say } from "./steps.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    minutes: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help === true) {
  console.log(`The outbox's proofs with many seeds; a release is owed --seeds 20.

npm run soak -- [--seeds N] [--minutes M] [--seed FIRST] [--only NAME]
  --seeds    how many; each runs every proof with its own chance (1)
  --minutes  go on with further seeds until so many minutes are over (0)
  --seed     the first one: with it a failure comes again (1)
  --only     one proof\n`);
  for (const { name, explains, casesPerSeed } of proofs)
    console.log(`${name.padEnd(12)} ${casesPerSeed} cases a seed: ${explains}`);
  process.exit(0);
}

interface Total {
  readonly cases: number;
  readonly verdict: Verdict;
}

const startMs = performance.now();
const minutes = (): number => (performance.now() - startMs) / 60_000;
const chosen = proofs.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  say(`there is no proof "${values.only}"; npm run soak -- --help names them`);
  process.exit(2);
}
const first = Number(values.seed);
const totals = new Map<string, Total>();
let seed = first;
for (; seed < first + Number(values.seeds) || minutes() < Number(values.minutes); seed += 1) {
  for (const proof of chosen)
    totals.set(proof.name, added(totals.get(proof.name), await runOne(proof, seed)));
}
const isFlawless = [...totals.values()].every(({ verdict }) => verdict.examples.length === 0);
const result = { seeds: seed - first, firstSeed: first, minutes: Number(minutes().toFixed(1)), isFlawless };
console.log(JSON.stringify({ soak: "outbox", ...result, proofs: Object.fromEntries(totals) }));
process.exit(isFlawless ? 0 : 1);

async function runOne(proof: Proof, each: number): Promise<Total> {
  const folder = await mkdtemp(join(tmpdir(), `stethos-soak-${proof.name}-`));
  const cases = proof.casesPerSeed;
  const beganMs = performance.now();
  const verdict = await proof.run({ folder, seed: each, cases });
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
  const words = verdict.examples.length === 0 ? "flawless" : verdict.examples.join("; ");
  say(`seed ${each}, ${proof.name}: ${cases} cases in ${seconds} s: ${words}`);
  await rm(folder, { recursive: true });
  return { cases, verdict };
}

function added(before: Total | undefined, { cases, verdict }: Total): Total {
  const { cases: earlier, verdict: sum } = before ?? { cases: 0, verdict: flawless };
  return { cases: earlier + cases, verdict: together(sum, verdict, "found") };
}
