import type { OutboxBatch } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { readingsOf } from "../contract/sink-batches.ts";
import { never, useDatabases } from "./databases.ts";
import type { PlantDatabase } from "./plant-database.ts";

const databases = useDatabases();

const DAY_US = 86_400 * 1e6;
/** Noon of today by the machine's clock, which is the server's too. */
const NOON_US = Math.floor((Date.now() * 1000) / DAY_US) * DAY_US + DAY_US / 2;

/** One reading a day, so many days before noon of today. */
function readAt(number: number, daysAgo: readonly number[]): OutboxBatch {
  const rows = daysAgo.map((_, i) => ({ tag: 0, value: i, sequence: number * 1000 + i }));
  const batch = readingsOf(number, rows);
  if (batch.content.stream !== "readings") throw new TypeError("no readings");
  batch.content.sourceTimeUs.set(daysAgo.map((days) => NOON_US - days * DAY_US));
  return batch;
}

const nameOf = (daysAgo: number): string =>
  `reading_${new Date((NOON_US - daysAgo * DAY_US) / 1000).toISOString().slice(0, 10).replaceAll("-", "")}`;

const partitions = async (database: PlantDatabase): Promise<unknown[]> =>
  (
    await database.query(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'reading'::regclass ORDER BY 1",
    )
  ).map(({ name }) => name);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("partitions on plain PostgreSQL", () => {
  it("are there for the days of the readings and for the next three", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([readAt(1, [0])], never);
    expect(await partitions(database)).toEqual([0, -1, -2, -3].map(nameOf));
    await sink.deliver([readAt(2, [40, 0, 7])], never);
    expect(await partitions(database)).toEqual([40, 7, 0, -1, -2, -3].map(nameOf));
    expect(await database.rows()).toHaveLength(4);
  });

  it("have the index of their table", async () => {
    const database = await databases.create();
    await databases.closing(database.sink()).deliver([readAt(1, [0])], never);
    const [{ plan } = {}] = await database.query(
      `SELECT count(*)::int AS plan FROM pg_index WHERE indrelid = '${nameOf(0)}'::regclass`,
    );
    expect(plan).toBe(1);
  });

  it("are made by two agents at once without a fault", async () => {
    const database = await databases.create();
    const sinks = [databases.closing(database.sink()), databases.closing(database.sink())];
    for (const [i, sink] of sinks.entries()) {
      await sink.deliver([{ ...readAt(1, [0]), node: `edge-${i}` }], never);
    }
    for (let number = 2; number < 12; number += 1) {
      await Promise.all(
        sinks.map((sink, i) => sink.deliver([{ ...readAt(number, [number * 3]), node: `edge-${i}` }], never)),
      );
    }
    expect(await database.rows()).toHaveLength(22);
  });

  it("are not made for clocks that jumped: those readings are refused, and the others stay", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink({ retentionDays: 30 }));
    const batch = readAt(1, [0, 31, -400, 30, 20_000, Number.NaN, -0.4]);
    const { refused } = await sink.deliver([batch], never);
    expect(refused.map(({ row }) => row)).toEqual([1, 2, 4, 5]);
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("beyond the retention"),
      expect.stringContaining("in the future by the database's clock"),
      expect.stringContaining("beyond the retention"),
      "its time is no time",
    ]);
    expect(await database.rows()).toHaveLength(3);
    expect(await partitions(database)).toHaveLength(5);
  });

  it("go when they are beyond the retention", async () => {
    const database = await databases.create();
    const generous = databases.closing(database.sink());
    await generous.deliver([readAt(1, [0, 9, 10, 11, 60])], never);
    await generous.close();
    await databases.closing(database.sink({ retentionDays: 10 })).deliver([readAt(2, [0])], never);
    await until(async () => (await partitions(database)).length <= 6);
    expect(await partitions(database)).toEqual([10, 9, 0, -1, -2, -3].map(nameOf));
    expect(await database.rows()).toHaveLength(4);
  });

  it("are made again when somebody dropped one", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([readAt(1, [0, 5])], never);
    await database.query(`DROP TABLE ${nameOf(5)}`);
    await expect(sink.deliver([readAt(2, [5])], never)).rejects.toMatchObject({ fault: "failed" });
    await sink.deliver([readAt(2, [5])], never);
    expect(await database.rows()).toHaveLength(2);
  });
});
