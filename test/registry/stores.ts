import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderStore, createS3Store, type ObjectStore, type S3Options } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { type S3Server, startFauxqsServer, startMoto, startS3rver } from "./s3-servers.ts";

/** A store that has begun, empty. */
export interface StartedStore {
  readonly store: ObjectStore;
  /** The same place once more, as another process sees it. */
  another(): ObjectStore;
  stop(): Promise<void>;
}

export interface StoreKind {
  readonly kind: string;
  readonly honours: { readonly ifAbsent: boolean; readonly ifMatch: boolean };
  start(): Promise<StartedStore>;
}

export const s3Options = (server: S3Server): S3Options => ({
  endpoint: server.endpoint,
  bucket: server.bucket,
  prefix: "registry/one",
  credentials: server.credentials,
  settleMs: 1000,
  mostAttempts: 3,
});

async function startFolder(): Promise<StartedStore> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-registry-"));
  const another = () => createFolderStore(folder, createSystemClock());
  return { store: another(), another, stop: () => rm(folder, { recursive: true, force: true }) };
}

const onServer = (start: () => Promise<S3Server>) => async (): Promise<StartedStore> => {
  const server = await start();
  const another = () => createS3Store(s3Options(server), createSystemClock());
  return { store: another(), another, stop: () => server.stop() };
};

const BOTH = { ifAbsent: true, ifMatch: true };
const NONE = { ifAbsent: false, ifMatch: false };

/** Every store there is, on every server that can be had. */
export const STORES: readonly StoreKind[] = [
  { kind: "a folder", honours: BOTH, start: startFolder },
  { kind: "s3rver", honours: NONE, start: onServer(startS3rver) },
  { kind: "fauxqs", honours: NONE, start: onServer(startFauxqsServer) },
  { kind: "moto", honours: BOTH, start: onServer(startMoto) },
];
