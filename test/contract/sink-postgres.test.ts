import { afterAll, beforeAll } from "vitest";
import { createPlantDatabase } from "../postgres/plant-database.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { describeSink, type ReceivedRow, type SinkBench } from "./sink.contract.ts";
import { readingsOf } from "./sink-batches.ts";

let server: PostgresServer;
let benches = 0;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(async () => {
  await server.close();
});

describeSink("PostgreSQL", async (): Promise<SinkBench> => {
  benches += 1;
  const database = await createPlantDatabase(server, `contract_${benches}`);
  return {
    promise: "exactly-once",
    create: () => database.sink(),
    received: async () =>
      (await database.rows()).map(({ tag, value, sequence }) => ({
        tag,
        value: value as ReceivedRow["value"],
        sequence,
      })),
    network: async (state) => database.proxy.set(state),
    async restart() {
      await server.stop("immediate");
      await server.start();
    },
    credentials: (good) => database.credentials(good),
    // Text with a NUL, and a time from a clock that runs a century ahead.
    poison: (number) => {
      const rows = Array.from({ length: 5 }, (_, sequence) => ({
        tag: 0,
        value: 1.5,
        sequence: 900 + sequence,
      }));
      const batch = readingsOf(number, [...rows, { tag: 2, value: "a\0b", sequence: 900 }]);
      if (batch.content.stream === "readings") batch.content.sourceTimeUs[3] = 7e15;
      return batch;
    },
    close: () => database.close(),
  };
});
