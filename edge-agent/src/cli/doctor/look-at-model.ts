import { join } from "node:path";
import { z } from "zod";
import { describeError } from "../../core/errors.ts";
import { type Finding, finding } from "./finding.ts";
import type { Examined } from "./machine.ts";

const head = z.object({ name: z.string(), version: z.string() });

/** The model that comes with the agent, or that the configuration names, and what would run it. */
export async function lookAtModel(
  { readText, providers }: Pick<Examined, "providers" | "readText">,
  folder: string,
): Promise<Finding> {
  let model: z.infer<typeof head>;
  try {
    model = head.parse(JSON.parse(await readText(join(folder, "manifest.json"))));
  } catch (thrown) {
    return finding("model", "model-bad", { folder, why: describeError(thrown) });
  }
  try {
    const found = await providers();
    if (!found.includes("cpu")) throw new Error(`it offers ${found.join(", ") || "nothing"}`);
    return finding("model", "model-good", {
      model: model.name,
      version: model.version,
      provider: `onnxruntime (${found.join(", ")})`,
    });
  } catch (thrown) {
    return finding("model", "model-no-provider", { why: describeError(thrown) });
  }
}
