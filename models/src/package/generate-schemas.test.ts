import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateSchemas, schemasFolder } from "./generate-schemas.ts";

describe("models/schemas", () => {
  it.each(Object.entries(generateSchemas()))(
    "has %s as the code says it (else: node generate-schemas.ts)",
    async (file, text) => {
      expect(await readFile(join(schemasFolder, file), "utf8")).toBe(text);
    },
  );
});
