import { put, putJson, say } from "@stethos/protocol-finger/terminal";
import { openPackage } from "../package/open-package.ts";
import { blobKey } from "../registry/layout.ts";
import type { AddCommand, CliContext } from "./io.ts";
import { type TrustOptions, trustOf, withTrustOption } from "./keys.ts";
import { createProgress } from "./progress.ts";
import { type RegistryOptions, registryOf, storeOf, withRegistryOptions } from "./registry-options.ts";
import { counted, sizeText } from "./text.ts";

interface Options extends TrustOptions, RegistryOptions {
  readonly dryRun?: true;
  readonly json?: true;
}

export const pushCommand: AddCommand = (program, context) => {
  withRegistryOptions(withTrustOption(program.command("push")))
    .description("publish a signed package; files that the registry has already are not sent again")
    .argument("<folder>", "a signed package")
    .option("--dry-run", "check the package, and say what would be sent")
    .option("--json", "the result as JSON")
    .addHelpText("after", HELP)
    .action((folder: string, options: Options) => push(folder, options, context));
};

const HELP = `
No device takes notice until a channel points at it. A published version never changes: pack another one.

Examples:
  stethos-model push models/artifacts/listener/0.2.0 --key keys/release.pub --registry ./registry
  stethos-model push DIR --key keys/release.pub --registry s3://models/stethos --endpoint https://s3.plant.example --path-style`;

async function push(folder: string, options: Options, context: CliContext): Promise<void> {
  const trust = await trustOf(options);
  if (options.dryRun) return await wouldPush(folder, options, context);
  const registry = registryOf(options, context);
  const progress = createProgress(context);
  try {
    const report = await registry.push(folder, trust, progress.on, context.signal);
    progress.end();
    if (options.json) putJson(context, report);
    else {
      const { version, uploaded, shared } = report;
      put(
        context,
        `${version.name} ${version.version} is in ${registry.store.name}: sent ${counted(uploaded.files, "file")}, ` +
          `${sizeText(uploaded.bytes)}; ${counted(shared.files, "file")}, ${sizeText(shared.bytes)} were there`,
      );
    }
  } finally {
    progress.end();
  }
}

async function wouldPush(folder: string, options: Options, context: CliContext): Promise<void> {
  const { manifest } = await openPackage(folder, await trustOf(options), context.signal);
  const store = storeOf(options, context);
  const files = [];
  for (const { path, sha256, bytes } of manifest.files) {
    const there = await store.head(blobKey(sha256), context.signal);
    if (there === undefined) files.push({ path, bytes });
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (options.json) putJson(context, { dryRun: true, files, bytes });
  else say(context, `would send ${counted(files.length, "file")}, ${sizeText(bytes)} to ${store.name}`);
}
