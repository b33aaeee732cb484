import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateSchemas, schemasFolder } from "./generate-schemas.ts";

const parsed = (text: string): Record<string, unknown> => JSON.parse(text);

describe("the published JSON Schemas", () => {
  const generated = generateSchemas();

  it("are checked in as they are generated; run edge-agent/src/adapters/http-api/generate-schemas.ts", () => {
    const files = readdirSync(schemasFolder).filter((name) => name.endsWith(".schema.json"));
    expect(files.toSorted()).toEqual(Object.keys(generated).toSorted());
    for (const file of files) {
      expect(readFileSync(join(schemasFolder, file), "utf8"), file).toBe(generated[file]);
    }
  });

  it.each(Object.entries(generated))(
    "%s is a described 2020-12 schema with a stable address",
    (file, text) => {
      const schema = parsed(text);
      expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
      expect(schema["$id"]).toBe(`https://stethos.dev/schemas/${file.replace(".schema.json", "")}/v1`);
      expect(schema["description"]).toMatch(/\w+/);
      expect(schema["title"]).toMatch(/^[A-Z]\w+$/);
    },
  );

  it("stay open for what a later agent may add", () => {
    for (const text of Object.values(generated)) expect(text).not.toContain('"additionalProperties": false');
  });

  it("say the unit of each quantity", () => {
    const waveform = parsed(generated["waveform.schema.json"] ?? "");
    const properties = waveform["properties"] as Record<string, { description?: string }>;
    expect(properties["sampleRateHz"]?.description).toBe("Hz");
    expect(properties["firstSampleTime"]?.description).toContain("RFC 3339");
  });
});
