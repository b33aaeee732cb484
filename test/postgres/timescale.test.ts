import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ordinaryBatches, rowsOf } from "../contract/sink-batches.ts";
import { never, useDatabases } from "./databases.ts";

/** Debian has no package of it; where somebody installed it, all of it is run. */
const isInstalled = existsSync("/usr/share/postgresql/15/extension/timescaledb.control");
const databases = useDatabases(isInstalled ? { more: ["shared_preload_libraries = 'timescaledb'"] } : {});

describe("TimescaleDB", () => {
  it("holds the readings in hypertables with policies, and a plain PostgreSQL in partitions", async () => {
    const [{ available } = {}] = await databases.server.query(
      "SELECT count(*)::int AS available FROM pg_available_extensions WHERE name = 'timescaledb'",
    );
    expect(available).toBe(isInstalled ? 1 : 0);
    if (isInstalled) await databases.server.query("CREATE EXTENSION timescaledb");
    const database = await databases.create();
    const sink = databases.closing(database.sink({ compressAfterDays: 3 }));
    const batches = ordinaryBatches(1, 4);
    await sink.deliver(batches, never);
    expect(await database.rows()).toHaveLength(rowsOf(batches).length);
    const layouts = await database.query("SELECT DISTINCT layout FROM migration");
    expect(layouts).toEqual([{ layout: isInstalled ? "timescale" : "plain" }]);
    const hours = await database.query(
      "SELECT sum(count)::int AS count, sum(bad)::int AS bad FROM reading_1h",
    );
    expect(hours).toEqual([{ count: 40, bad: 20 }]);
    if (!isInstalled) return;
    const jobs = async () =>
      await databases.server.query(
        "SELECT hypertable_name, config->>'compress_after' AS after FROM timescaledb_information.jobs WHERE hypertable_schema = $1 AND proc_name = 'policy_compression' ORDER BY 1",
        [database.schema],
      );
    while ((await jobs()).length < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(new Set((await jobs()).map(({ after }) => after))).toEqual(new Set(["3 days"]));
  });
});
