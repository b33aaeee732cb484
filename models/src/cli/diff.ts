import { columns, put, putJson, say } from "@stethos/protocol-finger/terminal";
import type { Manifest } from "../package/manifest.ts";
import type { AddCommand, CliContext } from "./io.ts";
import { type TrustOptions, trustOf, withTrustOption } from "./keys.ts";
import { compareMetrics, type MetricDifference, metricsOf } from "./metrics.ts";
import { type RegistryOptions, registryOf, withRegistryOptions } from "./registry-options.ts";
import { counted, sizeText } from "./text.ts";

interface Options extends TrustOptions, RegistryOptions {
  readonly all?: true;
  readonly json?: true;
}

export const diffCommand: AddCommand = (program, context) => {
  withRegistryOptions(withTrustOption(program.command("diff")))
    .description("two versions side by side: what each was measured to do, and what a device would fetch")
    .argument("<name>", "the model")
    .argument("<from>", "the version that a device has")
    .argument("<to>", "the version that it would get")
    .option("--all", "also metrics that are the same")
    .option("--json", "the comparison as JSON")
    .addHelpText("after", HELP)
    .action((name: string, from: string, to: string, options: Options) =>
      diff(name, from, to, options, context),
    );
};

const HELP = `
Examples:
  stethos-model diff listener 0.1.0 0.2.0 --key keys/release.pub --registry ./registry
  stethos-model diff listener 0.1.0 0.2.0 --key keys/release.pub --json | jq .fetch.bytes`;

async function diff(
  name: string,
  from: string,
  to: string,
  options: Options,
  context: CliContext,
): Promise<void> {
  const trust = await trustOf(options);
  const registry = registryOf(options, context);
  const before = await registry.version(name, from, trust, context.signal);
  const after = await registry.version(name, to, trust, context.signal);
  const files = compareFiles(before.manifest, after.manifest);
  const metrics = compareMetrics(metricsOf(before.manifest), metricsOf(after.manifest));
  if (options.json) {
    putJson(context, {
      name,
      from: { version: from, digest: before.digest, sequence: before.manifest.sequence },
      to: { version: to, digest: after.digest, sequence: after.manifest.sequence },
      ...files,
      metrics,
    });
    return;
  }
  // What only the older one was measured for says nothing of the newer.
  const shown = options.all ? metrics : metrics.filter(({ from, to }) => to !== undefined && from !== to);
  const rows = [
    ["sequence", String(before.manifest.sequence), String(after.manifest.sequence), ""],
    ["size", sizeText(bytesOf(before.manifest.files)), sizeText(bytesOf(after.manifest.files)), ""],
    ...shown.map(metricRow),
  ];
  put(context, columns([[name, from, to, "CHANGE"], ...rows]));
  const { fetch, shared } = files;
  put(
    context,
    `\na device with ${from} fetches ${counted(fetch.files, "file")}, ${sizeText(fetch.bytes)}; ` +
      `${counted(shared.files, "file")}, ${sizeText(shared.bytes)} are shared`,
  );
  const hidden = metrics.length - shown.length;
  if (hidden > 0) {
    say(context, `${counted(hidden, "metric")} the same, or of ${from} only, not shown (--all shows them)`);
  }
}

const bytesOf = (files: readonly { readonly bytes: number }[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

function compareFiles(from: Manifest, to: Manifest) {
  const there = new Set(from.files.map(({ sha256 }) => sha256));
  const shared = to.files.filter(({ sha256 }) => there.has(sha256));
  const fetched = to.files.filter(({ sha256 }) => !there.has(sha256));
  return {
    shared: { files: shared.length, bytes: bytesOf(shared) },
    fetch: { files: fetched.length, bytes: bytesOf(fetched), paths: fetched.map(({ path }) => path) },
  };
}

function metricRow({ metric, from, to }: MetricDifference): string[] {
  const change = from === undefined || to === undefined ? "" : signed(to - from);
  return [metric, numberText(from), numberText(to), change];
}

const numberText = (value: number | undefined): string =>
  value === undefined ? "-" : String(Number(value.toPrecision(6)));

const signed = (value: number): string => `${value > 0 ? "+" : ""}${Number(value.toPrecision(4))}`;
