import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { ordinaryBatch, ordinaryBatches, readingsOf } from "../contract/sink-batches.ts";
import { never, useDatabases } from "./databases.ts";

const databases = useDatabases();
const ROWS = 20;

describe("a PostgreSQL that is in trouble", () => {
  it("is unreachable when it says nothing any more, and nobody waits for ever", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink({ answerTimeoutMs: 2000, connectTimeoutMs: 2000 }));
    while ((await sink.deliver([ordinaryBatch(1)], never).catch(() => undefined)) === undefined);
    database.proxy.set("mute");
    for (let again = 0; again < 2; again += 1) {
      await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({ fault: "unreachable" });
    }
    database.proxy.set("up");
    while ((await sink.deliver([ordinaryBatch(2)], never).catch(() => undefined)) === undefined);
    expect(await database.rows()).toHaveLength(2 * ROWS);
  });

  it("is busy without a free connection", async () => {
    const database = await databases.create();
    await databases.server.query(`ALTER ROLE ${database.role} CONNECTION LIMIT 0`);
    const sink = databases.closing(database.sink());
    await expect(sink.deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({ fault: "busy" });
    await databases.server.query(`ALTER ROLE ${database.role} CONNECTION LIMIT -1`);
    await sink.deliver([ordinaryBatch(1)], never);
    expect(await database.rows()).toHaveLength(ROWS);
  });

  it("is busy while somebody locks its tables", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink({ answerTimeoutMs: 3000 }));
    while ((await sink.deliver([ordinaryBatch(1)], never).catch(() => undefined)) === undefined);
    const { folder, port } = databases.server;
    const holder = new Client({ host: folder, port, user: "postgres", database: "plant" });
    await holder.connect();
    await holder.query(`BEGIN; LOCK TABLE ${database.schema}.reading IN ACCESS EXCLUSIVE MODE`);
    await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({
      // On a machine that is slow enough the silence is noticed first.
      fault: expect.stringMatching(/^(busy|unreachable)$/),
    });
    await holder.end();
    while ((await sink.deliver([ordinaryBatch(2)], never).catch(() => undefined)) === undefined);
    expect(await database.rows()).toHaveLength(2 * ROWS);
  });

  it("denies rights that were taken, and takes up where it was when they are back", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    await database.query(`ALTER TABLE delivery OWNER TO postgres; ALTER TABLE reading OWNER TO postgres`);
    await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({ fault: "denied" });
    await database.query(
      `ALTER TABLE delivery OWNER TO ${database.role}; ALTER TABLE reading OWNER TO ${database.role}`,
    );
    await sink.deliver(ordinaryBatches(1, 3), never);
    expect(await database.rows()).toHaveLength(3 * ROWS);
  });

  it("is looked for again when it takes no writes", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    await sink.close();
    await databases.server.query(`ALTER ROLE ${database.role} SET default_transaction_read_only = on`);
    const next = databases.closing(database.sink());
    await expect(next.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({ fault: "unreachable" });
    await databases.server.query(`ALTER ROLE ${database.role} RESET default_transaction_read_only`);
    await next.deliver([ordinaryBatch(2)], never);
    expect(await database.rows()).toHaveLength(2 * ROWS);
  });

  it("is a misfit with a column less, with the column's name", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    await database.query("ALTER TABLE reading RENAME COLUMN status TO quality");
    await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({
      fault: "misfit",
      message: expect.stringContaining("status"),
    });
  });

  it("refuses single rows by rules of its own, and has all others", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    await database.query("ALTER TABLE reading ADD CONSTRAINT believable CHECK (value < 1000)");
    const rows = [1, 5000, 2, 3, 6000, 4].map((value, sequence) => ({ tag: 0, value, sequence }));
    const batches = [ordinaryBatch(2), readingsOf(3, rows), ordinaryBatch(4)];
    const { refused } = await sink.deliver(batches, never);
    expect(refused.map(({ batch, row }) => [batch.number, row])).toEqual([
      [3, 1],
      [3, 4],
    ]);
    expect(refused[0]?.reason).toContain("believable");
    expect(await database.rows()).toHaveLength(3 * ROWS + 4);
  });

  it("is a misfit when it refuses row after row", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    await database.query("ALTER TABLE reading ADD CONSTRAINT none CHECK (sequence < 5)");
    await expect(sink.deliver(ordinaryBatches(2, 4), never)).rejects.toMatchObject({
      fault: "misfit",
      message: expect.stringContaining("none"),
    });
  });

  it("never hears or tells a password", async () => {
    const database = await databases.create();
    await database.credentials(false);
    const failed: unknown = await databases
      .closing(database.sink())
      .deliver([ordinaryBatch(1)], never)
      .catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ fault: "denied", message: expect.stringContaining("check passwordFile") });
    expect(JSON.stringify(failed) + String(failed)).not.toContain("what only the file knows");
  });

  it("is denied, with the file's name, when the password file is gone", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink({ passwordFile: "/nowhere/password" }));
    await expect(sink.deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({
      fault: "denied",
      message: expect.stringContaining("/nowhere/password"),
    });
  });

  it("is found at the second of two hosts", async () => {
    const database = await databases.create();
    const url = `postgres://${database.role}@127.0.0.1:1,127.0.0.1:${databases.server.port}/plant`;
    await databases.closing(database.sink({ url })).deliver([ordinaryBatch(1)], never);
    expect(await database.rows()).toHaveLength(ROWS);
  });
});
