import { SinkError } from "../../../ports/sink.ts";
import type { MqttConnection } from "../connection.ts";
import { dbirth, nbirth } from "./payload.ts";
import { isGone, type Point, type Points } from "./points.ts";
import { GOOD, qualityCode } from "./quality-code.ts";
import type { NodeTopics } from "./topics.ts";

/** Room for what stands before the topic and the payload in a packet. */
const HEADER_BYTES = 64;

/** The longest payload that a server takes under a topic, in bytes. */
export const mostBytes = ({ maximumPacketSize }: MqttConnection, topic: string): number =>
  maximumPacketSize - HEADER_BYTES - Buffer.byteLength(topic);

export interface DeviceBirth {
  readonly device: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

export interface NodeBirth {
  readonly payload: Uint8Array;
  readonly devices: readonly DeviceBirth[];
}

interface BirthDeps {
  readonly connection: MqttConnection;
  readonly topics: NodeTopics;
}

/** NBIRTH, and DBIRTH of each device that is there: their sequence numbers begin at 0.
 *  @throws SinkError misfit where one is longer than the server takes */
export function nodeBirth(deps: BirthDeps, points: Points, bdSeq: number, nowMs: number): NodeBirth {
  const living = [...points.devices()].filter(([, list]) => !isGone(list));
  return {
    payload: nbirth(bdSeq, 0, nowMs),
    devices: living.map(([device, list], i) => deviceBirth(deps, device, list, (i + 1) % 256, nowMs)),
  };
}

/** @throws SinkError misfit where it is longer than the server takes */
export function deviceBirth(
  { connection, topics }: BirthDeps,
  device: string,
  list: readonly Point[],
  seq: number,
  nowMs: number,
): DeviceBirth {
  const topic = topics.device("DBIRTH", device);
  const payload = dbirth(list, seq, nowMs);
  if (payload.length > mostBytes(connection, topic)) {
    throw new SinkError(
      "misfit",
      `the Sparkplug birth of ${device} has ${payload.length} bytes, more than ${connection.server} takes, and cannot ` +
        "be split: raise the server's packet size, or divide the device",
    );
  }
  // What it says is bad, the next good value says is good.
  for (const point of list)
    point.isMarked = point.last === undefined || qualityCode(point.last.status) !== GOOD;
  return { device, topic, payload };
}
