import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { RetrainingRequest } from "../../ports/retraining.ts";
import { publishedSchemas } from "./published-schemas.ts";

const folder = join(import.meta.dirname, "../../../../models/schemas");

const request: RetrainingRequest = {
  schemaVersion: 1,
  id: "20251123T000000Z-0123abcd",
  site: "hall-7",
  node: "node-1",
  time: "2025-11-23T00:00:00.000000Z",
  nonce: "0".repeat(32),
  model: { name: "listener", version: "0.1.0", digest: "ab", sequence: 1 },
  machine: "pump-1",
  sensors: ["pump-1/de"],
  verdicts: [],
  frames: [{ id: "0123456789abcdef" }],
};

describe("published schemas", () => {
  it.each(Object.entries(publishedSchemas()))("%s is the one that is published", async (name, text) => {
    expect(await readFile(join(folder, name), "utf8")).toBe(text);
  });

  it("take a request and refuse half of one", () => {
    const schema = JSON.parse(publishedSchemas()["retraining-request.schema.json"] ?? "");
    const check = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    expect(check(request)).toBe(true);
    const { machine: _, ...half } = request;
    expect(check(half)).toBe(false);
    expect(check({ ...request, later: "more" })).toBe(true);
  });
});
