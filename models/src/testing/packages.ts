import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { canonicalJson } from "../package/canonical-json.ts";
import { signPackage } from "../package/sign-package.ts";
import { type Trust, trustPem } from "../package/trust.ts";
import type { Signer } from "../registry/registry.ts";
import { generateKey } from "../signing/key.ts";
import { createSigner } from "../signing/signer.ts";

export interface TestKey {
  readonly signer: Signer;
  /** Trusts this key alone. */
  readonly trust: Trust;
  readonly privatePem: string;
  readonly publicPem: string;
}

/** A new key that nobody else has. */
export function testKey(): TestKey {
  const { privatePem, publicPem } = generateKey();
  return { signer: createSigner(privatePem), trust: trustPem(publicPem), privatePem, publicPem };
}

export interface MadePackage {
  readonly name?: string;
  readonly version?: string;
  readonly sequence?: number;
  /** Content of the graph, which is no graph: such packages are for delivery, not for inference. */
  readonly graph?: Uint8Array | string;
  readonly head?: Uint8Array | string;
  /** More files, by path. */
  readonly extra?: Readonly<Record<string, Uint8Array | string>>;
  /** Laid over the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Signs it; left unsigned without. */
  readonly key?: TestKey;
}

const ROLES: Readonly<Record<string, string>> = {
  "model.int8.onnx": "graph",
  "head.bin": "head",
  "golden/vectors.json": "golden-vectors",
  "CARD.md": "card",
};

/** Writes a small package into a new folder.
 *  @param folder made; a folder of its own below the system's temporary one if absent
 *  @returns the folder */
export async function makePackage(made: MadePackage = {}, folder?: string): Promise<string> {
  const target = folder ?? (await mkdtemp(join(tmpdir(), "stethos-package-")));
  const { graph = "a graph that never changes", head = `head of ${made.version ?? "1.0.0"}` } = made;
  const contents: Record<string, Uint8Array | string> = {
    "model.int8.onnx": graph,
    "head.bin": head,
    "golden/vectors.json": "{}",
    "CARD.md": `# ${made.version ?? "1.0.0"}\n`,
    ...made.extra,
  };
  const files = [];
  for (const [path, content] of Object.entries(contents)) {
    const bytes = Buffer.from(content);
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    files.push({ path, role: ROLES[path] ?? "other", sha256, bytes: bytes.length });
  }
  await writeFile(join(target, "manifest.json"), JSON.stringify(manifestOf(made, files), null, 2));
  if (made.key !== undefined) await signPackage(target, made.key.signer, AbortSignal.timeout(10_000));
  return target;
}

/** A manifest like those that the pipeline writes. */
function manifestOf({ name, version, sequence, manifest }: MadePackage, files: readonly unknown[]): object {
  const inGraph = { sampleRateHz: 12000, windowSamples: 8192, bands: 32 };
  return {
    schemaVersion: 1,
    name: name ?? "listener",
    version: version ?? "1.0.0",
    sequence: sequence ?? 1,
    licence: "Apache-2.0",
    minAgentVersion: "0.1.0",
    files,
    opset: 17,
    irVersion: 8,
    inputs: [{ name: "waveform", dtype: "float32", shape: ["batch", 1, 8192] }],
    outputs: [{ name: "logits", dtype: "float32", shape: ["batch", 5] }],
    preprocessing: {
      sampleRateHz: 12000,
      windowSamples: 8192,
      hopSamples: 4096,
      inGraph,
      sha256: createHash("sha256").update(canonicalJson(inGraph)).digest("hex"),
    },
    classes: ["healthy", "inner-race", "outer-race", "ball", "shaft"],
    thresholds: { anomalyScore: { threshold: 0.5 } },
    quantisation: {
      scheme: { format: "QDQ" },
      calibrationSetSha256: "0".repeat(64),
      calibrationFrames: 400,
    },
    golden: { vectors: "golden/vectors.json" },
    trainingData: { description: "none" },
    evaluation: {},
    ...manifest,
  };
}

/** A copy of a package, signed with this key.
 *  @param target made; a folder of its own below the system's temporary one if absent
 *  @returns the copy's folder */
export async function signedCopy(folder: string, key: TestKey, target?: string): Promise<string> {
  const copy = target ?? (await mkdtemp(join(tmpdir(), "stethos-package-")));
  await cp(folder, copy, { recursive: true });
  await rm(join(copy, "model.sig"), { force: true });
  await signPackage(copy, key.signer, AbortSignal.timeout(60_000));
  return copy;
}
