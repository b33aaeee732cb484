import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { pointerSchema } from "../registry/pointer-file.ts";
import { manifestSchema } from "./manifest.ts";

const published = {
  "channel-pointer": pointerSchema,
  "model-manifest": manifestSchema,
} as const;

export const schemasFolder = join(import.meta.dirname, "../../schemas");

/** The JSON Schemas (2020-12) of what a registry holds, as texts, by file name. The pipeline checks its manifests with
 *  them; what they cannot say (a digest that fits, a file that is named) the agent checks besides. */
export function generateSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(published).map(([name, schema]) => [`${name}.schema.json`, text(name, schema)]),
  );
}

function text(name: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  const document = { $schema, $id: `https://stethos.dev/schemas/${name}/v1`, title: name, ...rest };
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (import.meta.main) {
  await mkdir(schemasFolder, { recursive: true });
  for (const [file, content] of Object.entries(generateSchemas())) {
    await writeFile(join(schemasFolder, file), content);
    process.stdout.write(`${file}\n`);
  }
}
