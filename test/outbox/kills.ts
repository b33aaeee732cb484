import { join } from "node:path";
import { below, type Random, seededRandom } from "../fuzz/random.ts";
import type { Task } from "./child.ts";
import { createOracle, flawless, together, type Verdict } from "./oracle.ts";
import { type PlantedBug, runChild } from "./run-child.ts";

export interface Kills {
  readonly folder: string;
  readonly seed: number;
  readonly kills: number;
  readonly bug?: PlantedBug | undefined;
}

const SINKS = ["historian", "broker"];
/** Each so many runs one ends in order, emptied. */
const CLEAN_EVERY = 5;
const ENDLESS = 1_000_000;
/** Files that are worked on at the same time. */
const SIDE_BY_SIDE = 5;

const taskOf = (file: string, seed: number, fromRound: number, rounds: number): Task => ({
  file,
  seed,
  fromRound,
  rounds,
  roundsAtOnce: 4,
  sinks: SINKS,
  failureShare: 0.2,
  pauseMs: 3,
});

/** Starts processes with an outbox, kills them anywhere, starts them again on the same file, and so on; at last they may
 *  finish.
 *  @throws Error where a process ended by itself */
export async function proveKills({ folder, seed, kills, bug }: Kills): Promise<Verdict> {
  const chains = Array.from({ length: Math.min(kills, SIDE_BY_SIDE) }, (_, i) => ({
    file: join(folder, `outbox ${i}`, "outbox.db"),
    seed: seed * SIDE_BY_SIDE + i,
    kills: Math.ceil((kills - i) / SIDE_BY_SIDE),
    bug,
  }));
  const verdicts = await Promise.all(chains.map(killAgainAndAgain));
  return verdicts.reduce((sum, verdict, i) => together(sum, verdict, `chain ${i}`), flawless);
}

interface Chain extends Omit<Kills, "folder"> {
  readonly file: string;
}

async function killAgainAndAgain({ file, seed, kills, bug }: Chain): Promise<Verdict> {
  const random = seededRandom(seed);
  const oracle = createOracle(SINKS);
  for (let kill = 0; kill < kills; kill += 1) {
    if (kill % CLEAN_EVERY === CLEAN_EVERY - 1) await finish(20);
    await killed(taskOf(file, seed + kill, oracle.lastRound + 1, ENDLESS), random);
  }
  await finish(1);
  return oracle.verdict();

  async function killed(task: Task, chance: Random): Promise<void> {
    // Now before it is open, now in the middle of its work.
    const lines = below(chance, 60);
    let heard = 0;
    let timer: NodeJS.Timeout | undefined;
    const { signal, complaints } = await runChild(task, {
      bug,
      onLine(line, child) {
        oracle.hear(line);
        heard += 1;
        // Not only right after a line: anywhere in what follows.
        if (heard > lines) timer ??= setTimeout(() => child.kill("SIGKILL"), chance() * 5);
      },
    });
    clearTimeout(timer);
    if (signal !== "SIGKILL") throw new Error(`the process ended by itself: ${complaints}`);
  }

  async function finish(rounds: number): Promise<void> {
    const task = taskOf(file, seed, oracle.lastRound + 1, rounds);
    const { code, complaints } = await runChild(task, { bug, onLine: (line) => oracle.hear(line) });
    if (code !== 0) throw new Error(`the process did not end in order: ${complaints}`);
  }
}
