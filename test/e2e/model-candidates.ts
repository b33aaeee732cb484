import { createHash } from "node:crypto";
import { appendFile, cp, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRegistry, type ObjectStore, type PublishedVersion, signPackage } from "@stethos/models";
import type { TestKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";

const root = join(import.meta.dirname, "../..");
export const shipped = join(root, "models/artifacts/listener/0.1.0");
const heads = join(root, "test/demo/candidates");
const clock = createSystemClock();
const never = new AbortController().signal;
const DAY_MS = 86_400_000;

export interface CandidateOptions {
  readonly head?: "better" | "worse";
  /** With a graph of its own bytes, so that a device must fetch all of it. */
  readonly isWhole?: boolean;
}

/** A head of the demonstration on the shipped graph, signed: the better one is 0.1.1 (sequence 2), the worse one 0.1.2
 *  (sequence 3). */
export async function makeCandidate(
  folder: string,
  key: TestKey,
  { head = "better", isWhole = false }: CandidateOptions = {},
): Promise<string> {
  await cp(shipped, folder, { recursive: true, filter: (file) => !file.endsWith("model.sig") });
  await cp(join(heads, head), folder, { recursive: true });
  if (isWhole) await remakeGraph(folder);
  await signPackage(folder, key.signer, never);
  return folder;
}

/** Adds a property that says nothing (ModelProto.metadata_props, field 14): other bytes, the same network. */
async function remakeGraph(folder: string): Promise<void> {
  const graph = join(folder, "model.int8.onnx");
  await appendFile(graph, Buffer.from([0x72, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62]));
  const file = join(folder, "manifest.json");
  const text = await readFile(file, "utf8");
  const { files }: { files: readonly { path: string; sha256: string; bytes: number }[] } = JSON.parse(text);
  const entry = files.find(({ path }) => path === "model.int8.onnx");
  if (entry === undefined) throw new Error(`${file} names no graph`);
  const sha256 = createHash("sha256")
    .update(await readFile(graph))
    .digest("hex");
  // In the text: JSON would write some numbers otherwise than Python did, and their digest is in there too.
  const changed = text
    .replace(entry.sha256, sha256)
    .replace(`"bytes": ${entry.bytes}`, `"bytes": ${(await stat(graph)).size}`);
  await writeFile(file, changed);
}

/** Pushes a package. */
export async function push(store: ObjectStore, folder: string, key: TestKey): Promise<PublishedVersion> {
  const registry = createRegistry(store, { clock });
  return (await registry.push(folder, key.trust, () => undefined, never)).version;
}

/** Points the channel "candidate" at it. @param ageDays so long ago, for 90 days */
export async function offer(
  store: ObjectStore,
  { name, version, digest }: PublishedVersion,
  key: TestKey,
  ageDays = 0,
): Promise<void> {
  const nowMs = Date.now() - ageDays * DAY_MS;
  const pointer = {
    name,
    channel: "candidate",
    version,
    manifestSha256: digest,
    notBefore: new Date(nowMs - 60_000).toISOString(),
    expires: new Date(nowMs + 90 * DAY_MS).toISOString(),
    isRollback: false,
  };
  await createRegistry(store, { clock }).setPointer(pointer, key.signer, key.trust, nowMs, never);
}
