import { join } from "node:path";
import type { Logger } from "../../ports/logger.ts";
import { SinkError } from "../../ports/sink.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { Disk } from "./disk.ts";
import { parseFileName } from "./file-name.ts";
import { SUM_ENDING } from "./finish.ts";
import type { FileSinkOptions } from "./options.ts";

interface RoomDeps {
  readonly name: string;
  readonly disk: Disk;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** Sees to it that the folder holds no more than it may.
 *  @throws SinkError "busy" where there is no room and nothing may go */
export async function makeRoom(options: FileSinkOptions, more: number, deps: RoomDeps): Promise<void> {
  const { folder, maxTotalBytes, whenFull } = options;
  const { disk, name } = deps;
  const files = await disk.list(folder);
  let used = files.reduce((sum, { bytes }) => sum + bytes, more);
  if (used <= maxTotalBytes) return;
  if (whenFull === "drop-oldest")
    for (const { file, bytes, rows } of oldestFirst(files)) {
      await disk.remove(join(folder, file));
      await disk.remove(join(folder, `${file}${SUM_ENDING}`));
      deps.logger.warn({ sink: name, file, rows }, "the folder is full: its oldest file is deleted");
      deps.telemetry.emit({ kind: "dropped", queue: `sink ${name}`, count: rows });
      used -= bytes;
      if (used <= maxTotalBytes) return;
    }
  throw new SinkError("busy", `${folder} holds its ${maxTotalBytes} bytes; take finished files away`);
}

function oldestFirst(files: readonly { readonly file: string; readonly bytes: number }[]) {
  return files
    .flatMap(({ file, bytes }) => {
      const name = parseFileName(file);
      return name === undefined
        ? []
        : [{ file, bytes, rows: name.rows, at: name.committedUs, first: name.first }];
    })
    .sort((a, b) => a.at - b.at || a.first - b.first);
}
