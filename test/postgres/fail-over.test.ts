import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";
import { ordinaryBatch, ordinaryBatches, rowsOf } from "../contract/sink-batches.ts";
import { never } from "./databases.ts";
import { createPlantDatabase, type PlantDatabase } from "./plant-database.ts";
import { type PostgresServer, startPostgres, startStandby } from "./server.ts";

let primary: PostgresServer;
let database: PlantDatabase;
let sink: Sink | undefined;

beforeEach(async () => {
  primary = await startPostgres();
  database = await createPlantDatabase(primary, "plant_1");
});

afterEach(async () => {
  await sink?.close();
  await database.proxy.close();
  await primary.close();
});

describe("a fail-over", () => {
  it("takes the sink to the server that takes writes, with every row once", async () => {
    const standby = await startStandby(primary);
    try {
      const url = `postgres://plant_1@127.0.0.1:${standby.port},127.0.0.1:${primary.port}/plant`;
      const own = database.sink({ url });
      sink = own;
      // The standby is asked first, and passed over.
      await own.deliver(ordinaryBatches(1, 3), never);
      await primary.stop("immediate");
      await expect(own.deliver(ordinaryBatches(3, 4), never)).rejects.toMatchObject({ fault: "unreachable" });
      await standby.promote();
      await delivered(own, 3, 6);
      const rows = await standby.query(
        "SELECT count(*)::int AS count FROM reading",
        [],
        "SET search_path = plant_1",
      );
      expect(rows).toEqual([{ count: rowsOf(ordinaryBatches(1, 6)).length }]);
    } finally {
      await standby.close();
      await primary.start();
    }
  });

  it("is waited for where there is only a standby", async () => {
    const standby = await startStandby(primary);
    try {
      const own = database.sink({ url: `postgres://plant_1@127.0.0.1:${standby.port}/plant` });
      sink = own;
      await expect(own.deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({
        fault: "unreachable",
        message: expect.stringContaining("takes no writes"),
      });
    } finally {
      await standby.close();
    }
  });
});

/** As the agent does it. */
async function delivered(own: Sink, first: number, last: number): Promise<void> {
  const clock = createSystemClock();
  while ((await own.deliver(ordinaryBatches(first, last), never).catch(() => undefined)) === undefined) {
    await clock.sleep(20, never);
  }
}
