import { resolve } from "node:path";
import { say } from "@stethos/protocol-finger/terminal";
import { ModelError } from "../errors.ts";
import type { IterationDeps, IterationOptions, RequestOptions } from "../iterate/iteration.ts";
import { runKubectl, runPipeline } from "../iterate/programs.ts";
import { openWorkFolder } from "../iterate/work-folder.ts";
import { readTrust, type Trust } from "../package/trust.ts";
import type { CliContext } from "./io.ts";
import { signingKey } from "./keys.ts";
import { type RegistryOptions, registryOf, storeOf } from "./registry-options.ts";

/** As the command line says them. */
export interface Flags extends RegistryOptions {
  readonly work: string;
  readonly name: string;
  readonly channel: string;
  readonly base?: string;
  readonly field?: string;
  readonly data?: string;
  readonly modelVersion?: string;
  readonly quick?: true;
  readonly lean?: true;
  readonly key?: string;
  readonly passphraseFile?: string;
  readonly trust?: readonly string[];
  readonly goldenLoss: number;
  readonly detectionLoss: number;
  readonly falseAlarmRise: number;
  readonly size: number;
  readonly latencyRise: number;
  readonly request?: string;
  readonly requestBase64?: true;
  readonly requestKey?: string;
  readonly requests?: string;
  readonly devices?: string;
  readonly mostAge: number;
  readonly claimant?: string;
  readonly verdictFile?: string;
  readonly namespace: string;
  readonly apply?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export function iterationOptions(flags: Flags): IterationOptions {
  const { base, field, data, modelVersion } = flags;
  const request = requestOf(flags);
  return {
    model: flags.name,
    channel: flags.channel,
    ...(base !== undefined && { base }),
    ...(field !== undefined && { field }),
    ...(data !== undefined && { data }),
    ...(modelVersion !== undefined && { version: modelVersion }),
    isQuick: flags.quick === true,
    isLean: flags.lean === true,
    limits: {
      goldenLossPoints: flags.goldenLoss,
      detectionLossPoints: flags.detectionLoss,
      falseAlarmRisePoints: flags.falseAlarmRise,
      sizePercent: flags.size,
      latencyRisePercent: flags.latencyRise,
    },
    namespace: flags.namespace,
    isApplied: flags.apply === true,
    ...(request !== undefined && { request }),
  };
}

function requestOf(flags: Flags): RequestOptions | undefined {
  const { request: file, requestKey: key, devices = "", mostAge: mostAgeMs, verdictFile } = flags;
  if (file === undefined && key === undefined) return undefined;
  if (file !== undefined && key !== undefined) {
    throw new ModelError("USAGE", "--request and --request-key are two requests; give one of them");
  }
  return {
    source: file === undefined ? { key: key ?? "" } : { file, isBase64: flags.requestBase64 === true },
    devices,
    mostAgeMs,
    // A folder is one iteration: gone on with there, the request is not a second one.
    claimant: flags.claimant ?? resolve(flags.work),
    ...(verdictFile !== undefined && { verdictFile }),
  };
}

export function iterationDeps(flags: Flags, context: CliContext): IterationDeps {
  const { key, passphraseFile, trust: others = [], requests } = flags;
  const ownKey = (file: string) =>
    signingKey(
      { key: file, trust: others, ...(passphraseFile !== undefined && { passphraseFile }) },
      context,
    );
  return {
    work: openWorkFolder(resolve(flags.work)),
    clock: context.clock,
    say: (text) => say(context, text),
    registry: () => registryOf(flags, context),
    requests: () => storeOf(requests === undefined ? flags : { ...flags, registry: requests }, context),
    trust: async (): Promise<Trust> => (key === undefined ? readTrust(others) : (await ownKey(key)).trust),
    async signer() {
      if (key === undefined) throw new ModelError("USAGE", 'the step "sign" needs --key');
      return (await ownKey(key)).signer;
    },
    pipeline: runPipeline(context),
    kubectl: runKubectl(context),
  };
}
