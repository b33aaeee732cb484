import { afterAll, afterEach, beforeAll } from "vitest";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";
import { createPlantDatabase, type PlantDatabase } from "./plant-database.ts";
import { type PostgresServer, type ServerSettings, startPostgres } from "./server.ts";

/** A server for the tests of a file, and for each of them what it asks for; all of it ends with them. */
export interface Databases {
  readonly server: PostgresServer;
  create(): Promise<PlantDatabase>;
  /** Closes it after the test. */
  closing(sink: Sink): Sink;
}

export function useDatabases(settings?: ServerSettings): Databases {
  let server: PostgresServer | undefined;
  let made = 0;
  const open: PlantDatabase[] = [];
  const sinks: Sink[] = [];
  const running = (): PostgresServer => {
    if (server === undefined) throw new TypeError("the server runs only during tests");
    return server;
  };
  beforeAll(async () => {
    server = await startPostgres(settings);
  });
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
    for (const database of open.splice(0)) await database.close();
  });
  afterAll(() => server?.close());
  return {
    get server() {
      return running();
    },
    async create() {
      made += 1;
      const database = await createPlantDatabase(running(), `plant_${made}`);
      open.push(database);
      return database;
    },
    closing(sink) {
      sinks.push(sink);
      return sink;
    },
  };
}

/** For what ends by itself. */
export const never = new AbortController().signal;
