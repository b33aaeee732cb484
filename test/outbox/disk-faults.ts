import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Task } from "./child.ts";
import { createOracle, flawless, judged, together, type Verdict } from "./oracle.ts";
import { runChild } from "./run-child.ts";

/** What the kernel answers to some calls of a real process. */
export interface DiskFault {
  readonly name: string;
  readonly call: "fsync" | "ftruncate" | "pread64" | "pwrite64";
  readonly error: "EIO" | "ENOSPC" | "EROFS";
  /** From which call of that name on, counted from 1, and how many of them. */
  readonly from: number;
  readonly times: number;
  /** Only of the database itself, not of its log: what a checkpoint meets. */
  readonly ofDatabase?: true;
}

const kinds = [
  { what: "a full disk", call: "pwrite64", error: "ENOSPC" },
  { what: "writes that fail", call: "pwrite64", error: "EIO" },
  { what: "flushes that fail", call: "fsync", error: "EIO" },
  { what: "a disk that was remounted read-only", call: "pwrite64", error: "EROFS" },
] as const;

/** Early: while the file is made. Later: among commits. Into the database: at a checkpoint. */
export const DISK_FAULTS: readonly DiskFault[] = kinds.flatMap(({ what, call, error }) => [
  { name: `${what}, once`, call, error, from: 60, times: 1 },
  { name: `${what}, for a while`, call, error, from: 90, times: 12 },
  {
    name: `${what}, when the log is written back`,
    call,
    error,
    from: 8,
    times: 3,
    ofDatabase: true as const,
  },
]);

/** Calls that may fail together while the log is written back. */
const MOST_UNTOLD = 3;
const SINKS = ["historian"];
const FILE = "outbox.db";

/** A real process lives through each of the faults and keeps its promises.
 *  @throws Error where one ends, says nothing of its trouble, or gives up its file */
export async function proveDiskFaults(
  folder: string,
  faults: readonly DiskFault[],
  seed: number,
): Promise<Verdict> {
  let sum: Verdict = flawless;
  for (const fault of faults) {
    const verdict = await judged(() => proveOne(folder, fault, seed));
    sum = together(sum, verdict, `seed ${seed}, ${fault.name}`);
  }
  return sum;
}

async function proveOne(folder: string, fault: DiskFault, seed: number): Promise<Verdict> {
  const data = join(folder, "data");
  await mkdir(data);
  const oracle = createOracle(SINKS);
  const troubles: string[] = [];
  const log = join(folder, "injected");
  const { code, complaints } = await runChild(taskOf(data, seed), {
    wrap: (command) => [...injected(fault, join(data, FILE), log), ...command],
    onLine(line) {
      oracle.hear(line);
      if (line.say === "trouble" && line.text !== undefined) troubles.push(line.text);
    },
  });
  const met = (await readFile(log, "utf8")).split("(INJECTED)").length - 1;
  const setAside = (await readdir(data)).filter((name) => name.includes("corrupt"));
  await rm(data, { recursive: true });
  const words = `${fault.name} (seed ${seed}): the process `;
  if (code !== 0) throw new Error(`${words}ended with ${code}: ${complaints}`);
  if (met === 0) throw new Error(`${words}never met it`);
  // SQLite itself gets over a fault that only meets a log on its way back into the file: nobody need know.
  if (troubles.length === 0 && fault.times > MOST_UNTOLD) throw new Error(`${words}told nobody`);
  if (setAside.length > 0) throw new Error(`${words}gave up a sound file: ${setAside.join(", ")}`);
  return oracle.verdict();
}

const taskOf = (data: string, seed: number): Task => ({
  file: join(data, FILE),
  seed,
  fromRound: 0,
  rounds: 1500,
  roundsAtOnce: 20,
  sinks: SINKS,
  failureShare: 0.1,
  pauseMs: 1,
  settings: { maxBytes: 2 * 2 ** 20 },
  clockTimes: 50,
});

const injected = (
  { call, error, from, times, ofDatabase }: DiskFault,
  file: string,
  log: string,
): string[] => [
  ...["strace", "-f", "--seccomp-bpf", "-qq", "-o", log, "-e", `trace=${call}`, "-e", "signal=none"],
  ...(ofDatabase === true ? ["-P", file] : []),
  ...["-e", `inject=${call}:error=${error}:when=${from}..${from + times - 1}`],
];
