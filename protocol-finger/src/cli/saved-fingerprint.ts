import { readFile } from "node:fs/promises";
import { FingerError } from "../finger-error.ts";
import type { Fingerprint } from "../fingerprint.ts";
import { fingerprintSchema } from "../fingerprint-schema.ts";

/** A fingerprint as `probe --json` prints it.
 *  @throws FingerError OPTION_INVALID */
export async function readFingerprint(file: string): Promise<Fingerprint> {
  const parsed = fingerprintSchema.safeParse(jsonOf(file, await textOf(file)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notOne(file, `${issue?.path.join(".")}: ${issue?.message}`);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw notOne(file, "it cannot be read", cause);
  }
}

function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notOne(file, "it is no JSON", cause);
  }
}

function notOne(file: string, what: string, cause?: unknown): FingerError {
  return new FingerError(
    "OPTION_INVALID",
    `${file} is no fingerprint (${what}); "protocol-finger probe HOST --json" writes one`,
    { cause },
  );
}
