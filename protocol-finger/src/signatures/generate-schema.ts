import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { signatureFile } from "./schema.ts";

export const schemaFile = new URL("../../schemas/signatures.schema.json", import.meta.url);

/** The published JSON Schema (2020-12) of a signature file: for editors, and for whoever writes signatures by program. */
export function generateSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(signatureFile, { target: "draft-2020-12", io: "input" });
  const title = "protocol-finger signatures";
  const $id = "https://stethos.dev/schemas/protocol-finger-signatures/v1";
  return `${JSON.stringify({ $schema, $id, title, ...schema }, null, 2)}\n`;
}

if (import.meta.main) await writeFile(schemaFile, generateSchema());
