import type { Clock } from "@stethos/protocol-finger/clock";
import type { ObjectStore } from "../registry/object-store.ts";
import type { S3Options } from "./s3-client.ts";

const SETTLE_MS = 2000;

/** A registry in a bucket of any server that speaks S3. The SDK takes a third of a second to load: only who asks
 *  a bucket pays for it. */
export function createS3Store(options: S3Options, clock: Clock): ObjectStore {
  const { bucket, settleMs = SETTLE_MS } = options;
  const prefix = options.prefix ? `${options.prefix.replace(/^\/+|\/+$/g, "")}/` : "";
  const name = `s3://${bucket}${prefix && `/${prefix.slice(0, -1)}`}`;
  let opening: Promise<ObjectStore> | undefined;
  const open = (): Promise<ObjectStore> => {
    opening ??= import("./s3-store.ts").then((module) =>
      module.openS3Store(options, { name, prefix, settleMs }, clock),
    );
    return opening;
  };
  return {
    name,
    settleMs,
    conditions: async (signal) => (await open()).conditions(signal),
    nowMs: async (signal) => (await open()).nowMs?.(signal) ?? clock.nowUs() / 1000,
    head: async (key, signal) => (await open()).head(key, signal),
    get: async (key, conditions, signal) => (await open()).get(key, conditions, signal),
    put: async (key, body, condition, signal) => (await open()).put(key, body, condition, signal),
    async *list(below, signal) {
      yield* (await open()).list(below, signal);
    },
    delete: async (key, signal) => (await open()).delete(key, signal),
  };
}
