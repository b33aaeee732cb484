import { createSystemClock } from "@stethos/protocol-finger/clock";
import { Client } from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { createLink, type Link } from "../../edge-agent/src/adapters/postgres/link.ts";
import { migrate } from "../../edge-agent/src/adapters/postgres/migrate.ts";
import { MIGRATIONS, OWN_NAMES } from "../../edge-agent/src/adapters/postgres/migrations.ts";
import { SinkError } from "../../edge-agent/src/ports/sink.ts";
import { ordinaryBatch, ordinaryBatches } from "../contract/sink-batches.ts";
import { never, useDatabases } from "./databases.ts";
import type { PlantDatabase } from "./plant-database.ts";

const databases = useDatabases();
const links: Link[] = [];

afterEach(() => {
  for (const link of links.splice(0)) link.drop();
});

/** A connection of the superuser, as a sink has one. */
async function open(): Promise<Link> {
  const { folder, port } = databases.server;
  const client = new Client({ host: folder, port, user: "postgres", database: "plant" });
  const link = createLink(client, "here", { answerTimeoutMs: 60_000 }, createSystemClock());
  await client.connect();
  links.push(link);
  return link;
}

const relations = async (database: PlantDatabase): Promise<unknown> =>
  await database.query(
    `SELECT relname, relkind, pg_get_viewdef(oid) AS view,
       (SELECT json_agg(json_build_array(attname, atttypid::regtype::text, attnotnull) ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0) AS columns
     FROM pg_class WHERE relnamespace = '${database.schema}'::regnamespace ORDER BY relname`,
  );

describe("the schema", () => {
  it("is the same, however old the one was that it was made from", async () => {
    const fresh = await databases.create();
    await migrate(await open(), fresh.schema, never);
    const wanted = await relations(fresh);
    for (let version = 1; version < MIGRATIONS.length; version += 1) {
      const old = await databases.create();
      const link = await open();
      await migrate(link, old.schema, never, MIGRATIONS.slice(0, version));
      await migrate(link, old.schema, never);
      const text = JSON.stringify(await relations(old)).replaceAll(old.schema, fresh.schema);
      expect(JSON.parse(text)).toEqual(wanted);
    }
  });

  it("keeps what an older version stored", async () => {
    const database = await databases.create();
    const link = await open();
    await migrate(link, database.schema, never, MIGRATIONS.slice(0, 1));
    await database.query(
      "INSERT INTO tag (node, name, unit, device, protocol, address) VALUES ('n', 't', '1', 'd', 's7', 'a')",
    );
    await migrate(link, database.schema, never);
    expect(await database.query("SELECT name FROM tag")).toEqual([{ name: "t" }]);
  });

  it("is made once where many agents come at the same time", async () => {
    const database = await databases.create();
    const sinks = Array.from({ length: 5 }, () => databases.closing(database.sink()));
    await Promise.all(sinks.map((sink, i) => sink.deliver([ordinaryBatch(1, { node: `edge-${i}` })], never)));
    const steps = await database.query("SELECT version FROM migration ORDER BY version");
    expect(steps).toEqual(MIGRATIONS.map((_, i) => ({ version: i + 1 })));
  });

  it("is left alone by an agent that is older", async () => {
    const database = await databases.create();
    const sink = databases.closing(database.sink());
    await sink.deliver([ordinaryBatch(1)], never);
    await database.query(
      "INSERT INTO migration (version, name, checksum, layout) VALUES (99, 'later', 'x', 'plain')",
    );
    await expect(databases.closing(database.sink()).deliver([ordinaryBatch(2)], never)).rejects.toMatchObject(
      {
        fault: "misfit",
        message: expect.stringMatching(/is of version 4 and this agent knows 3: update the agent/),
      },
    );
  });

  it("is refused where one of its steps was another one", async () => {
    const database = await databases.create();
    const link = await open();
    await migrate(link, database.schema, never);
    await database.query("UPDATE migration SET checksum = 'other' WHERE version = 2");
    await expect(migrate(link, database.schema, never)).rejects.toMatchObject({
      fault: "misfit",
      message: expect.stringContaining("step 2 of schema"),
    });
  });

  it.each([...OWN_NAMES, "migration"])("does not touch somebody else's table %s", async (name) => {
    const database = await databases.create();
    await database.query(`CREATE SCHEMA ${database.schema} AUTHORIZATION ${database.role}`);
    await database.query(`CREATE TABLE ${name} (mine text); INSERT INTO ${name} VALUES ('kept')`);
    const sink = databases.closing(database.sink());
    await expect(sink.deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({
      fault: "misfit",
      message: expect.stringContaining(`tables that are not ours (${name})`),
    });
    expect(await database.query(`SELECT * FROM ${name}`)).toEqual([{ mine: "kept" }]);
  });

  it("lies beside somebody else's tables of other names", async () => {
    const database = await databases.create();
    await database.query(`CREATE SCHEMA ${database.schema} AUTHORIZATION ${database.role}`);
    await database.query("CREATE TABLE batch_report (mine text)");
    await databases.closing(database.sink()).deliver([ordinaryBatch(1)], never);
    expect(await database.rows()).toHaveLength(20);
  });

  it("says which right is missing where it may not be made", async () => {
    const database = await databases.create();
    await databases.server.query(`REVOKE CREATE ON DATABASE plant FROM ${database.role}`);
    const sink = databases.closing(database.sink());
    await expect(sink.deliver([ordinaryBatch(1)], never)).rejects.toMatchObject({
      fault: "denied",
      message: expect.stringContaining("CREATE in the database"),
    });
    await databases.server.query(`GRANT CREATE ON DATABASE plant TO ${database.role}`);
    await sink.deliver([ordinaryBatch(1)], never);
    // What is there needs no right to make it.
    await databases.server.query(`REVOKE CREATE ON DATABASE plant FROM ${database.role}`);
    await databases.closing(database.sink()).deliver(ordinaryBatches(2, 3), never);
    expect(await database.rows()).toHaveLength(60);
  });

  it("undoes a step that fails as a whole", async () => {
    const database = await databases.create();
    const link = await open();
    const broken = {
      name: "broken",
      sql: { plain: "CREATE TABLE half (a int); SELECT 1 / 0", timescale: "" },
    };
    await expect(migrate(link, database.schema, never, [...MIGRATIONS, broken])).rejects.toThrow(
      "division by zero",
    );
    expect(await database.query("SELECT FROM pg_namespace WHERE nspname = $1", [database.schema])).toEqual(
      [],
    );
    expect(broken).not.toBeInstanceOf(SinkError);
  });
});
