import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startContainer } from "../image/container.ts";
import { imageName } from "../image/storage.ts";

/** What a model gave to each golden vector, on one architecture. */
export interface DeployScores {
  readonly architecture: string;
  readonly cases: readonly Readonly<Record<Output, readonly number[]>>[];
}

const OUTPUTS = ["logits", "embedding", "frame", "spectrum"] as const;
type Output = (typeof OUTPUTS)[number];

/** How far two architectures may be apart: the model's own tolerance, that each of them must keep to anyway. */
export const tolerances: Readonly<Record<Output, number>> = (
  JSON.parse(
    readFileSync(
      join(import.meta.dirname, "../../models/artifacts/listener/0.1.0/golden/vectors.json"),
      "utf8",
    ),
  ) as { readonly toleranceAbsolute: Readonly<Record<Output, number>> }
).toleranceAbsolute;

/** The golden vectors through the model, in a container of the agent's image. */
export async function scoresIn(architecture: "amd64" | "arm64"): Promise<DeployScores> {
  const container = await startContainer(imageName("agent", architecture), {
    entrypoint: ["node", "/app/edge-agent/deploy-child.ts"],
    args: [],
    files: { "/app/edge-agent/deploy-child.ts": join(import.meta.dirname, "deploy-child.ts") },
  });
  try {
    const code = await container.exited;
    const line = container.output().match(/^\{.*\}$/m)?.[0];
    if (code !== 0 || line === undefined)
      throw new Error(`no scores on ${architecture}: ${container.output()}`);
    return JSON.parse(line) as DeployScores;
  } finally {
    await container.remove();
  }
}

/** The greatest distance of each output between two architectures, and on how many vectors the verdict is another. */
export function apart(a: DeployScores, b: DeployScores) {
  const furthest = (output: Output): number =>
    Math.max(
      ...a.cases.flatMap((one, i) =>
        one[output].map((value, j) => Math.abs(value - (b.cases[i]?.[output][j] ?? Number.NaN))),
      ),
    );
  const verdict = (logits: readonly number[]): number => logits.indexOf(Math.max(...logits));
  return {
    cases: a.cases.length,
    otherVerdicts: a.cases.filter((one, i) => verdict(one.logits) !== verdict(b.cases[i]?.logits ?? []))
      .length,
    logits: furthest("logits"),
    embedding: furthest("embedding"),
    frame: furthest("frame"),
    spectrum: furthest("spectrum"),
  };
}
