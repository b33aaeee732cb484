import { once } from "node:events";
import type { OutboxBatch } from "@stethos/edge-agent/core";
import { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { createCopyWriter } from "../../../edge-agent/src/adapters/postgres/copy-writer.ts";
import { putReadings, READING_COLUMNS } from "../../../edge-agent/src/adapters/postgres/reading-rows.ts";
import type { PlantDatabase } from "../../postgres/plant-database.ts";
import type { PostgresServer } from "../../postgres/server.ts";

/** The least that any client has to do: bytes that are ready, a transaction, COPY. */
export interface BareCopy {
  /** Of one transaction each. */
  encode(batches: readonly OutboxBatch[], rowsAtOnce: number): readonly Buffer[];
  write(transactions: readonly Buffer[]): Promise<void>;
  close(): Promise<void>;
}

/** Into the table of the same kind that a database has: partitions, index and all. */
export async function startBareCopy(server: PostgresServer, database: PlantDatabase): Promise<BareCopy> {
  const { folder: host, port } = server;
  const client = new Client({ host, port, user: "postgres", database: "plant" });
  await client.connect();
  await client.query(`SET search_path = ${database.schema}; SET synchronous_commit = on`);
  return {
    encode(batches, rowsAtOnce) {
      const transactions: Buffer[] = [];
      let rows: OutboxBatch[] = [];
      let count = 0;
      for (const [i, batch] of batches.entries()) {
        rows.push(batch);
        count += batch.content.count;
        if (count < rowsAtOnce && i < batches.length - 1) continue;
        transactions.push(encodeOne(rows));
        rows = [];
        count = 0;
      }
      return transactions;
    },
    async write(transactions) {
      for (const bytes of transactions) {
        await client.query("BEGIN");
        const stream = client.query(
          copyFrom(`COPY reading (${READING_COLUMNS.join(", ")}) FROM STDIN (FORMAT binary)`),
        );
        stream.end(bytes);
        await once(stream, "finish");
        await client.query("COMMIT");
      }
    },
    close: () => client.end(),
  };
}

function encodeOne(batches: readonly OutboxBatch[]): Buffer {
  const writer = createCopyWriter();
  const parts: Buffer[] = [];
  writer.begin();
  for (const { content } of batches) {
    if (content.stream !== "readings") continue;
    const ids = Int32Array.from(content.tags, (_, i) => i + 1);
    for (let i = 0; i < content.count; ) {
      i = putReadings(writer, content, ids, i, new Map());
      if (writer.isFull) parts.push(Buffer.from(writer.take()));
    }
  }
  writer.end();
  return Buffer.concat([...parts, writer.take()]);
}
