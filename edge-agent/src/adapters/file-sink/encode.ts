import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Stream } from "../../core/outbox/outbound.ts";
import type { FileKind } from "./file-name.ts";
import { columnsOf, type JsonRow } from "./parquet-columns.ts";

const zip = promisify(gzip);

type Chunks = AsyncIterable<Uint8Array>;

/** Rows of one row group: what is in memory at once. */
const GROUP_ROWS = 50_000;

/** NDJSON as a finished file of this kind. */
export function encode(kind: FileKind, stream: Stream, ndjson: Chunks): Chunks {
  switch (kind) {
    case "ndjson":
      return ndjson;
    case "ndjson.gz":
      return zipped(ndjson);
    case "parquet":
      return parquet(stream, ndjson);
  }
}

/** RFC 1952, 2.2: a gzip file is a series of members. */
async function* zipped(chunks: Chunks): Chunks & AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield await zip(chunk);
}

async function* parquet(stream: Stream, ndjson: Chunks): Chunks & AsyncGenerator<Uint8Array> {
  const columns = columnsOf(stream);
  const root = { name: "root", num_children: columns.length };
  const schema = [root, ...columns.map(({ element }) => element)];
  const writer = new ByteWriter();
  const kvMetadata = [{ key: "stethos.stream", value: stream }];
  const file = new ParquetWriter({ writer, schema, kvMetadata, createdBy: "stethos" });
  for await (const rows of groups(ndjson)) {
    const columnData = columns.map(({ element, to }) => ({ name: element.name, data: rows.map(to) }));
    await file.write({ columnData, rowGroupSize: rows.length });
    yield taken(writer);
  }
  await file.finish();
  yield taken(writer);
}

function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  // As the package's own file writer does: `offset` goes on counting.
  writer.index = 0;
  return bytes;
}

async function* groups(ndjson: Chunks): AsyncGenerator<JsonRow[]> {
  let rows: JsonRow[] = [];
  for await (const line of linesOf(ndjson)) {
    rows.push(JSON.parse(line) as JsonRow);
    if (rows.length < GROUP_ROWS) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** Lines without their ends; what follows the last "\n" is a line where it is not empty. */
export async function* linesOf(chunks: Chunks): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
