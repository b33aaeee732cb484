import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { FingerError } from "../finger-error.ts";
import { compileSignature } from "./compile.ts";
import { CONDITION_MEND, signatureFile } from "./schema.ts";
import type { Signature, SignatureSet } from "./signature.ts";

const BUILT_IN = import.meta.dirname;
const MOST_BYTES = 4_194_304;

/** The signatures that come with this package.
 *  @throws FingerError SIGNATURE_INVALID */
export function builtInSignatures(): Promise<SignatureSet> {
  return loadSignatures([]);
}

/** The built-in signatures and those of the YAML files in `folders`; an entry replaces one of the same id from an
 *  earlier folder.
 *  @throws FingerError SIGNATURE_INVALID names the file, the entry and the mend */
export async function loadSignatures(folders: readonly string[]): Promise<SignatureSet> {
  const all = new Map<string, Signature>();
  for (const folder of [BUILT_IN, ...folders]) {
    for (const [id, signature] of await loadFolder(folder)) all.set(id, signature);
  }
  return { all: [...all.values()] };
}

async function loadFolder(folder: string): Promise<ReadonlyMap<string, Signature>> {
  const found = new Map<string, Signature>();
  for (const name of await filesOf(folder)) {
    const file = join(folder, name);
    for (const signature of parseSignatures(file, await textOf(file))) {
      if (found.has(signature.id)) {
        throw invalid(file, `two entries of ${folder} have the id "${signature.id}": give each its own`);
      }
      found.set(signature.id, signature);
    }
  }
  return found;
}

async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => /\.ya?ml$/.test(name)).sort();
  } catch (cause) {
    throw invalid(folder, "the folder cannot be read: name one that holds .yaml files", cause);
  }
}

async function textOf(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length <= MOST_BYTES) return bytes.toString("utf8");
  } catch (cause) {
    throw invalid(file, "the file cannot be read: check its permissions", cause);
  }
  throw invalid(file, `the file is larger than ${MOST_BYTES} bytes: split it`);
}

/** @param file for the message only
 *  @throws FingerError SIGNATURE_INVALID */
export function parseSignatures(file: string, text: string): readonly Signature[] {
  const content = parseYaml(file, text);
  const result = signatureFile.safeParse(content ?? []);
  if (!result.success) throw invalid(file, problemOf(result.error, content), result.error);
  return result.data.map(compileSignature);
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof YAMLParseError) && !(cause instanceof ReferenceError)) throw cause;
    throw invalid(file, `no YAML: ${cause.message}`, cause);
  }
}

/** The first thing that is wrong: which entry, where in it, and how it must be. */
function problemOf(error: z.ZodError, content: unknown): string {
  const [issue] = error.issues;
  if (issue === undefined) return z.prettifyError(error);
  const [at, ...path] = issue.path;
  if (typeof at !== "number") return `must be a list of signatures, "- id: ..." (${issue.message})`;
  const entry: unknown = Array.isArray(content) ? content[at] : undefined;
  const id = typeof entry === "object" && entry !== null && "id" in entry ? ` ("${String(entry.id)}")` : "";
  return `entry ${at + 1}${id}${path.length > 0 ? `, ${path.join(".")}` : ""}: ${mendOf(issue)}`;
}

/** Our own words where there are any; zod's alone say little of keys and of alternatives. */
function mendOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  if (issue.code === "invalid_union") {
    const own = issue.errors.flat().find(({ code }) => code === "custom");
    return own?.message ?? issue.message;
  }
  const isCondition = issue.path[1] === "when" && issue.path.length > 2;
  return isCondition && issue.code !== "custom" ? `${CONDITION_MEND} (${issue.message})` : issue.message;
}

function invalid(file: string, what: string, cause?: unknown): FingerError {
  return new FingerError("SIGNATURE_INVALID", `${file}: ${what}`, { cause });
}
