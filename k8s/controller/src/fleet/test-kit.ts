import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FLEET_REPORT_TYPE, type FleetReport, fleetReportKey } from "@stethos/edge-agent/core";
import { createFolderStore, createRegistry, type ObjectStore, signSelf } from "@stethos/models";
import { makePackage, type TestKey, testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";

export const never: AbortSignal = new AbortController().signal;

/** A registry in a folder, with the keys of those who write to it. */
export interface Place {
  readonly folder: string;
  readonly store: ObjectStore;
  readonly release: TestKey;
  readonly controller: TestKey;
  readonly options: {
    readonly registry: { readonly url: string };
    readonly trustedKeys: readonly string[];
    readonly signingKey: string;
  };
  /** @returns the digest */
  publish(version: string, sequence: number, key?: TestKey): Promise<string>;
  /** As a device does. */
  report(report: FleetReport, key: TestKey, name?: string): Promise<void>;
  remove(): Promise<void>;
}

export async function aPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-fleet-"));
  const [release, controller] = [testKey(), testKey()];
  const url = join(folder, "registry");
  const store = createFolderStore(url, createSystemClock());
  const options = {
    registry: { url },
    trustedKeys: [join(folder, "release.pub")],
    signingKey: join(folder, "controller.pem"),
  };
  await writeFile(join(folder, "release.pub"), release.publicPem);
  await writeFile(options.signingKey, controller.privatePem);
  return {
    folder,
    store,
    release,
    controller,
    options,
    async publish(version, sequence, key = release) {
      const made = await makePackage({ version, sequence, key }, join(folder, `package-${version}`));
      const registry = createRegistry(store, { clock: createSystemClock() });
      return (await registry.push(made, key.trust, () => undefined, never)).version.digest;
    },
    async report(report, { signer, publicPem }, name = report.node) {
      const bytes = await signSelf(FLEET_REPORT_TYPE, report, { ...signer, publicPem });
      await store.put(fleetReportKey(name), bytes, "none", never);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const DIGEST = "1".repeat(64);

export const aReport = (node: string, sequence: number, over: Partial<FleetReport> = {}): FleetReport => ({
  schemaVersion: 1,
  node,
  site: "hall-7",
  agentVersion: "0.1.0",
  sequence,
  time: "2026-11-23T10:00:00.000000Z",
  model: "listener",
  champion: { version: "1.0.0", digest: DIGEST, sinceTime: "2026-11-20T10:00:00.000000Z" },
  outcomes: [],
  rejected: [],
  isDegraded: false,
  driftConfirmed: 0,
  ...over,
});
