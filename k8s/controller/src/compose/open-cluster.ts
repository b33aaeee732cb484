import type { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "@stethos/protocol-finger/clock";
import { type Api, createApi, type RequestSeen } from "../kubernetes/api.ts";
import { type Connection, createConnection } from "../kubernetes/connection.ts";
import { createTokenBucket, type Rate } from "../kubernetes/token-bucket.ts";

const TIMEOUT_MS = 10_000;

export interface OpenApi {
  readonly api: Api;
  readonly connection: Connection;
}

/** The API server behind a configuration. Nothing is sent yet. */
export function openApi(
  config: KubeConfig,
  rate: Rate,
  version: string,
  clock: Clock,
  onRequest: (seen: RequestSeen) => void = () => undefined,
): OpenApi {
  const connection = createConnection(config, `stethos-controller/${version}`);
  const bucket = createTokenBucket(rate, clock);
  return { connection, api: createApi({ connection, clock, bucket, onRequest, timeoutMs: TIMEOUT_MS }) };
}
