import { openPackage, readTrust } from "@stethos/models";
import { asEdgeError } from "../adapters/registry/edge-error.ts";
import { type BuiltIn, installedModel } from "../adapters/registry/shipped-model.ts";
import { describeError, EdgeError } from "../core/errors.ts";
import { modelTitle } from "../core/model.ts";
import { readLiveModels } from "../flow/roll-out-keeper.ts";
import type { Logger } from "../ports/logger.ts";
import type { InstalledModel, ModelStore } from "../ports/model-store.ts";
import type { LoadedModel, LoadModel } from "../ports/scorer.ts";
import type { StateFile } from "../ports/state-file.ts";

interface Deps {
  readonly store: ModelStore;
  readonly state: StateFile;
  readonly builtIn: BuiltIn;
  readonly load: LoadModel;
  readonly logger: Logger;
}

/** Loads the version that is live on this device: the committed one; where that cannot be had, the one before; at last
 *  the one that the agent came with.
 *  @throws EdgeError what is wrong with the last of them */
export async function loadLiveModel(deps: Deps, signal: AbortSignal): Promise<LoadedModel> {
  for (const model of await readLiveModels(deps.state, deps.logger)) {
    try {
      return await warm(deps.load, await deps.store.installed(model, signal), signal);
    } catch (thrown) {
      if (!(thrown instanceof EdgeError)) throw thrown;
      deps.logger.error(
        { model: modelTitle(model), err: describeError(thrown) },
        "the committed model cannot be loaded; the one before it is tried",
      );
    }
  }
  return warm(deps.load, await shipped(deps.builtIn, signal), signal);
}

const shipped = (builtIn: BuiltIn, signal: AbortSignal): Promise<InstalledModel> =>
  asEdgeError(async () =>
    installedModel(await openPackage(builtIn.folder, await readTrust(builtIn.trustedKeys), signal)),
  );

async function warm(load: LoadModel, installed: InstalledModel, signal: AbortSignal): Promise<LoadedModel> {
  const loaded = await load(installed, signal);
  try {
    await loaded.warm(signal);
    return loaded;
  } catch (thrown) {
    await loaded.close();
    throw thrown;
  }
}
