import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeSink } from "../../edge-agent/src/compose/probe-sink.ts";
import { sink } from "../../edge-agent/src/config/sinks-schema.ts";
import { SinkError } from "../../edge-agent/src/ports/sink.ts";
import { readingsOf } from "../contract/sink-batches.ts";
import { startMosquitto } from "../mqtt/mosquitto.ts";
import { nifiClassPath } from "../nifi/class-path.ts";
import { startNifi } from "../nifi/real-nifi.ts";
import { createPlantDatabase, type PlantDatabase } from "../postgres/plant-database.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";

// What `stethos doctor` says of sinks, asked of the real ones.
const never = new AbortController().signal;
const SECRET = "what only the file knows";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const probe = (settings: object) => probeSink(sink.parse(settings), "agent-1", never);

/** @returns the fault and its message; never with a secret, wherever it may stand in it */
async function faultOf(settings: object): Promise<readonly [string, string]> {
  try {
    return ["none", await probe(settings)];
  } catch (thrown) {
    if (!(thrown instanceof SinkError)) throw thrown;
    expect(`${thrown.message} ${String(thrown.cause)} ${thrown.stack}`).not.toContain(SECRET);
    return [thrown.fault, thrown.message];
  }
}

describe("a PostgreSQL that is asked", () => {
  let server: PostgresServer;
  let database: PlantDatabase;
  beforeAll(async () => {
    server = await startPostgres();
    database = await createPlantDatabase(server, "probed");
  }, 180_000);
  afterAll(async () => {
    await database.close();
    await server.close();
  });

  const settings = (more: object = {}) => ({
    kind: "postgres",
    url: `postgres://probed@127.0.0.1:${server.port}/plant`,
    passwordFile: join(server.folder, "probed.password"),
    schema: "probed",
    ...more,
  });

  it("tells its version, and the version of the schema once something was delivered", async () => {
    expect(await probe(settings())).toMatch(/^PostgreSQL 15\S*.*, schema "probed" is made at the first/);
    const before = await server.query("SELECT count(*)::int AS n FROM pg_namespace WHERE nspname = 'probed'");
    expect(before).toEqual([{ n: 0 }]);
    const writing = database.sink();
    await writing.deliver([readingsOf(1, [{ tag: 0, value: 1, sequence: 1 }])], never);
    await writing.close();
    expect(await probe(settings())).toMatch(/, schema "probed" of version \d+$/);
  });

  it("is refused where the schema is newer than the agent", async () => {
    await server.query("UPDATE probed.migration SET version = version + 100 WHERE version = 3");
    expect(await faultOf(settings())).toEqual(["misfit", expect.stringContaining("update the agent")]);
    await server.query("UPDATE probed.migration SET version = version - 100 WHERE version = 103");
  });

  it("says that the role may not write, or not begin", async () => {
    await server.query(`CREATE ROLE guest LOGIN PASSWORD '${SECRET}'`);
    const guest = { url: `postgres://guest@127.0.0.1:${server.port}/plant` };
    expect(await faultOf(settings({ ...guest, schema: "nowhere" }))).toEqual([
      "denied",
      expect.stringContaining('schema "nowhere" is not there, and the role may not CREATE it'),
    ]);
    await server.query("GRANT USAGE ON SCHEMA probed TO guest; GRANT SELECT ON probed.migration TO guest");
    expect(await faultOf(settings(guest))).toEqual(["denied", expect.stringContaining("may not INSERT")]);
    await server.query("DROP OWNED BY guest; DROP ROLE guest");
  });

  it("names a password that is refused and keeps it to itself, and a server that is away", async () => {
    await database.credentials(false);
    expect(await faultOf(settings())).toEqual(["denied", expect.stringContaining("check passwordFile")]);
    await database.credentials(true);
    const [fault] = await faultOf(settings({ url: "postgres://probed@127.0.0.1:1/plant" }));
    expect(fault).toBe("unreachable");
  });
});

