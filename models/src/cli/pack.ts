import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { put, putJson, say } from "@stethos/protocol-finger/terminal";
import writeFileAtomic from "write-file-atomic";
import { sizeOf } from "../delivery/files.ts";
import { ModelError } from "../errors.ts";
import { MANIFEST_FILE, type Manifest, parseManifest } from "../package/manifest.ts";
import { SIGNATURE_FILE } from "../signing/model-signature.ts";
import { confirmed } from "./confirm.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { withMembers } from "./manifest-text.ts";
import { wholeNumber } from "./option-values.ts";
import { packageFiles } from "./package-files.ts";
import { type RegistryOptions, registryOf, withRegistryOptions } from "./registry-options.ts";
import { counted, describeError, sizeText } from "./text.ts";

interface Options extends RegistryOptions {
  /** Of the model; --version is the program's own. */
  readonly modelVersion?: string;
  readonly sequence?: number;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export const packCommand: AddCommand = (program, context) => {
  withRegistryOptions(program.command("pack"))
    .description(
      "complete the manifest of a folder that the pipeline wrote, and check graph, head and golden sets",
    )
    .argument("<folder>", "folder with manifest.json, the graph, golden/ ...")
    .option("--model-version <version>", "give it this version")
    .option(
      "--sequence <n>",
      "give it this sequence; with --registry: one above the highest published",
      wholeNumber,
    )
    .option("--yes", "do not ask before a signature that no longer fits is removed")
    .option("--dry-run", "check all of it, and write nothing")
    .option("--json", "the result as JSON")
    .addHelpText("after", HELP)
    .action((folder: string, options: Options) => pack(folder, options, context));
};

const HELP = `
Examples:
  stethos-model pack models/artifacts/listener/0.2.0
  stethos-model pack DIR --model-version 0.2.0 --registry ./registry`;

async function pack(folder: string, options: Options, context: CliContext): Promise<void> {
  const file = join(folder, MANIFEST_FILE);
  const text = await manifestText(file);
  const before = looseManifest(text, file);
  const files = await packageFiles(folder, rolesOf(before));
  const version = options.modelVersion ?? before["version"];
  const sequence = await sequenceOf(before, version, options, context);
  const packed = withMembers(text, { version, sequence, files });
  const manifest = parseManifest(Buffer.from(packed), file);
  const isChanged = JSON.stringify(JSON.parse(packed)) !== JSON.stringify(JSON.parse(text));
  const isStale = isChanged && (await sizeOf(join(folder, SIGNATURE_FILE))) !== undefined;
  const question = `${folder} is signed, and what was signed changes: the signature is removed`;
  if (!options.dryRun && isStale && !(await confirmed(question, options.yes === true, context))) {
    say(context, "nothing was changed");
    context.exitWith(EXIT.failed);
    return;
  }
  if (!options.dryRun && isChanged) {
    // First the signature: a killed pack must not leave one beside what it does not cover.
    await rm(join(folder, SIGNATURE_FILE), { force: true });
    await writeFileAtomic(file, packed);
  }
  tell(folder, manifest, isChanged, options, context);
}

function tell(
  folder: string,
  manifest: Manifest,
  isChanged: boolean,
  options: Options,
  context: CliContext,
): void {
  const { name, version, sequence, files } = manifest;
  const bytes = files.reduce((sum, entry) => sum + entry.bytes, 0);
  if (options.json) {
    putJson(context, {
      name,
      version,
      sequence,
      files: files.length,
      bytes,
      isChanged,
      dryRun: options.dryRun === true,
    });
    return;
  }
  const state = isChanged
    ? options.dryRun
      ? "would be completed"
      : "was completed"
    : "was complete already";
  const what = `${counted(files.length, "file")}, ${sizeText(bytes)}`;
  put(context, `${folder}: ${name} ${version}, sequence ${sequence}, ${what}; the manifest ${state}`);
}

async function manifestText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ModelError("MODEL_MISSING", `${file} cannot be read; name the folder that the pipeline wrote`, {
      cause,
    });
  }
}

type LooseManifest = Readonly<Record<string, unknown>>;

function looseManifest(text: string, file: string): LooseManifest {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as LooseManifest;
  } catch (cause) {
    throw new ModelError("MODEL_CONTRACT", `${file} is no JSON: ${describeError(cause)}`, { cause });
  }
  throw new ModelError("MODEL_CONTRACT", `${file} is no manifest; make the package again`);
}

function rolesOf({ files }: LooseManifest): ReadonlyMap<string, string> {
  const listed: readonly unknown[] = Array.isArray(files) ? files : [];
  return new Map(
    listed.flatMap((entry) => {
      const { path, role } = (entry ?? {}) as LooseManifest;
      return typeof path === "string" && typeof role === "string" ? [[path, role] as const] : [];
    }),
  );
}

async function sequenceOf(
  { name, sequence }: LooseManifest,
  version: unknown,
  options: Options,
  context: CliContext,
): Promise<unknown> {
  if (options.sequence !== undefined) return options.sequence;
  if (options.registry === undefined || typeof name !== "string") return sequence;
  const published = await registryOf(options, context).versions(name, context.signal);
  const same = published.find((each) => each.version === version);
  if (same !== undefined) return same.sequence;
  return published.reduce((highest, each) => Math.max(highest, each.sequence), 0) + 1;
}
