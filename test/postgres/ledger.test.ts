import type { OutboxBatch } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { type Sink, SinkError } from "../../edge-agent/src/ports/sink.ts";
import { ordinaryBatch, ordinaryBatches, readingsOf, TAGS } from "../contract/sink-batches.ts";
import { never, useDatabases } from "./databases.ts";
import type { PlantDatabase } from "./plant-database.ts";

const databases = useDatabases();

const ROWS = 20;
const count = async (database: PlantDatabase): Promise<number> =>
  Number((await database.query("SELECT count(*) FROM reading"))[0]?.["count"]);
const faultOf = (delivery: Promise<unknown>): Promise<unknown> =>
  delivery.then(
    () => "delivered",
    (thrown: unknown) => (thrown instanceof SinkError ? thrown.fault : thrown),
  );

/** As the agent does it. */
async function forward(sink: Sink, batches: readonly OutboxBatch[]): Promise<void> {
  while ((await faultOf(sink.deliver(batches, never))) !== "delivered");
}

describe("the ledger", () => {
  it("takes no batch twice, alone, among new ones, and twice in one delivery", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    const batches = ordinaryBatches(1, 6);
    await sink.deliver(batches.slice(0, 3), never);
    await sink.deliver(batches.slice(1, 5), never);
    await sink.deliver([...batches.slice(4), ...batches.slice(4)], never);
    await sink.deliver(batches, never);
    expect(await count(database)).toBe(6 * ROWS);
    const [entry] = await database.query("SELECT last_number, rows FROM delivery");
    expect(entry).toEqual({ last_number: "6", rows: String(6 * ROWS) });
  });

  it("knows by itself whether a COMMIT whose answer is lost was done, time after time", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    for (let number = 1; number <= 15; number += 1) {
      await forward(sink, [ordinaryBatch(number)]);
      database.proxy.set("cut-after-request");
      expect(await faultOf(sink.deliver([ordinaryBatch(number + 15 * 100)], never))).toBe("unreachable");
      database.proxy.set("up");
      await forward(sink, [ordinaryBatch(number + 15 * 100)]);
      await database.query("UPDATE delivery SET last_number = $1", [number]);
    }
    expect(await count(database)).toBe(2 * 15 * ROWS);
  });

  it("loses and doubles nothing while the server dies again and again in the middle of a transaction", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    let isOver = false;
    let number = 0;
    const kills = (async () => {
      for (let i = 0; i < 3; i += 1) {
        await databases.server.stop("immediate");
        await databases.server.start();
        // Something arrived between two crashes.
        const mark = number;
        await expect.poll(() => number, { interval: 10 }).toBeGreaterThan(mark + 3);
      }
      isOver = true;
    })();
    while (!isOver) {
      number += 3;
      await forward(sink, ordinaryBatches(number - 2, number));
    }
    await kills;
    expect(await count(database)).toBe(number * ROWS);
  });

  it("keeps two outboxes of one agent and two agents apart", async () => {
    const database = await databases.create();
    const [one, two] = [databases.closing(database.sink()), databases.closing(database.sink())];
    const deliverAll = async (sink: Sink, node: string) => {
      for (const number of [1, 2]) await forward(sink, [ordinaryBatch(number, { node })]);
    };
    await Promise.all([deliverAll(one, "edge-1"), deliverAll(two, "edge-2")]);
    await forward(one, [ordinaryBatch(1, { node: "edge-1", epoch: "1111111111111111" })]);
    expect(await count(database)).toBe(5 * ROWS);
    const tags = await database.query("SELECT count(*) FROM tag");
    expect(tags).toEqual([{ count: String(2 * TAGS.length) }]);
  });

  it("lets only the last of two agents of one name write, and tells the other", async () => {
    const database = await databases.create();
    const [older, newer] = [databases.closing(database.sink()), databases.closing(database.sink())];
    await older.deliver([ordinaryBatch(1)], never);
    await newer.deliver([ordinaryBatch(2)], never);
    await expect(older.deliver([ordinaryBatch(3)], never)).rejects.toMatchObject({
      fault: "misfit",
      message: expect.stringContaining('another agent writes under the name "edge-1"'),
    });
    await newer.deliver([ordinaryBatch(3)], never);
    expect(await count(database)).toBe(3 * ROWS);
  });

  it("finds that a copy of the outbox made other readings under the same names", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    const copied = { ...ordinaryBatch(1), committedUs: ordinaryBatch(1).committedUs + 5 };
    await expect(sink.deliver([copied], never)).rejects.toMatchObject({
      fault: "misfit",
      message: expect.stringContaining("copies of one outbox"),
    });
  });

  it("writes from many agents at once, each with its own tags", async () => {
    const database = await databases.create();
    const nodes = Array.from({ length: 6 }, (_, i) => `edge-${i}`);
    await Promise.all(
      nodes.map(async (node) => {
        const sink = databases.closing(database.sink());
        for (let number = 1; number <= 5; number += 1) await forward(sink, [ordinaryBatch(number, { node })]);
      }),
    );
    const rows = await database.rows();
    for (const node of nodes) {
      const mine = rows.filter((row) => row.node === node && row.tag === TAGS[0]?.id);
      expect(mine.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 25 }, (_, i) => i));
    }
  });

  it("tells again which rows were refused when the answer was lost", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    const batch = readingsOf(1, [
      { tag: 2, value: "fine", sequence: 1 },
      { tag: 2, value: "not\0fine", sequence: 2 },
      { tag: 0, value: 3, sequence: 3 },
    ]);
    database.proxy.set("cut-after-request");
    expect(await faultOf(sink.deliver([batch], never))).toBe("unreachable");
    database.proxy.set("up");
    const { refused } = await sink.deliver([batch], never);
    expect(refused).toEqual([{ batch, row: 1, reason: expect.stringContaining("NUL") }]);
    expect(await count(database)).toBe(2);
  });

  it("keeps one series a unit, and the newest address of each", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    const tag = { id: "t", unit: "bar", device: "plc-1", protocol: "s7", address: "DB1,REAL0" } as const;
    const read = (number: number, change: object) =>
      sink.deliver(
        [
          readingsOf(number, [{ tag: 0, value: number, sequence: number }], {
            tags: [{ ...tag, ...change }],
          }),
        ],
        never,
      );
    await read(1, {});
    await read(2, { address: "DB1,REAL4" });
    await read(3, { unit: "Pa" });
    await read(4, {});
    const rows = await database.query("SELECT value, unit, address FROM reading_named ORDER BY sequence");
    expect(rows.map(({ value, unit }) => [value, unit])).toEqual([
      [1, "bar"],
      [2, "bar"],
      [3, "Pa"],
      [4, "bar"],
    ]);
    await read(5, { address: "DB1,REAL4" });
    await read(6, {});
    expect(rows.map(({ address }) => address)).toEqual(Array(4).fill("DB1,REAL0"));
  });

  it("asks for the tags again on each connection, as the database may be a restored one", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    await database.query("DELETE FROM tag; DELETE FROM reading; DELETE FROM reading_text");
    database.proxy.set("cut");
    expect(await faultOf(sink.deliver([ordinaryBatch(2)], never))).toBe("unreachable");
    database.proxy.set("up");
    await forward(sink, ordinaryBatches(2, 3));
    expect(await database.rows()).toHaveLength(2 * ROWS);
  });
});