describe("an MQTT server that is asked", () => {
  it("takes the client beside the agent's own, publishes nothing, and refuses a wrong password", async () => {
    const server = await startMosquitto({ users: { agent: SECRET } });
    try {
      const passwordFile = join(folder, "mqtt");
      await writeFile(passwordFile, `${SECRET}\n`);
      const settings = {
        kind: "mqtt",
        url: `mqtt://127.0.0.1:${server.port}`,
        username: "agent",
        passwordFile,
      };
      expect(await probe(settings)).toBe(`127.0.0.1:${server.port} takes the client, MQTT 5`);
      expect(server.log()).toContain("as stethos-agent-1-mqtt-doctor");
      expect(server.log()).toContain("No will message specified");
      expect(server.log()).not.toContain("PUBLISH");
      const { url, ...rest } = settings;
      const sparkplug = { ...rest, kind: "sparkplug", groupId: "plant", protocolVersion: "3.1.1" };
      expect(await probe({ ...sparkplug, urls: ["mqtt://127.0.0.1:1", url] })).toContain("MQTT 3.1.1");
      await server.setUsers({ agent: "another one" });
      expect((await faultOf(settings))[0]).toBe("denied");
      await server.stop();
      expect((await faultOf(settings))[0]).toBe("unreachable");
    } finally {
      await server.close();
    }
  });
});

const found = await nifiClassPath();
if (found.kind === "missing") process.stderr.write(`NiFi's own ListenHTTP was not asked: ${found.reason}\n`);

describe("a receiver of NiFi that is asked", () => {
  it.runIf(found.kind === "there")("is known by what ListenHTTP answers, and gets no flow file", async () => {
    const nifi = await startNifi(found.kind === "there" ? found.path : "");
    try {
      const url = `http://127.0.0.1:${nifi.port}/contentListener`;
      expect(await probe({ kind: "nifi", url })).toMatch(/^ListenHTTP, transfer protocol \d/);
      await nifi.caughtUp();
      expect(nifi.flowFiles()).toEqual([]);
      expect((await faultOf({ kind: "nifi", url: `http://127.0.0.1:${nifi.port}/` }))[0]).toBe("misfit");
    } finally {
      await nifi.close();
    }
  });

  it("is told from any other web server, and from one that wants another token", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.headers.authorization}`);
      response.writeHead(request.url === "/closed" ? 401 : 200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const tokenFile = join(folder, "token");
      await writeFile(tokenFile, `${SECRET}\n`);
      const settings = (path: string) => ({
        kind: "nifi",
        url: `http://127.0.0.1:${port}${path}`,
        tokenFile,
      });
      expect(await faultOf(settings("/page"))).toEqual([
        "misfit",
        expect.stringContaining("not as ListenHTTP does"),
      ]);
      expect(await faultOf(settings("/closed"))).toEqual(["denied", expect.stringContaining("tokenFile")]);
      expect(seen).toEqual([`HEAD Bearer ${SECRET}`, `HEAD Bearer ${SECRET}`]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    expect((await faultOf({ kind: "nifi", url: "http://127.0.0.1:1/x" }))[0]).toBe("unreachable");
  });
});

describe("a folder that is asked", () => {
  it("is written to and left as it was; one that is not there is named, and one that is full", async () => {
    const place = join(folder, "out");
    expect(await probe({ kind: "file", folder: place })).toBe("the folder is made at the first delivery");
    await expect(readdir(place)).rejects.toThrow("ENOENT");
    expect(await faultOf({ kind: "file", folder: join(place, "deeper/out") })).toEqual([
      "unreachable",
      expect.stringContaining("is the disk mounted?"),
    ]);
    const here = await mkdtemp(join(folder, "here-"));
    await writeFile(join(here, "old"), Buffer.alloc(2 ** 20));
    expect(await probe({ kind: "file", folder: here, maxTotalBytes: 2 ** 21 })).toBe(
      "writable, 50 % of maxTotalBytes used",
    );
    expect((await faultOf({ kind: "file", folder: here, maxTotalBytes: 2 ** 20 }))[0]).toBe("busy");
    expect(await readdir(here)).toEqual(["old"]);
  });
});
