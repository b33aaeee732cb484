import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createCounters } from "../adapters/node/counters.ts";
import { createLogger } from "../adapters/node/logger.ts";
import { systemRandom } from "../adapters/node/random.ts";
import { type ConfigDefaults, readConfig } from "../config.ts";
import { EdgeError } from "../core/errors.ts";
import type { Sink } from "../ports/sink.ts";
import { createSink, nodeName } from "./sinks.ts";

/** A sink of a configuration, without an agent around it.
 *  @throws EdgeError CONFIG_INVALID where there is none of this name */
export async function openSink(file: string, name: string, defaults: ConfigDefaults): Promise<Sink> {
  const { settings, dataFolder, tags } = await readConfig(file, defaults);
  const found = settings.sinks.find((sink) => sink.name === name);
  if (found === undefined) {
    const names = settings.sinks.map((sink) => `"${sink.name}"`).join(", ");
    throw new EdgeError(
      "CONFIG_INVALID",
      `${file} has no sink "${name}"; it has ${names === "" ? "none at all" : names}`,
    );
  }
  return createSink(found, {
    node: nodeName(settings.models.node),
    dataFolder,
    clock: createSystemClock(),
    random: systemRandom,
    logger: createLogger("warn", process.stderr.isTTY === true),
    telemetry: createCounters(),
    tags: () => tags,
  });
}
