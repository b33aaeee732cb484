import { dirname, join } from "node:path";
import { SinkError } from "../../ports/sink.ts";
import { type Disk, diskError, nodeDisk } from "./disk.ts";
import type { FileSinkOptions } from "./options.ts";

const TRIAL_FILE = ".stethos-trial";

/** Writes a small file where the sink would, flushes it and removes it.
 *  @returns what the folder holds, for a person
 *  @throws SinkError; the signal's reason */
export async function probeFileSink(
  { folder, maxTotalBytes, whenFull }: FileSinkOptions,
  signal: AbortSignal,
  disk: Disk = nodeDisk,
): Promise<string> {
  signal.throwIfAborted();
  try {
    const isThere = (await disk.lengthOf(folder)) >= 0;
    const trial = join(isThere ? folder : dirname(folder), TRIAL_FILE);
    await disk.write(trial, [new TextEncoder().encode("trial")]);
    await disk.remove(trial);
    signal.throwIfAborted();
    if (!isThere) return "the folder is made at the first delivery";
    const files = await disk.list(folder);
    const used = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (used >= maxTotalBytes && whenFull === "wait")
      throw new SinkError("busy", `${folder} holds its ${maxTotalBytes} bytes; take finished files away`);
    return `writable, ${Math.round((100 * used) / maxTotalBytes)} % of maxTotalBytes used`;
  } catch (thrown) {
    signal.throwIfAborted();
    throw diskError(thrown, folder);
  }
}
