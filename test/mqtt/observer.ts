import { randomUUID } from "node:crypto";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";

export interface Seen {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly retain: boolean;
}

/** Somebody who hears everything that a server hands on, as it comes. */
export interface Observer {
  readonly seen: readonly Seen[];
  /** What a server has when this resolves, `seen` has. */
  caughtUp(): Promise<void>;
  publish(
    topic: string,
    payload: string | Uint8Array,
    options?: { qos?: 0 | 1; retain?: boolean },
  ): Promise<void>;
  /** Resolves when so many messages fit, of all since the start. */
  until(fits: (seen: Seen) => boolean, count?: number): Promise<void>;
  /** Resolves when it hears the server again after a restart. */
  reconnected(): Promise<void>;
  close(): Promise<void>;
}

const MARKS = "observer-marks";

export async function observe(port: number, options: IClientOptions = {}): Promise<Observer> {
  const seen: Seen[] = [];
  const marks = new Map<string, () => void>();
  const watchers = new Set<() => void>();
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    // The server keeps for it what comes while it restarts.
    clientId: `observer-${randomUUID()}`,
    clean: false,
    reconnectPeriod: 20,
    protocolVersion: 4,
    ...options,
  });
  client.on("error", () => undefined);
  client.on("message", (topic, payload, packet) => {
    if (topic === MARKS) return marks.get(payload.toString())?.();
    seen.push({ topic, payload: Uint8Array.from(payload), qos: packet.qos, retain: packet.retain });
    for (const watcher of watchers) watcher();
  });
  await client.subscribeAsync(["#", MARKS], { qos: 1 });
  const published = async (
    topic: string,
    payload: string | Uint8Array,
    how: { qos?: 0 | 1; retain?: boolean },
  ) => {
    await client.publishAsync(topic, Buffer.from(payload), how);
  };
  return {
    seen,
    publish: (topic, payload, how = {}) => published(topic, payload, how),
    async caughtUp() {
      // A server hands messages on in the order in which it took them.
      const mark = randomUUID();
      const heard = new Promise<void>((resolve) => marks.set(mark, resolve));
      await published(MARKS, mark, { qos: 1 });
      await heard;
      marks.delete(mark);
    },
    until: (fits, count = 1) =>
      new Promise((resolve) => {
        let at = 0;
        let fitting = 0;
        const look = () => {
          for (const each of seen.slice(at)) if (fits(each)) fitting += 1;
          at = seen.length;
          if (fitting < count) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    reconnected: () => connected(client),
    close: () => client.endAsync(true),
  };
}

async function connected(client: MqttClient): Promise<void> {
  if (!client.connected) await new Promise((resolve) => client.once("connect", resolve));
}
