import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createRegistry } from "../../registry/create-registry.ts";
import type { ObjectStore } from "../../registry/object-store.ts";
import type { Pointer, Registry } from "../../registry/registry.ts";
import { makePackage, type TestKey, testKey } from "../../testing/packages.ts";
import type { InstallableVersion } from "../installer-types.ts";

const never = new AbortController().signal;

export interface Release {
  readonly version?: string;
  readonly sequence?: number;
  /** Of the graph: large, and the same in versions that differ in their head only. */
  readonly graphSeed?: number;
  readonly graphBytes?: number;
  readonly headSeed?: number;
}

/** A registry with a signer, and folders of its own for packages and devices. */
export interface Bench {
  readonly root: string;
  readonly registry: Registry;
  readonly key: TestKey;
  /** Packs, signs and pushes. */
  publish(release: Release): Promise<InstallableVersion>;
  /** Points a channel at a version, for a day. */
  point(channel: string, version: InstallableVersion, isRollback?: boolean): Promise<Pointer>;
  remove(): Promise<void>;
}

export async function openBench(store: ObjectStore, clock: Clock): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), "delivery-"));
  const key = testKey();
  const registry = createRegistry(store, { clock });
  return {
    root,
    registry,
    key,
    async publish({ version = "0.1.0", sequence = 1, graphSeed = 1, graphBytes = 300_000, headSeed = 1 }) {
      const graph = someBytes(graphSeed, graphBytes);
      const made = { version, sequence, graph, head: someBytes(headSeed + 100, 2000), key };
      const folder = await makePackage(made, join(root, "packages", version));
      const { version: published } = await registry.push(folder, key.trust, () => undefined, never);
      return published;
    },
    point(channel, { name, version, digest }, isRollback = false) {
      const nowMs = clock.nowUs() / 1000;
      const notBefore = new Date(nowMs - 1000).toISOString();
      const expires = new Date(nowMs + 86_400_000).toISOString();
      const wanted = { name, channel, version, manifestSha256: digest, notBefore, expires, isRollback };
      return registry.setPointer(wanted, key.signer, key.trust, nowMs, never);
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Bytes that look like any, the same for a seed. */
export function someBytes(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed * 2_654_435_761 + 1;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
