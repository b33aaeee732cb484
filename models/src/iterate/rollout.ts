import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { ModelError } from "../errors.ts";
import { sha256OfBytes } from "../package/package-folder.ts";
import type { Step } from "./iteration.ts";

/** The manifest that sends the version through the fleet in waves; the controller does the rest. */
export const rollout: Step = {
  name: "rollout",
  what: "write the ModelRollout",
  inputs: async ({ options: { isApplied, namespace } }) => ({ isApplied, namespace }),
  async run({ work, options, kubectl }, signal) {
    const { version } = await work.plan();
    const digest = sha256OfBytes(await readFile(`${work.package}/manifest.json`));
    const about = { model: options.model, version, digest, namespace: options.namespace };
    await writeFileAtomic(work.rollout, rolloutManifest(about));
    if (!options.isApplied) return `${work.rollout} is written`;
    const code = await kubectl(["apply", "-f", work.rollout], signal);
    signal.throwIfAborted();
    if (code === 0) return `${work.rollout} is applied`;
    throw new ModelError("REGISTRY_REFUSED", `kubectl apply -f ${work.rollout} ended with ${code}`);
  },
};

interface About {
  readonly model: string;
  readonly version: string;
  /** sha256 of the manifest, hex. */
  readonly digest: string;
  readonly namespace: string;
}

/** One device, a tenth, half, all. JSON strings are YAML strings. */
function rolloutManifest({ model, version, digest, namespace }: About): string {
  const text = (value: string) => JSON.stringify(value);
  const waves = WAVES.map((wave) => `    - ${JSON.stringify(wave)}`).join("\n");
  return `apiVersion: stethos.io/v1alpha1
kind: ModelRollout
metadata:
  name: ${text(objectName(`${model}-${version}`))}
  namespace: ${text(namespace)}
  labels:
    app.kubernetes.io/part-of: stethos
spec:
  model: ${text(model)}
  version: ${text(version)}
  manifestSha256: ${text(digest)}
  waves:
${waves}
  paused: false
  onFailure: RollBackAll
  deviceTimeoutMinutes: 1440
  pointerDays: 90
`;
}

const WAVES = [
  { devices: 1, successPercent: 100, errorPercent: 0, leastErrors: 1, soakMinutes: 60 },
  { percent: 10, successPercent: 90, errorPercent: 10, leastErrors: 2, soakMinutes: 60 },
  { percent: 50, successPercent: 90, errorPercent: 10, leastErrors: 2, soakMinutes: 60 },
  { percent: 100, successPercent: 90, errorPercent: 10, leastErrors: 2, soakMinutes: 0 },
];

/** RFC 1123: what the names of objects may be made of. */
const objectName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63);
