import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Stream } from "../../core/outbox/outbound.ts";
import { type Column, columnsOf, type JsonRow } from "./parquet-columns.ts";

/** Makes a Parquet file of NDJSON, piece by piece. Calls must not overlap. */
export interface ParquetEncoder {
  /** @returns what is ready of the file by now; often nothing
   *  @throws SyntaxError on a line that is no JSON; TypeError on bytes that are no UTF-8 */
  push(ndjson: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** @returns the rest of the file */
  end(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Rows of one row group: what is in memory at once. */
const GROUP_ROWS = 20_000;

export function createParquetEncoder(stream: Stream): ParquetEncoder {
  const columns = columnsOf(stream);
  const root = { name: "root", num_children: columns.length };
  const schema = [root, ...columns.map(({ element }) => element)];
  const writer = new ByteWriter();
  const kvMetadata = [{ key: "stethos.stream", value: stream }];
  const file = new ParquetWriter({ writer, schema, kvMetadata, createdBy: "stethos" });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let group = emptyGroup(columns);

  async function take(lines: string): Promise<void> {
    // A line holds no bare "\n", and a comma in its place makes one text for the parser of all of them.
    const rows = JSON.parse(`[${lines.replaceAll("\n", ",")}]`) as JsonRow[];
    for (const row of rows) {
      for (const { to, cells } of group) cells.push(to(row));
      if (group[0]?.cells.length === GROUP_ROWS) await write();
    }
  }

  async function write(): Promise<void> {
    const columnData = group.map(({ name, cells }) => ({ name, data: cells }));
    const rowGroupSize = group[0]?.cells.length ?? 0;
    group = emptyGroup(columns);
    if (rowGroupSize > 0) await file.write({ columnData, rowGroupSize });
  }

  return {
    async push(ndjson) {
      const text = rest + decoder.decode(ndjson, { stream: true });
      const end = text.lastIndexOf("\n");
      rest = text.slice(end + 1);
      if (end > 0) await take(text.slice(0, end));
      return taken(writer);
    },
    async end() {
      rest += decoder.decode();
      if (rest !== "") await take(rest);
      await write();
      await file.finish();
      return taken(writer);
    },
  };
}

const emptyGroup = (columns: readonly Column[]) =>
  columns.map(({ element, to }) => ({ name: element.name, to, cells: [] as unknown[] }));

function taken(writer: ByteWriter): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(writer.getBytes());
  // As the package's own file writer does: `offset` goes on counting.
  writer.index = 0;
  return bytes;
}
