import {
  createInstaller,
  createRegistry,
  type Installer,
  openStore,
  type Registry,
  readTrust,
} from "@stethos/models";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { Logger } from "../../ports/logger.ts";
import type { ModelStore } from "../../ports/model-store.ts";
import type { Random } from "../../ports/random.ts";
import { asEdgeError } from "./edge-error.ts";
import type { RegistryOptions } from "./options.ts";
import { type BuiltIn, type FindShipped, findShippedIn, installedModel } from "./shipped-model.ts";

export interface ModelStoreOptions extends RegistryOptions {
  /** Of this device, for what is fetched. */
  readonly folder: string;
  /** The model that is followed: "listener". */
  readonly model: string;
  readonly builtIn?: BuiltIn;
  /** Of this agent; a model that asks for a newer one is refused. */
  readonly agentVersion?: string;
}

export interface ModelStoreDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

const MIB = 1024 * 1024;

/** Models from a registry, by way of a folder of this device, and the one that the agent came with.
 *  @throws EdgeError CONFIG_INVALID for keys or a place that cannot be used, DISK_FULL */
export function createModelStore(options: ModelStoreOptions, deps: ModelStoreDeps): Promise<ModelStore> {
  return asEdgeError(async () => {
    const registry = registryOf(options, deps.clock);
    const trust = await readTrust(options.trustedKeys);
    const pointerTrust = await readTrust([...options.trustedKeys, ...(options.channelKeys ?? [])]);
    const shipped = await findShippedIn(options.builtIn);
    const { folder, bytesPerSecond, quotaMiB, agentVersion } = options;
    const installer = await createInstaller(
      {
        folder,
        trust,
        pointerTrust,
        bytesPerSecond,
        quotaBytes: quotaMiB * MIB,
        nearby: options.builtIn === undefined ? [] : [options.builtIn.folder],
        ...(agentVersion !== undefined && { agentVersion }),
      },
      {
        ...deps,
        ...(registry !== undefined && { registry }),
        sequenceHere: async (digest, signal) => (await shipped({ digest }, signal))?.model.sequence,
      },
    );
    return storeOf(installer, shipped, options, registry?.store.name ?? "");
  });
}

function registryOf({ url, s3 = {} }: ModelStoreOptions, clock: Clock): Registry | undefined {
  if (url === undefined) return undefined;
  const { pathStyle, endpoint, region, caFile } = s3;
  const place = {
    ...(pathStyle !== undefined && { pathStyle }),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(caFile !== undefined && { caFile }),
  };
  return createRegistry(openStore(url, place, clock), { clock });
}

function storeOf(
  installer: Installer,
  shipped: FindShipped,
  options: ModelStoreOptions,
  name: string,
): ModelStore {
  return {
    name,
    offered: (channel, signal) =>
      asEdgeError(async () => {
        const offer = await installer.offered(options.model, channel, signal);
        return (
          offer && { model: offer.version, channel, isRollback: offer.isRollback, sequence: offer.sequence }
        );
      }),
    install: (model, onProgress, signal) =>
      asEdgeError(async () => {
        const here = await shipped(model, signal);
        if (here !== undefined) return here;
        const onBytes = ({ bytes, total }: { bytes: number; total: number }) => onProgress(bytes, total);
        return installedModel(await installer.install(model, onBytes, signal));
      }),
    installed: (model, signal) =>
      asEdgeError(
        async () =>
          (await shipped(model, signal)) ?? installedModel(await installer.installed(model, signal)),
      ),
    keepOnly: (models, signal) => asEdgeError(() => installer.keepOnly(models, signal)),
    committed: (model) => asEdgeError(async () => installer.committed(model)),
  };
}
