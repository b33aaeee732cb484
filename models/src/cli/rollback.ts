import { putJson, say } from "@stethos/protocol-finger/terminal";
import { ModelError } from "../errors.ts";
import type { Pointer, PublishedVersion, Registry } from "../registry/registry.ts";
import { versionOf } from "./catalogue.ts";
import { tellPointer, times } from "./channel.ts";
import { confirmed } from "./confirm.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { type SigningOptions, signingKey, withOthersOption, withSigningOptions } from "./keys.ts";
import { type Moment, moment } from "./option-values.ts";
import { type RegistryOptions, registryOf, withRegistryOptions } from "./registry-options.ts";

interface Options extends SigningOptions, RegistryOptions {
  readonly to?: string;
  readonly expires: Moment;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export const rollbackCommand: AddCommand = (program, context) => {
  withRegistryOptions(withOthersOption(withSigningOptions(program.command("rollback"))))
    .description("point a channel back at the version before, declared: devices go back to it")
    .argument("<name>", "the model")
    .argument("<channel>", "the channel")
    .option("--to <version>", "another one than the version before")
    .option("--expires <when>", "as of channel set", moment, { inMs: 90 * 86_400_000 })
    .option("--yes", "do not ask")
    .option("--dry-run", "only say where it would point")
    .option("--json", "the pointer as JSON")
    .addHelpText("after", HELP)
    .action((name: string, channel: string, options: Options) => rollback(name, channel, options, context));
};

const HELP = `
Examples:
  stethos-model rollback listener stable --key keys/release --registry ./registry
  stethos-model rollback listener stable --to 0.1.0 --key keys/release --yes --json`;

async function rollback(name: string, channel: string, options: Options, context: CliContext): Promise<void> {
  const { signer, trust } = await signingKey(options, context);
  const registry = registryOf(options, context);
  const nowMs = context.clock.nowUs() / 1000;
  const pointer = await registry.pointer(name, channel, trust, nowMs, context.signal);
  if (pointer === undefined) {
    throw new ModelError(
      "MODEL_MISSING",
      `there is no channel ${name}/${channel}; nothing can be rolled back`,
    );
  }
  const back = await target(pointer, options.to, registry, context.signal);
  const { digest } = await registry.version(name, back.version, trust, context.signal);
  const what = `${name}/${channel} goes back from ${pointer.version} to ${back.version}`;
  if (options.dryRun) {
    say(context, `would do: ${what}`);
    if (options.json)
      putJson(context, { dryRun: true, name, channel, from: pointer.version, to: back.version });
    return;
  }
  if (!(await confirmed(what, options.yes === true, context))) {
    say(context, "nothing was changed");
    context.exitWith(EXIT.failed);
    return;
  }
  const wanted = { name, channel, version: back.version, manifestSha256: digest, isRollback: true };
  const set = { ...wanted, after: pointer.sequence, ...times({ expires: options.expires }, nowMs) };
  tellPointer(await registry.setPointer(set, signer, trust, nowMs, context.signal), options, context);
}

async function target(
  { name, channel, version, manifestSha256 }: Pointer,
  to: string | undefined,
  registry: Registry,
  signal: AbortSignal,
): Promise<PublishedVersion> {
  if (to !== undefined) return await versionOf(registry, name, to, signal);
  const all = await registry.versions(name, signal);
  const current = all.find(({ digest }) => digest === manifestSha256);
  const before = all
    .filter(({ sequence }) => current !== undefined && sequence < current.sequence)
    .reduce<PublishedVersion | undefined>(
      (best, each) => (best === undefined || each.sequence > best.sequence ? each : best),
      undefined,
    );
  if (before !== undefined) return before;
  throw new ModelError(
    "MODEL_MISSING",
    `${name}/${channel} points at ${version}, and ${registry.store.name} has no version before it; name one with --to`,
  );
}
