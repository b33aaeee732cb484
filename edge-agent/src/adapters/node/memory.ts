import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Gives back what the start left behind: the syntax tree of a large configuration alone is 20 kB a tag, and V8 would
 *  keep those pages for a process that allocates as little as a running agent does. */
export function releaseStartMemory(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: { type: "major"; flavor: "last-resort" }) => void;
  collect({ type: "major", flavor: "last-resort" });
}

/** Of this process, MiB. */
export const residentMib = (): number => process.memoryUsage.rss() / 2 ** 20;
