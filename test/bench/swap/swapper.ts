import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createLogger } from "../../../edge-agent/src/adapters/node/logger.ts";
import { createModelLoader } from "../../../edge-agent/src/adapters/onnx/loader.ts";
import { createModelServer } from "../../../edge-agent/src/flow/serve-models.ts";
import type { LoadedModel, ModelServer, Route } from "../../../edge-agent/src/ports/scorer.ts";
import { makeTwoVersions } from "./two-versions.ts";

/** A server over two versions that take turns. */
export interface Swapper {
  readonly models: ModelServer;
  /** The other version: loaded, warmed and held against its golden vectors. */
  next(): Promise<LoadedModel>;
  /** Puts the other version in the champion's place, and waits until the old one is gone. */
  swap(): Promise<void>;
  close(): Promise<void>;
}

const FULL: Route = { kind: "canary", share: 1, trial: "bench" };

export async function startSwapper(): Promise<Swapper> {
  const two = await makeTwoVersions();
  const deps = { clock: createSystemClock(), logger: createLogger("error", true), telemetry: { emit() {} } };
  const load = createModelLoader({}, deps);
  const { signal } = new AbortController();
  let turn = 0;
  const next = async () => {
    const model = await load(two.versions[turn % 2 === 0 ? 0 : 1], signal);
    turn += 1;
    await model.warm(signal);
    return model;
  };
  const models = createModelServer({ ...deps, champion: await next() });
  return {
    models,
    next,
    async swap() {
      models.setChallenger(await next(), FULL);
      await models.promote();
    },
    async close() {
      await models.close();
      await two.remove();
    },
  };
}
