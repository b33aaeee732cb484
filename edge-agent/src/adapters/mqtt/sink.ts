import type { Clock } from "@stethos/protocol-finger/clock";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { Logger } from "../../ports/logger.ts";
import { type Delivery, type Refusal, type Sink, SinkError } from "../../ports/sink.ts";
import type { MqttConnection, OutMessage } from "./connection.ts";
import { createDial } from "./dial.ts";
import { poisonReason, sinkErrorOf } from "./faults.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { type Packed, type PackLimits, pack } from "./messages.ts";
import type { MqttSinkOptions } from "./options.ts";
import { fillTopic } from "./topic.ts";

export interface MqttSinkDeps {
  /** Name of the sink. */
  readonly name: string;
  /** Name of the agent. */
  readonly node: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** About one second of a fast server. */
const ROWS_AT_ONCE = 10_000;

interface Live {
  readonly connection: MqttConnection;
  readonly inFlight: InFlight;
}

/** Readings, scores, health, alarms and gaps as JSON, each message with QoS 1: a delivery is over when the server has
 *  acknowledged (PUBACK) all of it. Connects when it has something to deliver. */
export function createMqttSink(options: MqttSinkOptions, deps: MqttSinkDeps): Sink {
  const { name, node, clock } = deps;
  const logger = deps.logger.child({ component: "mqtt", sink: name });
  const dial = createDial(options, options.clientId ?? `stethos-${node}-${name}`, clock);
  const status = statusMessages(options, node);
  let live: Live | undefined;
  let isClosed = false;

  async function connected(signal: AbortSignal): Promise<Live> {
    if (live !== undefined && !live.connection.lost.aborted) return live;
    live = undefined;
    const call = { url: options.url, will: async () => status.offline, onMessage: () => undefined };
    const connection = await dial(call, signal);
    const most = Math.min(options.inFlight, connection.receiveMaximum);
    const inFlight = createInFlight(connection, { most, ackTimeoutMs: options.ackTimeoutMs }, clock);
    live = { connection, inFlight };
    if (isClosed) {
      await connection.disconnect("without-will");
      throw closed(name);
    }
    logger.info({ server: connection.server, version: connection.version }, "connected to the MQTT server");
    inFlight.sendNow(status.online, () => undefined);
    return live;
  }

  async function deliver(batches: readonly OutboxBatch[], signal: AbortSignal): Promise<Delivery> {
    signal.throwIfAborted();
    if (isClosed) throw closed(name);
    const { connection, inFlight } = await connected(signal);
    const delivery = createDelivery(connection, inFlight);
    try {
      for (const batch of batches) {
        for (const packed of pack(batch, options, limitsOf(options, connection))) {
          await delivery.send(batch, packed, signal);
        }
      }
      return await delivery.end(signal);
    } catch (thrown) {
      // What is on its way would be confirmed to nobody.
      if (inFlight.waiting > 0) connection.drop(new SinkError("failed", `${connection.server}: given up`));
      throw thrown;
    }
  }

  return {
    name,
    kind: "mqtt",
    streams: options.streams,
    // Every message tells when it was read and in which order: a receiver sorts it in.
    lane: "in-order",
    rowsAtOnce: ROWS_AT_ONCE,
    deliver,
    async close() {
      isClosed = true;
      const last = live?.connection;
      live = undefined;
      if (last === undefined || last.lost.aborted) return;
      last.publish(status.offline, () => undefined);
      await last.disconnect("without-will");
    },
  };
}

const closed = (name: string) => new SinkError("failed", `the sink ${name} is closed`);

const limitsOf = (options: MqttSinkOptions, { maximumPacketSize }: MqttConnection): PackLimits => ({
  payload: options.maxMessageBytes,
  packet: maximumPacketSize,
});

interface RunningDelivery {
  send(batch: OutboxBatch, packed: Packed, signal: AbortSignal): Promise<void>;
  end(signal: AbortSignal): Promise<Delivery>;
}

function createDelivery(connection: MqttConnection, inFlight: InFlight): RunningDelivery {
  const refused: Refusal[] = [];
  let failure: SinkError | undefined;

  function refuse(batch: OutboxBatch, rows: readonly number[], reason: string): void {
    for (const row of rows) refused.push({ batch, row, reason });
  }

  function answered(batch: OutboxBatch, rows: readonly number[], error: Error | undefined): void {
    if (error === undefined) return;
    const poison = poisonReason(error);
    if (poison === undefined) failure ??= sinkErrorOf(error, connection.server);
    else refuse(batch, rows, poison);
  }

  return {
    async send(batch, packed, signal) {
      // What would come after it must not arrive before it.
      if (failure !== undefined) throw failure;
      if (packed.kind === "refused") return refuse(batch, packed.rows, packed.reason);
      const { topic, payload, contentType, rows } = packed;
      const message: OutMessage = { topic, payload, contentType, qos: 1, retain: false };
      await inFlight.room(signal);
      inFlight.sendNow(message, (error) => answered(batch, rows, error));
    },
    async end(signal) {
      await inFlight.settle(signal);
      if (failure !== undefined) throw failure;
      return { refused };
    },
  };
}

/** The retained messages by which everybody knows whether the agent is there. */
function statusMessages(options: MqttSinkOptions, node: string) {
  const topic = fillTopic(options.topics.status, { node });
  if (topic.kind === "none") throw new TypeError(topic.reason);
  const message = (online: boolean): OutMessage => ({
    topic: topic.name,
    payload: JSON.stringify({ node, online }),
    qos: 1,
    retain: true,
    contentType: "application/json",
  });
  return { online: message(true), offline: message(false) };
}
