import { setImmediate as breathe } from "node:timers/promises";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { OutboxBatch } from "../../../core/outbox/outbound.ts";
import type { Logger } from "../../../ports/logger.ts";
import type { Refusal } from "../../../ports/sink.ts";
import type { MqttConnection } from "../connection.ts";
import type { InFlight } from "../in-flight.ts";
import { untilAborted } from "../until-aborted.ts";
import type { BirthWatch } from "./birth-watch.ts";
import { deviceBirth, mostBytes, nodeBirth } from "./births.ts";
import { type DataRun, dataRuns } from "./data-rows.ts";
import { type DataRow, ddata, ddeath, ndeath } from "./payload.ts";
import { isGone, type Points } from "./points.ts";
import type { NodeTopics } from "./topics.ts";

/** A Sparkplug session of the edge node: from its births to its death, over one connection. */
export interface NodeSession {
  /** Births where they are due, then the data. @returns rows that fit into no message of this server */
  send(batch: OutboxBatch, signal: AbortSignal): Promise<readonly Refusal[]>;
  /** A host asks for the births: no data from now on until they are sent. */
  askRebirth(): void;
  /** NDEATH, then DISCONNECT. */
  end(): Promise<void>;
}

export interface NodeSessionDeps {
  readonly connection: MqttConnection;
  readonly inFlight: InFlight;
  readonly topics: NodeTopics;
  readonly points: Points;
  readonly births: BirthWatch;
  /** Of this connection's will. */
  readonly bdSeq: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface NodeSessionOptions {
  readonly maxMessageBytes: number;
  readonly rebirthMinMs: number;
  readonly sequences: boolean;
}

export function createNodeSession(deps: NodeSessionDeps, options: NodeSessionOptions): NodeSession {
  const { connection, inFlight, topics, points, bdSeq, clock, logger } = deps;
  const alive = new Set<string>();
  /** Of the next message: one count for all of the node. */
  let seq = 0;
  let isBorn = false;
  let lastBirthMs = Number.NEGATIVE_INFINITY;
  /** While it is there, no data goes out. */
  let rebirth: Promise<void> | undefined;

  const nowMs = () => clock.nowUs() / 1000;

  function say(topic: string, payload: Uint8Array): void {
    inFlight.sendNow({ topic, payload, qos: 0, retain: false }, () => undefined);
    seq = (seq + 1) % 256;
  }

  /** Nothing can come between the births: nothing is waited for. */
  function bear(): void {
    const birth = nodeBirth(deps, points, bdSeq, nowMs());
    deps.births.expect(birth.payload);
    seq = 0;
    say(topics.nbirth, birth.payload);
    alive.clear();
    for (const { device, topic, payload } of birth.devices) {
      say(topic, payload);
      alive.add(device);
    }
    points.bear();
    isBorn = true;
    lastBirthMs = clock.monotonicMs();
    logger.info({ bdSeq, devices: birth.devices.length }, "published the Sparkplug births");
  }

  async function bearAgain(): Promise<void> {
    const wait = lastBirthMs + options.rebirthMinMs - clock.monotonicMs();
    if (wait > 0) await clock.sleep(wait, connection.lost);
    bear();
  }

  async function born(signal: AbortSignal): Promise<void> {
    while (rebirth !== undefined) await untilAborted(rebirth, signal);
    connection.lost.throwIfAborted();
    if (!isBorn || points.isStale) bear();
  }

  function comeBack(device: string): void {
    const { topic, payload } = deviceBirth(deps, device, points.devices().get(device) ?? [], seq, nowMs());
    say(topic, payload);
    alive.add(device);
  }

  function encode(batch: OutboxBatch, rows: readonly DataRow[]): Uint8Array {
    return ddata(rows, {
      seq,
      nowMs: nowMs(),
      isHistorical: batch.isBacklog,
      uuid: `${batch.epoch}/${batch.number}`,
      withSequences: options.sequences,
    });
  }

  async function sendRun(batch: OutboxBatch, run: DataRun, signal: AbortSignal): Promise<Refusal[]> {
    const topic = topics.device("DDATA", run.device);
    const most = Math.min(options.maxMessageBytes, mostBytes(connection, topic));
    const left: (readonly DataRow[])[] = [run.rows];
    const refused: Refusal[] = [];
    for (let rows = left.pop(); rows !== undefined; rows = left.pop()) {
      await inFlight.room(signal);
      // So that a host's request is heard between two messages.
      await breathe();
      await born(signal);
      // From here to `say` nothing is waited for: a host's request cannot come between.
      if (!alive.has(run.device)) comeBack(run.device);
      const payload = encode(batch, rows);
      if (payload.length <= most) {
        say(topic, payload);
        if (!batch.isBacklog) remember(rows);
      } else if (rows.length > 1) {
        const half = rows.length >> 1;
        left.push(rows.slice(half), rows.slice(0, half));
      } else refused.push(...tooLong(batch, rows, payload.length, most));
    }
    return refused;
  }

  function bury(device: string): void {
    if (!alive.has(device) || !isGone(points.devices().get(device) ?? [])) return;
    say(topics.device("DDEATH", device), ddeath(seq, nowMs()));
    alive.delete(device);
  }

  return {
    async send(batch, signal) {
      const refused: Refusal[] = [];
      const devices = new Set<string>();
      await born(signal);
      for (const run of dataRuns(batch, points)) {
        devices.add(run.device);
        refused.push(...(await sendRun(batch, run, signal)));
      }
      await born(signal);
      for (const device of devices) bury(device);
      return refused;
    },
    askRebirth() {
      if (!isBorn || rebirth !== undefined) return;
      rebirth = bearAgain().finally(() => {
        rebirth = undefined;
      });
      // Who waits for it is told; a birth that cannot be sent ends the connection.
      rebirth.catch((thrown) => connection.drop(thrown));
    },
    async end() {
      if (connection.lost.aborted) return;
      const payload = ndeath(bdSeq, nowMs());
      connection.publish({ topic: topics.ndeath, payload, qos: 1, retain: false }, () => undefined);
      await connection.disconnect("with-will");
    },
  };
}

function remember(rows: readonly DataRow[]): void {
  for (const { point, value, status, timeMs } of rows) point.last = { value, status, timeMs };
}

const tooLong = (batch: OutboxBatch, rows: readonly DataRow[], bytes: number, most: number): Refusal[] =>
  rows.map(({ row }) => ({ batch, row, reason: `its message has ${bytes} bytes, and ${most} are the most` }));
