import { columns, put, putJson } from "@stethos/protocol-finger/terminal";
import type { AddCommand, CliContext } from "./io.ts";
import { type TrustOptions, trustOf, withTrustOption } from "./keys.ts";
import { metricsOf } from "./metrics.ts";
import { type RegistryOptions, registryOf, withRegistryOptions } from "./registry-options.ts";
import { sizeText } from "./text.ts";

interface Options extends TrustOptions, RegistryOptions {
  readonly json?: true;
}

export const showCommand: AddCommand = (program, context) => {
  withRegistryOptions(withTrustOption(program.command("show")))
    .description("show one published version: files, thresholds, what it was measured to do")
    .argument("<name>", "the model")
    .argument("<version>", "the version")
    .option("--json", "its manifest as JSON, with digest and signer")
    .addHelpText("after", HELP)
    .action((name: string, version: string, options: Options) => show(name, version, options, context));
};

const HELP = `
Examples:
  stethos-model show listener 0.2.0 --key keys/release.pub --registry ./registry
  stethos-model show listener 0.2.0 --key keys/release.pub --json | jq .manifest.evaluation`;

async function show(name: string, version: string, options: Options, context: CliContext): Promise<void> {
  const trust = await trustOf(options);
  const registry = registryOf(options, context);
  const { manifest, digest, signedBy } = await registry.version(name, version, trust, context.signal);
  if (options.json) {
    putJson(context, { digest, signedBy, manifest });
    return;
  }
  put(
    context,
    `${name} ${version}, sequence ${manifest.sequence}\n  digest  ${digest}\n  signed  ${signedBy}\n`,
  );
  const files = manifest.files.map(({ path, role, bytes, sha256 }) => [
    path,
    role,
    sizeText(bytes),
    sha256.slice(0, 12),
  ]);
  put(context, columns([["FILE", "ROLE", "SIZE", "DIGEST"], ...files]));
  const metrics = [...metricsOf(manifest)].map(([metric, value]) => [metric, String(value)]);
  if (metrics.length > 0) put(context, `\n${columns([["METRIC", "VALUE"], ...metrics])}`);
}
