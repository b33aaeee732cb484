import { readBatches } from "../../adapters/file-sink/read-batches.ts";
import { checkSum, readRows } from "../../adapters/file-sink/read-rows.ts";
import { EdgeError } from "../../core/errors.ts";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { PlannedFile } from "./plan.ts";

/** @throws EdgeError where the file is not what was written */
export async function checkFile({ path }: PlannedFile, isUnverified: boolean): Promise<void> {
  const verdict = await readable(path, () => checkSum(path));
  if (verdict === "wrong")
    throw new EdgeError("DATA_INVALID", `${path} is damaged: it does not match its check sum; copy it again`);
  if (verdict === "missing" && !isUnverified)
    throw new EdgeError(
      "DATA_INVALID",
      `${path} has no check sum beside it (.sha256); copy that too, or say --unverified`,
    );
}

/** @throws EdgeError at what cannot be read, or at the end where rows are missing */
export async function* batchesOf(file: PlannedFile): AsyncGenerator<OutboxBatch> {
  const { path, name } = file;
  const batches = readBatches(readRows(path, name), name.committedUs);
  let rows = 0;
  for (;;) {
    const next = await readable(path, () => batches.next());
    if (next.done) break;
    rows += next.value.content.count;
    yield next.value;
  }
  if (rows !== name.rows)
    throw new EdgeError("DATA_INVALID", `${path} is damaged: it holds ${rows} of ${name.rows} rows`);
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new EdgeError("DATA_INVALID", `${path} is damaged or cannot be read; copy it again`, { cause });
  }
}
