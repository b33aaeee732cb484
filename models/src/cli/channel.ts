import { columns, put, putJson, say } from "@stethos/protocol-finger/terminal";
import { Option } from "commander";
import { ModelError } from "../errors.ts";
import type { Pointer, PublishedVersion, Registry, WantedPointer } from "../registry/registry.ts";
import { channelsOf, versionOf } from "./catalogue.ts";
import type { AddCommand, CliContext } from "./io.ts";
import {
  type SigningOptions,
  signingKey,
  type TrustOptions,
  trustOf,
  withOthersOption,
  withSigningOptions,
  withTrustOption,
} from "./keys.ts";
import { type Moment, moment, momentMs } from "./option-values.ts";
import { type RegistryOptions, registryOf, withRegistryOptions } from "./registry-options.ts";

interface SetOptions extends SigningOptions, RegistryOptions {
  readonly expires: Moment;
  readonly notBefore?: Moment;
  readonly rollback?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

interface ShowOptions extends TrustOptions, RegistryOptions {
  readonly json?: true;
}

export const channelCommand: AddCommand = (program, context) => {
  const parent = program
    .command("channel")
    .description("what devices are offered: signed pointers at versions");
  withRegistryOptions(withOthersOption(withSigningOptions(parent.command("set"))))
    .description("point a channel at a published version")
    .argument("<name>", "the model")
    .argument("<channel>", "stable, candidate or a name of your own")
    .argument("<version>", "the version")
    .addOption(
      new Option("--expires <when>", "devices stop believing it then")
        .argParser(moment)
        .default({ inMs: 90 * 86_400_000 }, "90d"),
    )
    .option("--not-before <when>", "devices do not believe it earlier (default: now)", moment)
    .option("--rollback", "an older version than before, on purpose: devices may go back to it")
    .option("--dry-run", "check all of it, and write nothing")
    .option("--json", "the pointer as JSON")
    .addHelpText("after", SET_HELP)
    .action((name: string, channel: string, version: string, options: SetOptions) =>
      set(name, channel, version, options, context),
    );
  withRegistryOptions(withTrustOption(parent.command("show")))
    .description("show where channels point, and until when")
    .argument("<name>", "the model")
    .argument("[channel]", "one channel only")
    .option("--json", "one pointer a line as JSON")
    .addHelpText("after", SHOW_HELP)
    .action((name: string, channel: string | undefined, options: ShowOptions) =>
      show(name, channel, options, context),
    );
};

const SET_HELP = `
<when> is a moment (2027-01-31T12:00:00Z) or a time from now (12h, 90d, 4w); --expires is 90d where it is left out.
Set it again before it expires: devices keep what they run, but take nothing new from an expired channel.

Examples:
  stethos-model channel set listener candidate 0.2.0 --key keys/release --registry ./registry
  stethos-model channel set listener stable 0.2.0 --key keys/release --expires 30d`;

const SHOW_HELP = `
Examples:
  stethos-model channel show listener --key keys/release.pub --registry ./registry
  stethos-model channel show listener stable --key keys/release.pub --json`;

async function set(
  name: string,
  channel: string,
  version: string,
  options: SetOptions,
  context: CliContext,
): Promise<void> {
  const { signer, trust } = await signingKey(options, context);
  const registry = registryOf(options, context);
  const nowMs = context.clock.nowUs() / 1000;
  const published = await versionOf(registry, name, version, context.signal);
  // Read with its signature: nobody points devices at what they would refuse.
  const { digest } = await registry.version(name, version, trust, context.signal);
  const before = await registry.pointer(name, channel, trust, nowMs, context.signal).catch(passExpired);
  if (before !== undefined && !options.rollback) {
    await refuseDowngrade(before, published, registry, context.signal);
  }
  const wanted: WantedPointer = {
    name,
    channel,
    version,
    manifestSha256: digest,
    ...times(options, nowMs),
    isRollback: options.rollback === true,
    ...(before !== undefined && { after: before.sequence }),
  };
  if (options.dryRun) {
    say(
      context,
      `would point ${name}/${channel} at ${version} from ${wanted.notBefore} to ${wanted.expires}`,
    );
    if (options.json) putJson(context, { dryRun: true, ...wanted });
    return;
  }
  tellPointer(await registry.setPointer(wanted, signer, trust, nowMs, context.signal), options, context);
}

/** What devices would refuse is refused here, where somebody can do something about it. */
async function refuseDowngrade(
  before: Pointer,
  { version, sequence }: PublishedVersion,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  const all = await registry.versions(before.name, signal);
  const current = all.find(({ digest }) => digest === before.manifestSha256);
  if (current === undefined || current.sequence <= sequence) return;
  throw new ModelError(
    "MODEL_DOWNGRADED",
    `${before.name}/${before.channel} points at ${before.version} (sequence ${current.sequence}) and ${version} is older ` +
      `(${sequence}): devices would refuse it; add --rollback if that is meant`,
  );
}

/** What has expired no longer stands in the way of setting it anew. */
function passExpired(thrown: unknown): undefined {
  if (thrown instanceof ModelError && thrown.code === "MODEL_EXPIRED") return undefined;
  throw thrown;
}

export function times(
  { expires, notBefore }: { readonly expires: Moment; readonly notBefore?: Moment },
  nowMs: number,
): Pick<Pointer, "expires" | "notBefore"> {
  const from = notBefore === undefined ? nowMs : momentMs(notBefore, nowMs);
  const to = momentMs(expires, nowMs);
  if (to <= from || to <= nowMs) {
    throw new ModelError("USAGE", "--expires must be later than now and than --not-before");
  }
  return { notBefore: new Date(from).toISOString(), expires: new Date(to).toISOString() };
}

export function tellPointer(pointer: Pointer, { json }: { readonly json?: true }, context: CliContext): void {
  if (json) putJson(context, pointer);
  else {
    const { name, channel, version, sequence, expires, isRollback } = pointer;
    const declared = isRollback ? ", declared a rollback" : "";
    put(
      context,
      `${name}/${channel} points at ${version} (pointer ${sequence}, until ${expires}${declared})`,
    );
  }
}

async function show(
  name: string,
  channel: string | undefined,
  options: ShowOptions,
  context: CliContext,
): Promise<void> {
  const trust = await trustOf(options);
  const registry = registryOf(options, context);
  const nowMs = context.clock.nowUs() / 1000;
  const channels = channel === undefined ? await channelsOf(registry.store, name, context.signal) : [channel];
  const rows: string[][] = [];
  for (const each of channels) {
    const pointer = await registry.pointer(name, each, trust, nowMs, context.signal);
    if (pointer === undefined)
      throw new ModelError("MODEL_MISSING", `there is no channel ${name}/${each}; set it first`);
    if (options.json) putJson(context, pointer);
    const { version, sequence, notBefore, expires, isRollback } = pointer;
    rows.push([each, version, String(sequence), notBefore, expires, isRollback ? "yes" : ""]);
  }
  if (options.json) return;
  if (rows.length === 0) say(context, `${registry.store.name} has no channel of ${name}; set one first`);
  else put(context, columns([["CHANNEL", "VERSION", "POINTER", "FROM", "UNTIL", "ROLLBACK"], ...rows]));
}
