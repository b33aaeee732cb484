import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generateSchema, schemaFile } from "./generate-schema.ts";

describe("the published schema of signature files", () => {
  it("is what the code checks (node src/signatures/generate-schema.ts writes it)", async () => {
    expect(await readFile(schemaFile, "utf8")).toBe(generateSchema());
  });

  it("takes every built-in file, and refuses what the loader refuses", async () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(generateSchema()));
    const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".yaml"));
    expect(names).toContain("tcp.yaml");
    for (const name of names) {
      validate(parse(await readFile(join(import.meta.dirname, name), "utf8")));
      expect(validate.errors ?? []).toEqual([]);
    }
    const entry = { id: "a", source: "s", when: { "tcp.mss": { like: 1 } }, weight: 0.5 };
    expect(validate([entry])).toBe(false);
    expect(validate([{ ...entry, when: { "tcp.mss": 1 } }])).toBe(true);
    expect(validate([{ ...entry, when: { "tcp.mss": 1 }, weight: 2 }])).toBe(false);
  });
});
