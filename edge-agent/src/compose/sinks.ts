import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createStateFile } from "../adapters/state-file/state-file.ts";
import type { SinkFile } from "../config/sinks-schema.ts";
import type { OutboundTag } from "../core/outbox/outbound.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { Sink } from "../ports/sink.ts";
import type { Telemetry } from "../ports/telemetry.ts";

export interface SinkDeps {
  /** Name of this agent. */
  readonly node: string;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Every tag that may be delivered. */
  readonly tags: () => readonly OutboundTag[];
}

/** What this device is called: as configured, else by the environment (Kubernetes tells the name of the node to a DaemonSet's
 *  pods, which share one configuration), else as the host. */
export const nodeName = (configured: string | undefined): string =>
  configured ?? (process.env["STETHOS_NODE"] || hostname());

/** One sink. Its library is loaded when the first sink needs it. */
export async function createSink(settings: SinkFile, deps: SinkDeps): Promise<Sink> {
  const { name } = settings;
  switch (settings.kind) {
    case "postgres": {
      const { createPostgresSink } = await import("../adapters/postgres/sink.ts");
      return createPostgresSink(settings, deps);
    }
    case "mqtt": {
      const { createMqttSink } = await import("../adapters/mqtt/sink.ts");
      return createMqttSink(settings, { ...deps, name });
    }
    case "sparkplug": {
      const { createSparkplugSink } = await import("../adapters/mqtt/sparkplug/sink.ts");
      const stateFile = createStateFile(join(deps.dataFolder, `sink-${name}.json`));
      return createSparkplugSink(settings, { ...deps, name, stateFile });
    }
    case "nifi": {
      const { createNifiSink } = await import("../adapters/nifi/sink.ts");
      return createNifiSink(settings, { ...deps, name });
    }
    case "file": {
      const { createFileSink } = await import("../adapters/file-sink/sink.ts");
      return createFileSink(settings, { ...deps, name });
    }
    default:
      return settings satisfies never;
  }
}
