import { columns, put, putJson, say } from "@stethos/protocol-finger/terminal";
import { ModelError } from "../errors.ts";
import { readTrust, type Trust } from "../package/trust.ts";
import type { PublishedVersion, Registry } from "../registry/registry.ts";
import { channelsOf, modelsIn } from "./catalogue.ts";
import type { AddCommand, CliContext } from "./io.ts";
import { gathered } from "./option-values.ts";
import { type RegistryOptions, registryOf, withRegistryOptions } from "./registry-options.ts";
import { describeError, sizeText } from "./text.ts";

interface Options extends RegistryOptions {
  readonly key?: readonly string[];
  readonly json?: true;
}

export const listCommand: AddCommand = (program, context) => {
  withRegistryOptions(program.command("list"))
    .description("list what is published, and where each channel points")
    .argument("[name]", "one model only")
    .option("--key <file>", "public key whose pointers count; without it channels are not shown", gathered)
    .option("--json", "one version a line as JSON")
    .addHelpText("after", HELP)
    .action((name: string | undefined, options: Options) => list(name, options, context));
};

const HELP = `
Examples:
  stethos-model list --registry ./registry --key keys/release.pub
  stethos-model list listener --json | jq -r .version`;

async function list(name: string | undefined, options: Options, context: CliContext): Promise<void> {
  const registry = registryOf(options, context);
  const { store } = registry;
  const names = name === undefined ? await modelsIn(store, context.signal) : [name];
  const trust = options.key === undefined ? undefined : await readTrust(options.key);
  const rows: string[][] = [];
  for (const model of names) {
    const pointing = await pointingAt(model, registry, trust, context);
    for (const published of await registry.versions(model, context.signal)) {
      const channels = pointing.get(published.digest) ?? [];
      if (options.json) putJson(context, { ...published, channels });
      else rows.push(rowOf(published, channels));
    }
  }
  if (options.json) return;
  if (rows.length === 0)
    say(context, `${store.name} holds no version${name === undefined ? "" : ` of ${name}`} yet`);
  else put(context, columns([["MODEL", "VERSION", "SEQUENCE", "SIZE", "DIGEST", "CHANNELS"], ...rows]));
}

const rowOf = (
  { name, version, sequence, bytes, digest }: PublishedVersion,
  channels: readonly string[],
): string[] => [name, version, String(sequence), sizeText(bytes), digest.slice(0, 12), channels.join(", ")];

/** Channels by the digest of what they point at. One that cannot be believed is told and left out. */
async function pointingAt(
  name: string,
  registry: Registry,
  trust: Trust | undefined,
  context: CliContext,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const pointing = new Map<string, string[]>();
  if (trust === undefined) return pointing;
  const nowMs = context.clock.nowUs() / 1000;
  for (const channel of await channelsOf(registry.store, name, context.signal)) {
    try {
      const pointer = await registry.pointer(name, channel, trust, nowMs, context.signal);
      if (pointer === undefined) continue;
      const { manifestSha256 } = pointer;
      pointing.set(manifestSha256, [...(pointing.get(manifestSha256) ?? []), channel]);
    } catch (thrown) {
      if (!(thrown instanceof ModelError)) throw thrown;
      say(context, `channel ${name}/${channel}: ${thrown.code}: ${describeError(thrown)}`);
    }
  }
  return pointing;
}
