import { modelSamples } from "./observe-models.ts";
import { alarmSamples, deviceSamples, healthSamples, logSamples, processSamples } from "./observe-plant.ts";
import { historySamples, objectiveSamples, outboxSamples, sinkSamples } from "./observe-stores.ts";
import { flag, type Sample, sample } from "./samples.ts";
import type { MetricSources } from "./sources.ts";

type Part = readonly [name: string, look: (() => readonly Sample[] | Promise<readonly Sample[]>) | undefined];

/** Everything that is looked up at a scrape. A part that fails costs its own figures and no others.
 *  @param onFailure told of each part that failed */
export async function observe(
  sources: MetricSources,
  onFailure: (part: string, thrown: unknown) => void,
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const looked = partsOf(sources, signal).flatMap(([part, look]) =>
    look === undefined ? [] : [lookAt(part, look, onFailure)],
  );
  return (await Promise.all(looked)).flat();
}

async function lookAt(
  part: string,
  look: NonNullable<Part[1]>,
  onFailure: (part: string, thrown: unknown) => void,
): Promise<readonly Sample[]> {
  let found: readonly Sample[] = [];
  let isUp = true;
  try {
    found = await look();
  } catch (thrown) {
    isUp = false;
    onFailure(part, thrown);
  }
  return [sample("scrape_part_up", flag(isUp), { part }), ...found];
}

function partsOf(sources: MetricSources, signal: AbortSignal): readonly Part[] {
  const { outbox, sinks, queues, logs, objectives, diskFreeBytes } = sources;
  return [
    ["agent", () => agentSamples(sources)],
    ["devices", () => deviceSamples(sources.status())],
    ["machines", () => healthSamples(sources.health())],
    ["alarms", () => alarmSamples(sources.status().alarms, sources.alarms())],
    ["models", () => modelSamples(sources.models())],
    ["process", () => processSamples(sources.process())],
    ["history", async () => historySamples(await sources.history(signal))],
    ["outbox", outbox && (async () => outboxSamples(await outbox(signal)))],
    ["sinks", sinks && (() => sinkSamples(sinks()))],
    ["queues", queues && (() => queues().map(({ queue, items }) => sample("queue_items", items, { queue })))],
    ["logs", logs && (() => logSamples(logs()))],
    ["objectives", objectives && (() => objectiveSamples(objectives()))],
    ["disk", diskFreeBytes && (async () => [sample("disk_free_bytes", await diskFreeBytes())])],
  ];
}

function agentSamples({ status, models, feedClients }: MetricSources): readonly Sample[] {
  const { version, startedUs } = status();
  const { champion } = models();
  return [
    sample("info", 1, { version, model: champion.name, model_version: champion.version }),
    sample("start_time_seconds", startedUs / 1e6),
    sample("feed_clients", feedClients()),
  ];
}
