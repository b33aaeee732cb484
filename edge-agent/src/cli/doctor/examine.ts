import { join } from "node:path";
import type { AgentConfig } from "../../config.ts";
import { describeError } from "../../core/errors.ts";
import { AREAS, type Finding, finding } from "./finding.ts";
import { lookAtCertificate } from "./look-at-certificates.ts";
import { lookAtBoard, lookAtCpu } from "./look-at-cpu.ts";
import { lookAtClock, lookAtDisk, lookAtMemory, lookAtNode } from "./look-at-machine.ts";
import { lookAtModel } from "./look-at-model.ts";
import { lookAtDevice, lookAtSink, type Probe } from "./look-at-reach.ts";
import { lookAtOutbox, lookAtStore, type ToldOutbox } from "./look-at-stores.ts";
import type { Examined } from "./machine.ts";
import { certificatesOf, placesOfDevice, placesOfSink } from "./places.ts";

/** The running agent, asked over its API. */
export interface AskedAgent {
  readonly address: string;
  /** @returns its version */
  version(signal: AbortSignal): Promise<string>;
  outbox(signal: AbortSignal): Promise<ToldOutbox>;
}

export interface Patient {
  /** Undefined: it could not be read, and `refusal` says why. */
  readonly config: AgentConfig | undefined;
  readonly refusal: string;
  readonly agent: AskedAgent;
  /** By the sink's name. */
  probeOf(sink: string): Probe | undefined;
}

/** Looks at everything, one after the other where order tells more, else at once. */
export async function examine(
  machine: Examined,
  { config, refusal, agent, probeOf }: Patient,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const always = [lookAtNode(machine), await lookAtClock(machine, signal), lookAtMemory(machine)];
  if (config === undefined) return [finding("config", "config-bad", { why: refusal }), ...always];
  const { settings, dataFolder, file, devices, tags } = config;
  const counts = { file, devices: devices.length, tags: tags.length, sinks: settings.sinks.length };
  const parts = await Promise.all([
    lookAtCpu(machine, settings.scorerThreads),
    lookAtBoard(machine, signal),
    lookAtDisk(machine, dataFolder),
    lookAtAgent(machine, config, agent, signal),
    settings.sinks.length === 0
      ? [finding("sink", "sink-none")]
      : Promise.all(
          settings.sinks.map((sink) => {
            const named = placesOfSink(sink);
            return lookAtSink(machine, named, probeOf(named.name), signal);
          }),
        ),
    Promise.all(certificatesOf(config).map((one) => lookAtCertificate(machine, one))),
    Promise.all(
      settings.devices.map((device) =>
        lookAtDevice(machine, { name: device.name, places: placesOfDevice(device) }, signal),
      ),
    ),
    lookAtModel(machine, config.modelFolder),
  ]);
  return inOrder([finding("config", "config-good", counts), ...always, ...parts.flat()]);
}

/** As the screen shows them: what belongs together stands together. */
const inOrder = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));

/** An agent that runs knows its stores best; nobody else opens them meanwhile. */
async function lookAtAgent(
  machine: Examined,
  config: AgentConfig,
  agent: AskedAgent,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { address } = agent;
  let version: string;
  try {
    version = await agent.version(signal);
  } catch (thrown) {
    return [
      finding("agent", "agent-silent", { address, why: describeError(thrown) }),
      await lookAtStore(machine, "history", join(config.dataFolder, "history.db")),
      await lookAtStore(machine, "outbox", join(config.dataFolder, "outbox.db")),
    ];
  }
  return [
    finding("agent", "agent-runs", { address, version }),
    ...(await askOutbox(machine, config, agent, signal)),
  ];
}

async function askOutbox(
  { nowUs }: Examined,
  config: AgentConfig,
  agent: AskedAgent,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return lookAtOutbox(await agent.outbox(signal), nowUs(), config.settings.outbox.maxBytes);
  } catch (thrown) {
    return [finding("outbox", "outbox-untold", { why: describeError(thrown) })];
  }
}
