import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFastClock } from "../rollout/fast-clock.ts";
import { createOracle, type Verdict } from "./oracle.ts";
import { openSession, type Session } from "./session.ts";

const SINKS = ["historian"];
const DISK_BYTES = 3 * 2 ** 20;
/** Between two tries to be rid of what waits. */
const ENOUGH_TRIES = 1000;

export interface FullDiskEnd extends Verdict {
  /** What the outbox said of itself while there was no room. */
  readonly trouble: string | undefined;
}

/** A small disk of its own, which is filled by somebody else under a running outbox, and emptied again.
 *  @returns undefined where the machine lets nobody mount one */
export async function proveFullDisk(folder: string): Promise<FullDiskEnd | undefined> {
  const disk = join(folder, "disk");
  await mkdir(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]);
  if (mounted.status !== 0) return undefined;
  try {
    return await fillAndEmpty(disk);
  } finally {
    spawnSync("umount", [disk]);
  }
}

async function fillAndEmpty(disk: string): Promise<FullDiskEnd> {
  const oracle = createOracle(SINKS);
  const session = await openSession({
    file: join(disk, "outbox.db"),
    clock: createFastClock(50),
    sinks: SINKS,
    hear: (line) => oracle.hear(line),
    fromRound: 0,
  });
  await session.put(50);
  const ballast = join(disk, "somebody else's");
  await fill(ballast);
  const trouble = await failing(session);
  await rm(ballast);
  await passing(session);
  await session.drain();
  await session.close();
  return { ...oracle.verdict(), trouble };
}

/** Until there is no room for another byte. */
async function fill(file: string): Promise<void> {
  for (let size = 2 ** 16; size >= 1; size /= 2) {
    const more = Buffer.alloc(size, 1);
    while (
      await writeFile(file, more, { flag: "a" }).then(
        () => true,
        () => false,
      )
    );
  }
}

async function failing(session: Session): Promise<string | undefined> {
  for (let tries = 0; tries < ENOUGH_TRIES; tries += 1) {
    if (await isAccepted(session)) continue;
    return (await session.statistics()).trouble;
  }
  return undefined;
}

async function passing(session: Session): Promise<void> {
  for (let tries = 0; tries < ENOUGH_TRIES; tries += 1) if (await isAccepted(session)) return;
  throw new Error("there is room again, and nothing is written");
}

const isAccepted = (session: Session): Promise<boolean> =>
  session.put(20).then(
    () => true,
    // No room: what was put waits.
    () => false,
  );
