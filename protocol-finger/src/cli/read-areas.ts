import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { FingerError } from "../finger-error.ts";
import { type TunnelArea, tunnelAreas } from "../tunnel/areas.ts";

/** @throws FingerError OPTION_INVALID */
export async function readAreas(file: string): Promise<readonly TunnelArea[]> {
  const parsed = tunnelAreas.safeParse(await contentOf(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [entry, ...key] = issue?.path ?? [];
  if (typeof entry !== "number" || issue === undefined) throw invalid(file, `must be a list, ${EXAMPLE}`);
  const where = [`area ${entry + 1}`, ...(key.length > 0 ? [key.join(".")] : [])].join(", ");
  throw invalid(file, `${where}: ${issue.message}; ${EXAMPLE}`);
}

const EXAMPLE = 'each area written as "- { kind: holding, db: 1, startRegister: 0, endRegister: 99 }"';

const invalid = (file: string, what: string): FingerError =>
  new FingerError("OPTION_INVALID", `${file}: ${what}`);

async function contentOf(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new FingerError("OPTION_INVALID", `${file} cannot be read as YAML or JSON`, { cause });
  }
}
