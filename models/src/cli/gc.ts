import { put, putJson, say } from "@stethos/protocol-finger/terminal";
import { confirmed } from "./confirm.ts";
import { findGarbage, type Garbage } from "./garbage.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { spanMs, wholeNumber } from "./option-values.ts";
import { createProgress } from "./progress.ts";
import { type RegistryOptions, storeOf, withRegistryOptions } from "./registry-options.ts";
import { counted, sizeText } from "./text.ts";

interface Options extends RegistryOptions {
  readonly keep: number;
  readonly olderThan: number;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export const gcCommand: AddCommand = (program, context) => {
  withRegistryOptions(program.command("gc"))
    .description("remove versions that no channel points at, and files that no version needs any more")
    .option("--keep <n>", "of each model, keep so many of the newest, pointed at or not", wholeNumber, 5)
    .option("--older-than <span>", "leave younger files alone: a push may be under way", spanMs, 86_400_000)
    .option("--yes", "do not ask")
    .option("--dry-run", "only say what would go")
    .option("--json", "the result as JSON")
    .addHelpText("after", HELP)
    .action((options: Options) => gc(options, context));
};

const HELP = `
--older-than is 24h where it is left out. Push nothing while it runs.

Examples:
  stethos-model gc --registry ./registry --dry-run
  stethos-model gc --keep 3 --yes --json`;

async function gc(options: Options, context: CliContext): Promise<void> {
  const store = storeOf(options, context);
  const policy = { keepNewest: options.keep, olderThanMs: options.olderThan };
  const garbage = await findGarbage(store, policy, context.clock.nowUs() / 1000, context.signal);
  const isNothing = garbage.versions.length + garbage.blobs.length + garbage.claims.length === 0;
  if (options.dryRun || isNothing) {
    tell(garbage, "would go", options, context);
    return;
  }
  if (
    !(await confirmed(
      `${summary(garbage)} of ${store.name} are removed for good`,
      options.yes === true,
      context,
    ))
  ) {
    say(context, "nothing was removed");
    context.exitWith(EXIT.failed);
    return;
  }
  const versionKeys = garbage.versions.flatMap((version) => version.keys);
  const keys = [...garbage.claims, ...versionKeys, ...garbage.blobs.map(({ key }) => key)];
  const progress = createProgress(context);
  try {
    for (const [i, key] of keys.entries()) {
      await store.delete(key, context.signal);
      progress.on({ bytes: i + 1, total: keys.length, what: key });
    }
  } finally {
    progress.end();
  }
  tell(garbage, "removed", options, context);
}

const bytesOf = ({ blobs }: Garbage): number => blobs.reduce((sum, { bytes }) => sum + bytes, 0);

const summary = (garbage: Garbage): string =>
  `${counted(garbage.versions.length, "version")} and ${counted(garbage.blobs.length, "file")} (${sizeText(bytesOf(garbage))})`;

function tell(garbage: Garbage, verb: string, options: Options, context: CliContext): void {
  const versions = garbage.versions.map(({ name, version }) => ({ name, version }));
  if (options.json) {
    const { keptVersions } = garbage;
    const files = { files: garbage.blobs.length, bytes: bytesOf(garbage) };
    putJson(context, { dryRun: options.dryRun === true, versions, ...files, keptVersions });
    return;
  }
  for (const { name, version } of versions) put(context, `${name} ${version}`);
  say(context, `${summary(garbage)} ${verb}; ${counted(garbage.keptVersions, "version")} stay`);
}
