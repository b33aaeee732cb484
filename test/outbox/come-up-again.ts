import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import type { Line } from "./lines.ts";
import { createOracle, type Verdict } from "./oracle.ts";
import { openSession } from "./session.ts";

/** The device comes up again on what is left, delivers it, and goes on.
 *  @param file the outbox
 *  @param found what is left of its folder, by name */
export async function comeUpAgain(
  file: string,
  found: ReadonlyMap<string, Buffer>,
  { said, sinks, rounds }: { said: readonly Line[]; sinks: readonly string[]; rounds: number },
): Promise<Verdict> {
  for (const [name, bytes] of found) await writeFile(join(dirname(file), name), bytes);
  const oracle = createOracle(sinks);
  for (const line of said) oracle.hear(line);
  const session = await openSession({
    file,
    clock: createSystemClock(),
    sinks,
    hear: (line) => oracle.hear(line),
    fromRound: oracle.lastRound + 1,
  });
  await session.drain();
  await session.put(rounds);
  await session.drain();
  await session.close();
  return oracle.verdict();
}
