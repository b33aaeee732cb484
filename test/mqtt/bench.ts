import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { type MqttSinkOptions, mqttSinkOptions } from "../../edge-agent/src/adapters/mqtt/options.ts";
import { createMqttSink } from "../../edge-agent/src/adapters/mqtt/sink.ts";
import { readingsOf, TAGS } from "../contract/sink-batches.ts";
import type { ReceivedRow, SinkBench } from "../contract/sink-bench.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { startMosquitto } from "./mosquitto.ts";
import { type Observer, observe, type Seen } from "./observer.ts";
import { openTcpGate, type TcpGate } from "./tcp-gate.ts";

/** Mosquitto with users, a port before it that can be spoilt, and somebody who hears all of it. */
export interface Broker extends Pick<SinkBench, "network" | "restart" | "credentials" | "close"> {
  readonly url: string;
  readonly passwordFile: string;
  readonly observer: Observer;
  readonly gate: TcpGate;
}

export const USER = "edge";
const GOOD = { observer: "watching", [USER]: "a good password" };
const BAD = { observer: "watching", [USER]: "another password" };

export async function openBroker(): Promise<Broker> {
  const mosquitto = await startMosquitto({ users: GOOD });
  const gate = await openTcpGate(mosquitto.port);
  const observer = await observe(mosquitto.port, { username: "observer", password: GOOD.observer });
  const passwordFile = join(mosquitto.folder, "password");
  await writeFile(passwordFile, `${GOOD[USER]}\n`, { mode: 0o600 });
  let state: Parameters<TcpGate["set"]>[0] = "up";
  return {
    url: `mqtt://127.0.0.1:${gate.port}`,
    passwordFile,
    observer,
    gate,
    async network(next) {
      state = next;
      gate.set(next);
    },
    async restart() {
      // Nobody publishes before the observer hears again: QoS 0 would be lost to it.
      gate.set("cut");
      await mosquitto.restart();
      await observer.reconnected();
      await observer.caughtUp();
      gate.set(state);
    },
    async credentials(good) {
      await mosquitto.setUsers(good ? GOOD : BAD);
    },
    async close() {
      await observer.close();
      await gate.close();
      await mosquitto.close();
    },
  };
}

/** So short that an outage does not take minutes. */
export const IMPATIENT = { connectTimeoutMs: 2000, ackTimeoutMs: 2000 };

export async function openMqttBench(mode: MqttSinkOptions["mode"]): Promise<SinkBench> {
  const broker = await openBroker();
  const options = mqttSinkOptions.parse({
    ...IMPATIENT,
    url: broker.url,
    username: USER,
    passwordFile: broker.passwordFile,
    mode,
    inFlight: 20,
  });
  return {
    ...broker,
    promise: "at-least-once",
    create: () =>
      createMqttSink(options, {
        name: "plant",
        node: "edge-1",
        clock: createSystemClock(),
        logger: silentLogger,
      }),
    async received() {
      await broker.observer.caughtUp();
      return broker.observer.seen.flatMap(rowsOfMessage);
    },
    poison: (number) => poisoned(number, mode),
  };
}

function rowsOfMessage({ topic, payload }: Seen): readonly ReceivedRow[] {
  const text = Buffer.from(payload).toString("utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  const rows = lines.map((line) => JSON.parse(line) as ReceivedRow & { stream?: string });
  if (topic.startsWith("stethos/_status/")) return [];
  return rows
    .filter(({ stream }) => stream === "readings")
    .map(({ tag, value, sequence }) => ({ tag, value, sequence }));
}

/** A tag that makes no topic; a device that makes none. */
function poisoned(number: number, mode: MqttSinkOptions["mode"]) {
  const bad =
    mode === "reading"
      ? {
          ...TAGS[0],
          id: "site/area/line/cell/pump/a+b",
          unit: "1",
          device: "plc-1",
          protocol: "s7",
          address: "x",
        }
      : {
          ...TAGS[0],
          id: "site/area/line/cell/pump/x",
          unit: "1",
          device: "plc#1",
          protocol: "s7",
          address: "x",
        };
  const tags = [...TAGS, bad as (typeof TAGS)[number]];
  return readingsOf(
    number,
    [
      { tag: 0, value: 1.5, sequence: 1000 },
      { tag: 4, value: 2.5, sequence: 1001 },
      { tag: 3, value: 3.5, sequence: 1002 },
    ],
    { tags },
  );
}
