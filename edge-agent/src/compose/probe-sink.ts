import { createSystemClock } from "@stethos/protocol-finger/clock";
import type { SinkFile } from "../config/sinks-schema.ts";
import { SinkError } from "../ports/sink.ts";
import { nodeName } from "./sinks.ts";

/** Whatever a sink's own options allow: somebody waits before a screen. */
const MOST_MS = 15_000;

/** Asks a sink whether it would take what is delivered, and delivers nothing.
 *  @returns what it said, for a person; never a secret
 *  @throws SinkError; the signal's reason */
export async function probeSink(
  settings: SinkFile,
  node: string | undefined,
  outer: AbortSignal,
): Promise<string> {
  const deadline = createSystemClock().deadline(MOST_MS, outer);
  try {
    return await ask(settings, nodeName(node), deadline.signal);
  } catch (thrown) {
    if (!deadline.expired) throw thrown;
    throw new SinkError("unreachable", `no answer within ${MOST_MS / 1000} s`, { cause: thrown });
  } finally {
    deadline.dispose();
  }
}

async function ask(settings: SinkFile, node: string, signal: AbortSignal): Promise<string> {
  const clock = createSystemClock();
  const clientId = `stethos-${node}-${settings.name}`;
  switch (settings.kind) {
    case "postgres": {
      const { probePostgres } = await import("../adapters/postgres/probe.ts");
      return probePostgres(settings, clock, signal);
    }
    case "mqtt": {
      const { probeMqtt } = await import("../adapters/mqtt/probe.ts");
      return probeMqtt(settings, [settings.url], clientId, clock, signal);
    }
    case "sparkplug": {
      const { probeMqtt } = await import("../adapters/mqtt/probe.ts");
      return probeMqtt(settings, settings.urls, clientId, clock, signal);
    }
    case "nifi": {
      const { probeNifi } = await import("../adapters/nifi/probe.ts");
      return probeNifi(settings, clock, signal);
    }
    case "file": {
      const { probeFileSink } = await import("../adapters/file-sink/probe.ts");
      return probeFileSink(settings, signal);
    }
    default:
      return settings satisfies never;
  }
}
