import { EdgeError } from "../core/errors.ts";
import type { StateFile } from "../ports/state-file.ts";

/** Numbers of reports: none is given twice, whatever happens to the device. */
export interface ReportSequence {
  /** On disk when it resolves. @throws EdgeError DISK_FULL */
  next(): Promise<number>;
}

/** A device whose file was lost begins at the milliseconds of its clock: more than it can have counted one by one.
 *  @param onLost told when there was something that is no number */
export async function openReportSequence(
  file: StateFile,
  nowMs: () => number,
  onLost: () => void,
): Promise<ReportSequence> {
  const text = await readText(file);
  const known = text === undefined ? undefined : numberIn(text);
  if (known === undefined && text !== undefined) onLost();
  let last = known;
  return {
    async next() {
      const sequence = last === undefined ? Math.max(1, Math.floor(nowMs())) : last + 1;
      await file.write(`${sequence}\n`);
      last = sequence;
      return sequence;
    },
  };
}

/** A file that cannot be read is as good as a damaged one: it is written anew. */
async function readText(file: StateFile): Promise<string | undefined> {
  try {
    return await file.read();
  } catch (thrown) {
    if (thrown instanceof EdgeError) return "";
    throw thrown;
  }
}

function numberIn(text: string): number | undefined {
  const number = /^\d{1,16}\n?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
