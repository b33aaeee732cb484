import { createSystemClock } from "@stethos/protocol-finger/clock";
import {
  type SparkplugSinkOptions,
  sparkplugSinkOptions,
} from "../../edge-agent/src/adapters/mqtt/options.ts";
import {
  createSparkplugSink,
  type SparkplugSinkDeps,
} from "../../edge-agent/src/adapters/mqtt/sparkplug/sink.ts";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";
import type { StateFile } from "../../edge-agent/src/ports/state-file.ts";
import { readingsOf, TAGS } from "../contract/sink-batches.ts";
import type { ReceivedRow, SinkBench } from "../contract/sink-bench.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { IMPATIENT, openBroker, USER } from "./bench.ts";
import type { Seen } from "./observer.ts";
import { decodeSparkplug, type Metric, type Payload } from "./sparkplug-decode.ts";

/** A state file in memory. */
export function memoryFile(text?: string): StateFile & { text: string | undefined } {
  const file = {
    text,
    read: async () => file.text,
    write: async (next: string) => {
      file.text = next;
    },
  };
  return file;
}

export const GROUP = "works";
export const NODE = "edge-1";

type SinkParts = Partial<Omit<SparkplugSinkOptions, "urls">> & { readonly urls: readonly string[] };

export function sparkplugSink(options: SinkParts, deps: Partial<SparkplugSinkDeps> = {}): Sink {
  return createSparkplugSink(sparkplugSinkOptions.parse({ ...IMPATIENT, groupId: GROUP, ...options }), {
    name: "scada",
    node: NODE,
    tags: () => TAGS,
    stateFile: memoryFile(),
    clock: createSystemClock(),
    logger: silentLogger,
    ...deps,
  });
}

/** A message of the node, in short and decoded. */
export interface NodeMessage {
  /** NBIRTH, DDATA, ... */
  readonly verb: string;
  readonly device: string | undefined;
  readonly seen: Seen;
  readonly payload: Payload;
}

/** What the node said, in its order. */
export function nodeMessages(seen: readonly Seen[], node: string = NODE): NodeMessage[] {
  return seen.flatMap((each) => {
    const [space, group, verb = "", id, device] = each.topic.split("/");
    if (space !== "spBv1.0" || group !== GROUP || id !== node || verb.endsWith("CMD")) return [];
    return [{ verb, device, seen: each, payload: decodeSparkplug(each.payload) }];
  });
}

export async function openSparkplugBench(): Promise<SinkBench> {
  const broker = await openBroker();
  const stateFile = memoryFile();
  return {
    ...broker,
    promise: "at-least-once",
    create: () =>
      sparkplugSink(
        {
          urls: [broker.url],
          username: USER,
          passwordFile: broker.passwordFile,
          sequences: true,
          rebirthMinMs: 0,
          maxMessageBytes: 2048,
        },
        { stateFile },
      ),
    async received() {
      await broker.observer.caughtUp();
      return receivedRows(nodeMessages(broker.observer.seen));
    },
    poison: (number) =>
      readingsOf(number, [
        { tag: 0, value: 1.5, sequence: 1000 },
        { tag: 2, value: "x".repeat(2048), sequence: 1001 },
        { tag: 3, value: 3.5, sequence: 1002 },
      ]),
  };
}

/** As a host application reads them: names by the aliases of the births. */
export function receivedRows(messages: readonly NodeMessage[]): ReceivedRow[] {
  const names = new Map<number, string>();
  const rows: ReceivedRow[] = [];
  for (const { verb, payload } of messages) {
    for (const metric of payload.metrics) {
      if (verb.endsWith("BIRTH") && metric.alias !== undefined) names.set(metric.alias, metric.name ?? "");
      if (verb === "DDATA") rows.push(receivedRow(metric, names));
    }
  }
  return rows;
}

function receivedRow(metric: Metric, names: ReadonlyMap<number, string>): ReceivedRow {
  const tag = names.get(metric.alias ?? -1);
  if (tag === undefined) throw new Error(`alias ${metric.alias} was in no birth`);
  const value = metric.isNull === true ? null : (metric.value as ReceivedRow["value"]);
  return { tag, value, sequence: Number(metric.properties["Sequence"]?.value) };
}
