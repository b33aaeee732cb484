import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { FingerError } from "../finger-error.ts";
import { type TunnelArea, tunnelAreas } from "../tunnel/areas.ts";

/** @throws FingerError OPTION_INVALID */
export async function readAreas(file: string): Promise<readonly TunnelArea[]> {
  const parsed = tunnelAreas.safeParse(await contentOf(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FingerError(
    "OPTION_INVALID",
    `${file}, ${issue?.path.join(".") || "as a whole"}: ${issue?.message}`,
  );
}

async function contentOf(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new FingerError("OPTION_INVALID", `${file} cannot be read as YAML or JSON`, { cause });
  }
}
