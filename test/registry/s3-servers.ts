import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startFauxqs } from "fauxqs";
import S3rver from "s3rver";
import { freePort } from "../free-port.ts";
import { pythonTools } from "./python-tools.ts";

/** An S3 server that somebody else wrote, on loopback. */
export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

export const BUCKET = "models";
// The pair that s3rver knows; the others take any.
const CREDENTIALS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

/** Ignores conditions on writes without a word. */
export async function startS3rver(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), "stethos-s3rver-"));
  const server = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: BUCKET,
    credentials: CREDENTIALS,
    async stop() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Ignores conditions on writes too; honours them on reads. */
export async function startFauxqsServer(): Promise<S3Server> {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket(BUCKET);
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    bucket: BUCKET,
    credentials: CREDENTIALS,
    stop: () => server.stop(),
  };
}

/** Honours conditions: checks, then writes. */
export async function startMoto(): Promise<S3Server> {
  const python = await pythonTools();
  const port = await freePort();
  const child = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
    // It must not look for anybody else's account.
    env: { PATH: process.env["PATH"], AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await createBucket(endpoint);
  return {
    endpoint,
    bucket: BUCKET,
    credentials: CREDENTIALS,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The first request that is answered; the server takes a moment to begin. */
async function createBucket(endpoint: string): Promise<void> {
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 60,
    retryStrategy: {
      mode: "fixed",
      retry: async (next, args) => {
        for (let attempt = 0; ; attempt += 1) {
          try {
            return await next(args);
          } catch (thrown) {
            if (attempt === 120) throw thrown;
            await new Promise((resolve) => setTimeout(resolve, 250));
          }
        }
      },
    },
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
}
