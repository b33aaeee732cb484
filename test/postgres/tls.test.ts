import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificate } from "../../edge-agent/src/adapters/http-api/certificate.ts";
import { ordinaryBatch } from "../contract/sink-batches.ts";
import { never } from "./databases.ts";
import { createPlantDatabase, type PlantDatabase } from "./plant-database.ts";
import { type PostgresServer, startPostgres } from "./server.ts";

let folder: string;
let certFile: string;
let encrypted: PostgresServer;
let database: PlantDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-tls-"));
  const tls = makeCertificate(folder);
  certFile = tls.certFile;
  encrypted = await startPostgres({ tls });
  database = await createPlantDatabase(encrypted, "plant_1");
});

afterAll(async () => {
  await database.close();
  await encrypted.close();
  await rm(folder, { recursive: true, force: true });
});

describe("TLS", () => {
  it("encrypts where the server's certificate is from an authority that is trusted", async () => {
    const sink = database.sink({ tls: { caFile: certFile } });
    await sink.deliver([ordinaryBatch(1)], never);
    const seen = await encrypted.query(
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'plant_1'",
    );
    expect(seen.every(({ ssl }) => ssl === true)).toBe(true);
    expect(seen.length).toBeGreaterThan(0);
    await sink.close();
  });

  it("sends nothing where nobody vouches for the server", async () => {
    const sink = database.sink({ tls: {} });
    await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({ fault: "denied" });
    await sink.close();
  });

  it("sends nothing in plain text to a server without it", async () => {
    await encrypted.query("ALTER SYSTEM SET ssl = off");
    await encrypted.query("SELECT pg_reload_conf()");
    const sink = database.sink({ tls: { caFile: certFile } });
    await expect(sink.deliver([ordinaryBatch(2)], never)).rejects.toMatchObject({
      fault: "denied",
      message: expect.stringContaining("does not support SSL"),
    });
    await sink.close();
  });
});
