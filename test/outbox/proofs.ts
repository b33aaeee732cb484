import { proveCommitCuts } from "./commit-cuts.ts";
import { proveDamage } from "./damage.ts";
import { DISK_FAULTS, proveDiskFaults } from "./disk-faults.ts";
import { proveKills } from "./kills.ts";
import type { Verdict } from "./oracle.ts";
import { provePowerLoss } from "./power-loss.ts";

/** One of the outbox's promises under one kind of trouble. */
export interface Proof {
  readonly name: string;
  readonly explains: string;
  /** What one seed takes in a long run; twenty seeds are what a release is owed. */
  readonly casesPerSeed: number;
  run(options: { readonly folder: string; readonly seed: number; readonly cases: number }): Promise<Verdict>;
}

export const proofs: readonly Proof[] = [
  {
    name: "kills",
    explains: "SIGKILL of a real process anywhere in its work, the oracle outside",
    casesPerSeed: 100,
    run: ({ folder, seed, cases }) => proveKills({ folder, seed, kills: cases }),
  },
  {
    name: "power-loss",
    explains: "a recorded run cut between any two writes, unflushed sectors kept, dropped or torn",
    casesPerSeed: 1000,
    run: ({ folder, seed, cases }) => provePowerLoss({ folder, seed, cuts: cases }),
  },
  {
    name: "disk-faults",
    explains: "a full disk, failing writes and flushes, a read-only remount under a real process",
    casesPerSeed: DISK_FAULTS.length,
    run: ({ folder, seed, cases }) => proveDiskFaults(folder, DISK_FAULTS.slice(0, cases), seed),
  },
  {
    name: "damage",
    explains: "flipped bits, noise, zeros and cut ends in the database and its log",
    casesPerSeed: 500,
    run: proveDamage,
  },
  {
    name: "queue-damage",
    explains: "the same where it is worst: in the page that says what waits",
    casesPerSeed: 500,
    run: (options) => proveDamage({ ...options, table: "batch" }),
  },
  {
    name: "commit-cuts",
    explains: "the line to a real PostgreSQL cut after COMMIT was sent and before its answer",
    casesPerSeed: 24,
    run: ({ folder, seed, cases }) => proveCommitCuts({ folder, seed, cuts: cases }),
  },
];
