import { unreachable } from "../../core/errors.ts";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import { type OutboundLines, outboundLines } from "../../core/outbox/outbound-lines.ts";
import type { MqttSinkOptions } from "./options.ts";
import { fillTopic, type Topic, wordsOfTag } from "./topic.ts";

/** One message of a batch, or rows of it that make none. */
export type Packed =
  | {
      readonly kind: "message";
      readonly topic: string;
      readonly payload: string;
      readonly contentType: string;
      readonly rows: readonly number[];
    }
  | { readonly kind: "refused"; readonly rows: readonly number[]; readonly reason: string };

type Packing = Pick<MqttSinkOptions, "mode" | "topics">;

/** How long a message may be, in bytes. */
export interface PackLimits {
  readonly payload: number;
  /** With its topic and what else stands before the payload. */
  readonly packet: number;
}

/** Room for what stands before the topic and the payload in a packet. */
const HEADER_BYTES = 64;

/** The messages of a batch, in the order of its rows. */
export function* pack(batch: OutboxBatch, options: Packing, limits: PackLimits): Generator<Packed> {
  const { lines, refused } = outboundLines(batch);
  for (const { row, reason } of refused) yield { kind: "refused", rows: [row], reason };
  if (options.mode === "batch" && batch.content.stream === "readings") {
    yield* packDevices(batch, lines, options.topics.batches, limits);
    return;
  }
  for (const { row, text } of lines) {
    const topic = topicOf(batch, row, options.topics);
    yield message(topic, text.trimEnd(), "application/json", [row], limits);
  }
}

function message(
  topic: Topic,
  payload: string,
  contentType: string,
  rows: readonly number[],
  limits: PackLimits,
): Packed {
  if (topic.kind === "none") return { kind: "refused", rows, reason: topic.reason };
  const bytes = Buffer.byteLength(payload);
  const mostBytes = bytesFor(topic.name, limits);
  if (bytes <= mostBytes) return { kind: "message", topic: topic.name, payload, contentType, rows };
  return { kind: "refused", rows, reason: `its message has ${bytes} bytes, and ${mostBytes} are the most` };
}

const bytesFor = (topic: string, limits: PackLimits): number =>
  Math.min(limits.payload, limits.packet - HEADER_BYTES - Buffer.byteLength(topic));

function topicOf(batch: OutboxBatch, row: number, topics: MqttSinkOptions["topics"]): Topic {
  const { content, node } = batch;
  switch (content.stream) {
    case "readings": {
      const tag = content.tags[content.tag[row] ?? -1];
      return fillTopic(topics.readings, { node, device: tag?.device, ...wordsOfTag(tag?.id ?? "") });
    }
    case "scores":
      return fillTopic(topics.scores, { node, ...machineOf(content.rows[row]) });
    case "health":
      return fillTopic(topics.health, { node, machine: content.rows[row]?.machine });
    case "alarms":
      return fillTopic(topics.alarms, { node, id: content.rows[row]?.id, ...machineOf(content.rows[row]) });
    case "gaps":
      return fillTopic(topics.gaps, { node });
    default:
      return unreachable(content);
  }
}

const machineOf = (row: { readonly machine: string; readonly sensor: string } | undefined) => ({
  machine: row?.machine,
  sensor: row?.sensor,
});

interface Bundle {
  readonly topic: Topic;
  lines: string[];
  rows: number[];
  bytes: number;
}

/** Readings of a device together, a line each, as many as fit: the order of a tag is kept, for it has one device. */
function* packDevices(
  batch: OutboxBatch,
  lines: OutboundLines["lines"],
  template: string,
  limits: PackLimits,
): Generator<Packed> {
  if (batch.content.stream !== "readings") return;
  const { tags, tag } = batch.content;
  const bundles = new Map<string, Bundle>();
  for (const { row, text } of lines) {
    const device = tags[tag[row] ?? -1]?.device ?? "";
    const bundle = bundles.get(device) ?? emptyBundle(fillTopic(template, { node: batch.node, device }));
    bundles.set(device, bundle);
    const bytes = Buffer.byteLength(text);
    if (bundle.rows.length > 0 && bundle.bytes + bytes > mostOf(bundle, limits)) yield seal(bundle, limits);
    bundle.lines.push(text);
    bundle.rows.push(row);
    bundle.bytes += bytes;
  }
  for (const bundle of bundles.values()) yield seal(bundle, limits);
}

const emptyBundle = (topic: Topic): Bundle => ({ topic, lines: [], rows: [], bytes: 0 });

const mostOf = ({ topic }: Bundle, limits: PackLimits): number =>
  topic.kind === "none" ? limits.payload : bytesFor(topic.name, limits);

/** The bundle begins anew. */
function seal(bundle: Bundle, limits: PackLimits): Packed {
  const { topic, lines, rows } = bundle;
  bundle.lines = [];
  bundle.rows = [];
  bundle.bytes = 0;
  return message(topic, lines.join(""), "application/x-ndjson", rows, limits);
}
