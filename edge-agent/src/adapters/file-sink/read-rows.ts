import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import type { Stream } from "../../core/outbox/outbound.ts";
import { linesOf } from "./encode.ts";
import type { FileName } from "./file-name.ts";
import { SUM_ENDING } from "./finish.ts";
import { type JsonRow, rowReader } from "./parquet-columns.ts";

/** Whether a finished file is what its check sum was made of. */
export async function checkSum(path: string): Promise<"good" | "wrong" | "missing"> {
  const text = await readFile(`${path}${SUM_ENDING}`, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw thrown;
  });
  if (text === undefined) return "missing";
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return text === `${hash.digest("hex")}  ${basename(path)}\n` ? "good" : "wrong";
}

/** The rows of a finished file in their order, as NDJSON has them.
 *  @throws what the damage looks like to the parser */
export async function* readRows(path: string, { kind, stream }: FileName): AsyncGenerator<JsonRow> {
  if (kind === "parquet") return yield* parquetRows(path, stream);
  const file = createReadStream(path);
  try {
    const chunks = kind === "ndjson" ? file : file.pipe(createGunzip());
    if (chunks !== file) file.on("error", (error) => chunks.destroy(error));
    for await (const line of linesOf(chunks as AsyncIterable<Uint8Array>)) yield JSON.parse(line) as JsonRow;
  } finally {
    file.destroy();
  }
}

// Dates would cut the microseconds off.
const parsers = { timestampFromMicroseconds: (micros: bigint) => micros as unknown as Date };

async function* parquetRows(path: string, stream: Stream): AsyncGenerator<JsonRow> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const rowOf = rowReader(stream);
  let rowStart = 0;
  for (const { num_rows: count } of metadata.row_groups) {
    const rowEnd = rowStart + Number(count);
    const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, parsers });
    for (const cells of rows) yield rowOf(cells);
    rowStart = rowEnd;
  }
}
