import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { below, pick, type Random, seededRandom } from "../fuzz/random.ts";
import type { Task } from "./child.ts";
import { comeUpAgain } from "./come-up-again.ts";
import { createDisk, SURVIVALS, type Survival } from "./disk.ts";
import type { Line } from "./lines.ts";
import { flawless, judged, together, type Verdict } from "./oracle.ts";
import { type PlantedBug, runChild } from "./run-child.ts";
import { inMemory } from "./temporary.ts";
import { type Op, parseTrace, recorded } from "./trace.ts";

export interface PowerLoss {
  /** For the process that is recorded. */
  readonly folder: string;
  readonly seed: number;
  readonly cuts: number;
  readonly bug?: PlantedBug | undefined;
  /** What happens to unflushed writes; by default everything in turn. */
  readonly survivals?: readonly Survival[] | undefined;
}

/** A place in the record, between two calls, and what the disk makes of what was not flushed by then. */
interface Cut {
  readonly at: number;
  readonly survival: Survival;
  readonly seed: number;
}

const SINKS = ["historian"];
const FILE = "outbox.db";

/** Enough to write the log back into the file several times. */
const taskOf = (folder: string, seed: number): Task => ({
  file: join(folder, FILE),
  seed,
  fromRound: 0,
  rounds: 1200,
  roundsAtOnce: 30,
  sinks: SINKS,
  failureShare: 0.3,
  pauseMs: 1,
  settings: { maxBytes: 2 * 2 ** 20 },
});

/** Runs a real process with an outbox and records every write and every flush below SQLite. */
async function record(folder: string, seed: number, bug?: PlantedBug): Promise<readonly Op[]> {
  const log = join(folder, "trace");
  const data = join(folder, "data");
  await mkdir(data);
  const wrap = (command: readonly string[]) => recorded(log, command);
  const { code, complaints } = await runChild(taskOf(data, seed), { bug, wrap });
  if (code !== 0) throw new Error(`the recorded process ended with ${code}: ${complaints}`);
  const ops = parseTrace(await readFile(log, "latin1"), data);
  await rm(log);
  return ops;
}

/** Cuts the power at many places of one record, and opens what the disk would hold with the real outbox. */
export async function provePowerLoss(options: PowerLoss): Promise<Verdict> {
  const { folder, seed, bug } = options;
  const ops = await record(folder, seed, bug);
  const disk = createDisk();
  let applied = 0;
  let sum: Verdict = flawless;
  for (const cut of chooseCuts(ops, options)) {
    for (; applied < cut.at; applied += 1) {
      const op = ops[applied];
      if (op !== undefined) disk.apply(op);
    }
    const found = disk.crash(seededRandom(cut.seed), cut.survival);
    const said = linesOf(ops.slice(0, cut.at));
    const verdict = await inMemory((place) =>
      judged(() => comeUpAgain(join(place, FILE), found, { said, sinks: SINKS, rounds: 3 })),
    );
    sum = together(sum, verdict, `seed ${seed}, cut after call ${cut.at}, ${cut.survival} survives`);
  }
  return sum;
}

/** All places around a flush as far as they go, and others by chance; in order. */
function chooseCuts(ops: readonly Op[], { seed, cuts, survivals = SURVIVALS }: PowerLoss): Cut[] {
  const random = seededRandom(seed);
  const near = ops.flatMap(({ kind }, i) => (kind === "sync" || kind === "unlink" ? [i, i + 1, i + 2] : []));
  const places = shuffled(near, random).slice(0, Math.ceil(cuts * 0.75));
  while (places.length < cuts) places.push(below(random, ops.length + 1));
  return places
    .sort((a, b) => a - b)
    .map((at) => ({ at, survival: pick(random, survivals), seed: below(random, 2 ** 31) }));
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

const linesOf = (ops: readonly Op[]): Line[] =>
  ops
    .flatMap((op) => (op.kind === "say" ? [op.text] : []))
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
