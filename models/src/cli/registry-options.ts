import { say } from "@stethos/protocol-finger/terminal";
import { type Command, Option } from "commander";
import { ModelError } from "../errors.ts";
import { createRegistry } from "../registry/create-registry.ts";
import type { ObjectStore } from "../registry/object-store.ts";
import type { Registry } from "../registry/registry.ts";
import { openStore, type S3Place } from "../stores/open-store.ts";
import type { CliContext } from "./io.ts";
import { describeError } from "./text.ts";

/** What every command says that works on a registry. */
export interface RegistryOptions {
  readonly registry?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly caFile?: string;
  readonly pathStyle?: true;
}

export const withRegistryOptions = (command: Command): Command =>
  command
    .option("--registry <where>", "a folder, or s3://bucket/prefix (or STETHOS_REGISTRY)")
    .addOption(new Option("--endpoint <url>", "S3: address of the server, where it is not AWS"))
    .addOption(new Option("--region <name>", "S3: region"))
    .addOption(
      new Option("--ca-file <file>", "S3: PEM of the authority that signed the server's certificate"),
    )
    .addOption(
      new Option(
        "--path-style",
        "S3: the bucket goes into the path; so it does where there is an --endpoint",
      ),
    );

/** @throws ModelError USAGE */
export function storeOf(options: RegistryOptions, context: CliContext): ObjectStore {
  const where = options.registry ?? context.env["STETHOS_REGISTRY"];
  if (where === undefined || where === "") {
    throw new ModelError(
      "USAGE",
      "which registry? Give --registry ./folder or s3://bucket/prefix, or set STETHOS_REGISTRY",
    );
  }
  return openStore(where, s3Of(options), context.clock);
}

export const registryOf = (options: RegistryOptions, context: CliContext): Registry =>
  createRegistry(storeOf(options, context), {
    clock: context.clock,
    onUnreadable: (key, error) => say(context, `${key} is left out: ${error.code}: ${describeError(error)}`),
  });

function s3Of({ endpoint, region, caFile, pathStyle }: RegistryOptions): S3Place {
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(caFile !== undefined && { caFile }),
    ...(pathStyle !== undefined && { pathStyle }),
  };
}
