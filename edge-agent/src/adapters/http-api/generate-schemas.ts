import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { journalEntry, similarAlarm } from "./alarm-schemas.ts";
import { maintenance, spectrum } from "./analysis-schemas.ts";
import { plantLayout } from "./layout-schema.ts";
import { auditEntry, disagreement, label, models } from "./model-schemas.ts";
import { outbox } from "./outbox-schema.ts";
import {
  alarm,
  device,
  deviceDetail,
  feedMessage,
  frame,
  health,
  inhibit,
  machine,
  problem,
  reading,
  replay,
  score,
  session,
  spectrogram,
  status,
  tag,
  trend,
  waveform,
} from "./schemas.ts";

/** What leaves the process, by the name of its schema. */
const published = {
  alarm,
  "audit-entry": auditEntry,
  outbox,
  device,
  "device-detail": deviceDetail,
  disagreement,
  "feed-message": feedMessage,
  frame,
  health,
  inhibit,
  "journal-entry": journalEntry,
  label,
  machine,
  maintenance,
  models,
  "plant-layout": plantLayout,
  problem,
  reading,
  replay,
  score,
  session,
  "similar-alarm": similarAlarm,
  spectrogram,
  spectrum,
  status,
  tag,
  trend,
  waveform,
} as const;

export const schemasFolder = fileURLToPath(new URL("../../../schemas/", import.meta.url));

/** The published JSON Schemas (2020-12) as texts, by file name. They are open: a consumer ignores what it does not
 *  know, so that a later agent may say more under the same version. */
export function generateSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(published).map(([name, schema]) => [`${name}.schema.json`, text(name, schema)]),
  );
}

function text(name: string, schema: z.ZodType): string {
  const title = schema.meta()?.id ?? name;
  const {
    $schema,
    $ref: _,
    $defs = {},
  } = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    // What a consumer may meet; the "output" form would close every object.
    io: "input",
    override: ({ jsonSchema }) => {
      // zod's own registry key, which is no keyword of JSON Schema.
      delete jsonSchema.id;
      // Open, also where the agent itself refuses what it does not know.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  // zod makes the root a reference to its own definition; a reader wants it at the root.
  const { [title]: root, ...others } = $defs;
  const document = {
    $schema,
    $id: `https://stethos.dev/schemas/${name}/v1`,
    title,
    ...root,
    ...(Object.keys(others).length > 0 && { $defs: others }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (import.meta.main) {
  await mkdir(schemasFolder, { recursive: true });
  for (const [file, content] of Object.entries(generateSchemas())) {
    await writeFile(new URL(file, `file://${schemasFolder}`), content);
    process.stdout.write(`${file}\n`);
  }
}
