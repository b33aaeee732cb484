import { join } from "node:path";
import { z } from "zod";
import { describeError } from "../../core/errors.ts";
import { type Finding, finding } from "./finding.ts";
import type { Examined, Provider } from "./machine.ts";

const head = z.object({ name: z.string(), version: z.string() });

/** What the agent asks for: see adapters/onnx/scorer.worker.ts. */
const USED = "cpu";

/** The model that comes with the agent, or that the configuration names, and what would run it. */
export async function lookAtModel(
  { readText, onnxRuntime }: Pick<Examined, "onnxRuntime" | "readText">,
  folder: string,
): Promise<Finding> {
  let model: z.infer<typeof head>;
  try {
    model = head.parse(JSON.parse(await readText(join(folder, "manifest.json"))));
  } catch (thrown) {
    return finding("model", "model-bad", { folder, why: describeError(thrown) });
  }
  try {
    const { version, providers } = await onnxRuntime();
    const here = providers.filter(({ isHere }) => isHere).map(({ name }) => name);
    if (!here.includes(USED)) throw new Error(`it offers ${here.join(", ") || "nothing"}`);
    return finding("model", "model-good", {
      model: model.name,
      version: model.version,
      runtime: version,
      provider: USED,
      listed: listed(providers),
    });
  } catch (thrown) {
    return finding("model", "model-no-provider", { why: describeError(thrown) });
  }
}

/** "cpu, webgpu, cuda (no library)" */
const listed = (providers: readonly Provider[]): string =>
  providers.map(({ name, isHere }) => (isHere ? name : `${name} (no library)`)).join(", ");
