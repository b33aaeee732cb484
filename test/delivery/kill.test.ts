import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createRegistry, openPackage, openStore, type PublishedVersion } from "@stethos/models";
import { makePackage, type TestKey, testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BUCKET, type S3Server, startFauxqsServer } from "../registry/s3-servers.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

const never = new AbortController().signal;
const child = fileURLToPath(new URL("./installing.ts", import.meta.url));
const SIZE = 4_000_000;
/** What a kill may cost (models/src/delivery/partial.ts). */
const PART = 262_144;

let root: string;
let server: S3Server;
let proxy: FaultProxy;
let key: TestKey;
let version: PublishedVersion;

beforeEach(async () => {
  process.env["AWS_ACCESS_KEY_ID"] = "S3RVER";
  process.env["AWS_SECRET_ACCESS_KEY"] = "S3RVER";
  root = await mkdtemp(join(tmpdir(), "kill-"));
  server = await startFauxqsServer();
  proxy = await startFaultProxy(Number(new URL(server.endpoint).port));
  key = testKey();
  await writeFile(join(root, "key.pub"), key.publicPem);
  const clock = createSystemClock();
  const store = openStore(`s3://${BUCKET}/stethos`, { endpoint: proxy.url, settleMs: 100 }, clock);
  const folder = await makePackage({ graph: randomBytes(SIZE), key }, join(root, "package"));
  const pushed = await createRegistry(store, { clock }).push(folder, key.trust, () => undefined, never);
  version = pushed.version;
});

afterEach(async () => {
  await proxy.close();
  await server.stop();
  await rm(root, { recursive: true });
});

interface Run {
  /** The furthest byte that it told of. */
  readonly furthest: number;
  readonly folder: string | undefined;
  readonly complaints: string;
}

/** Runs an installing process, and kills it where it stands once it has told of so many bytes. */
async function run(killAt: number, bytesPerSecond: number): Promise<Run> {
  const task = {
    endpoint: proxy.url,
    url: `s3://${BUCKET}/stethos`,
    folder: join(root, "device"),
    keyFile: join(root, "key.pub"),
    version,
    bytesPerSecond,
  };
  const process_ = spawn(process.execPath, [child, JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const complaints = text(process_.stderr);
  let furthest = 0;
  let folder: string | undefined;
  let rest = "";
  process_.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("done ")) folder = line.slice("done ".length);
      else furthest = Math.max(furthest, Number(line));
    }
    if (furthest >= killAt) process_.kill("SIGKILL");
  });
  await once(process_, "close");
  return { furthest, folder, complaints: await complaints };
}

// Whole processes, on machines that may be busy.
describe("a device that is killed in mid-download", { timeout: 120_000 }, () => {
  it("goes on where it was, each time, and fetches no more than a part twice", async () => {
    let earlier = 0;
    for (const killAt of [1_000_000, 2_500_000]) {
      const seen = proxy.seen.length;
      const { furthest, folder, complaints } = await run(killAt, 2_500_000);
      expect({ folder, complaints }).toEqual({ folder: undefined, complaints: "" });
      expect(await readdir(join(root, "device", "versions"))).toEqual([]);
      const asked = proxy.seen.slice(seen).filter(({ path, from }) => path.includes("/blobs/") && from > 0);
      if (earlier > 0) expect(earlier - (asked[0]?.from ?? 0)).toBeLessThanOrEqual(PART);
      earlier = furthest;
    }
    const { folder, complaints } = await run(Number.POSITIVE_INFINITY, 100_000_000);
    expect(complaints).toBe("");
    expect((await openPackage(folder ?? "", key.trust, never)).digest).toBe(version.digest);
    expect(await readdir(join(root, "device", "partial"))).toEqual([]);
  });

  it("leaves the folder to others: the lock dies with it", async () => {
    await run(500_000, 1_000_000);
    const [one, other] = await Promise.all([
      run(Number.POSITIVE_INFINITY, 100_000_000),
      run(Number.POSITIVE_INFINITY, 100_000_000),
    ]);
    expect(one.complaints + other.complaints).toBe("");
    expect(one.folder).toBe(other.folder);
    expect((await openPackage(one.folder ?? "", key.trust, never)).digest).toBe(version.digest);
  });
});
