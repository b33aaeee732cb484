import { Socket } from "node:net";
import type { Clock } from "@stethos/protocol-finger/clock";
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { SinkError } from "../../ports/sink.ts";
import { sinkErrorOf } from "./faults.ts";

export type MqttVersion = 4 | 5;

export interface OutMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MIME type of the payload, told where the server speaks MQTT 5. */
  readonly contentType?: string;
}

export interface InMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Kept by the server from an earlier time. */
  readonly retained: boolean;
}

/** One network connection, from CONNACK to its end; there is no second life. */
export interface MqttConnection {
  readonly version: MqttVersion;
  /** Host and port, for messages. */
  readonly server: string;
  /** Aborts, with a SinkError as its reason, when the connection is gone. */
  readonly lost: AbortSignal;
  /** The longest packet that the server takes, in bytes. */
  readonly maximumPacketSize: number;
  /** Messages of QoS 1 that the server takes at a time. */
  readonly receiveMaximum: number;
  /** QoS 1: `done` is told when the server has taken it; QoS 0: when the socket has. Told of an error at most once; never
   *  after `lost`, which speaks for all that waits. Messages go out in the order of the calls. */
  publish(message: OutMessage, done: (error?: Error) => void): void;
  /** @throws SinkError denied where the server refuses one of them */
  subscribe(filters: readonly Filter[], signal: AbortSignal): Promise<void>;
  /** DISCONNECT, then the end of the connection. "with-will": the server sends the will all the same (MQTT 5 only). */
  disconnect(how: "without-will" | "with-will"): Promise<void>;
  /** The end at once: the server will send the will. */
  drop(why: SinkError): void;
}

export interface Filter {
  readonly topic: string;
  readonly qos: 0 | 1;
  /** What the server has kept of it comes at once; without this only where the server speaks MQTT 3.1.1. */
  readonly withRetained: boolean;
}

export interface ConnectTarget {
  readonly url: string;
  readonly version: MqttVersion;
  readonly clientId: string;
  readonly keepaliveS: number;
  readonly connectTimeoutMs: number;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  /** None where nobody is to hear that this connection is lost. */
  readonly will?: OutMessage | undefined;
  /** Told from the first message on. */
  readonly onMessage: (message: InMessage) => void;
}

const NO_LIMIT = 268_435_455;
const MOST_IN_FLIGHT = 65_535;
/** MQTT 5, 3.14.2.1. */
const DISCONNECT_WITH_WILL = 0x04;
/** DISCONNECT waits behind what the socket still holds: so long, then the connection is cut. */
const GOODBYE_MS = 2000;

/** One attempt: resolves with CONNACK.
 *  @throws SinkError; the signal's reason */
export async function connectMqtt(
  target: ConnectTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<MqttConnection> {
  signal.throwIfAborted();
  const server = URL.parse(target.url)?.host ?? target.url;
  const client = connect(target.url, clientOptions(target));
  // Small packets wait for no others: the acknowledgement of one lets the next one go.
  if (client.stream instanceof Socket) client.stream.setNoDelay(true);
  const lost = new AbortController();
  let trouble: unknown;
  // The cause comes first, then "close" says that it is over.
  client.on("error", (error) => {
    trouble ??= error;
    // First: what waits is told of the cause, and not that the library has given up.
    lost.abort(sinkErrorOf(trouble, server));
    client.end(true);
  });
  client.on("disconnect", (packet) => {
    trouble ??= reasonOf(packet.reasonCode ?? 0);
  });
  client.on("close", () => {
    lost.abort(trouble === undefined ? closed(server) : sinkErrorOf(trouble, server));
  });
  client.on("message", (topic, payload, packet: IPublishPacket) =>
    target.onMessage({ topic, payload, retained: packet.retain }),
  );
  return new Promise((resolve, reject) => {
    const give = (reason: unknown) => {
      signal.removeEventListener("abort", onAbort);
      client.end(true);
      reject(reason);
    };
    const onAbort = () => give(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    lost.signal.addEventListener("abort", () => give(lost.signal.reason), { once: true });
    client.once("connect", (connack) => {
      signal.removeEventListener("abort", onAbort);
      resolve(wrap({ client, version: target.version, server, lost, clock }, connack.properties ?? {}));
    });
  });
}

function clientOptions(target: ConnectTarget): IClientOptions {
  const { will } = target;
  return {
    protocolVersion: target.version,
    clientId: target.clientId,
    // The outbox is the queue: the server keeps no session, the library no messages.
    clean: true,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    keepalive: target.keepaliveS,
    connectTimeout: target.connectTimeoutMs,
    ...(target.username !== undefined && { username: target.username }),
    ...(target.password !== undefined && { password: target.password }),
    ...target.tls,
    ...(target.version === 5 && { properties: { sessionExpiryInterval: 0 } }),
    ...(will !== undefined && {
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain },
    }),
  };
}

const closed = (server: string) => new SinkError("unreachable", `${server} closed the connection`);

/** What the server said as it hung up (MQTT 5, 3.14). */
function reasonOf(code: number): Error {
  const hint = code === 0x8e ? ": another client has the same client id" : "";
  return Object.assign(new Error(`the server ended the session, reason ${code}${hint}`), { code });
}

interface ServerLimits {
  readonly maximumPacketSize?: number;
  readonly receiveMaximum?: number;
}

interface Live {
  readonly client: MqttClient;
  readonly version: MqttVersion;
  readonly server: string;
  readonly lost: AbortController;
  readonly clock: Clock;
}

function wrap(live: Live, limits: ServerLimits): MqttConnection {
  const { client, version, server, lost } = live;
  return {
    version,
    server,
    lost: lost.signal,
    maximumPacketSize: limits.maximumPacketSize ?? NO_LIMIT,
    receiveMaximum: limits.receiveMaximum ?? MOST_IN_FLIGHT,
    publish({ topic, payload, qos, retain, contentType }, done) {
      const content = typeof payload === "string" ? payload : asBuffer(payload);
      const properties = version === 5 && contentType !== undefined ? { properties: { contentType } } : {};
      client.publish(topic, content, { qos, retain, ...properties }, (error) => {
        if (!lost.signal.aborted) done(error ?? undefined);
      });
    },
    subscribe: (filters, signal) => subscribe(live, filters, AbortSignal.any([signal, lost.signal])),
    async disconnect(how) {
      if (lost.signal.aborted) return;
      await goodbye(live, how === "with-will" && version === 5 ? { reasonCode: DISCONNECT_WITH_WILL } : {});
    },
    drop(why) {
      lost.abort(why);
      cut(client);
    },
  };
}

/** Also where a DISCONNECT waits to be sent, which the library would wait for. */
function cut(client: MqttClient): void {
  client.end(true);
  client.stream.destroy();
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function subscribe({ client, server }: Live, filters: readonly Filter[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const wanted = filters.map(({ topic, qos, withRetained }) => [topic, { qos, rh: withRetained ? 0 : 2 }]);
    // Also where it is subscribed to already: the answer is what counts.
    client.subscribe({ ...Object.fromEntries(wanted), resubscribe: true }, (error, _granted, suback) => {
      signal.removeEventListener("abort", onAbort);
      if (error === null) return resolve();
      // Without a SUBACK it is the connection that failed. MQTT 3.1.1 has one code for all refusals, 0x80.
      if (suback === undefined) return reject(sinkErrorOf(error, server));
      reject(new SinkError("denied", `${server} refuses a subscription: ${error.message}`, { cause: error }));
    });
  });
}

async function goodbye(
  { client, lost, clock }: Live,
  packet: { readonly reasonCode?: number },
): Promise<void> {
  const deadline = clock.deadline(GOODBYE_MS, lost.signal);
  const over = new Promise<void>((resolve) => {
    deadline.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  client.end(false, packet);
  await over;
  deadline.dispose();
  if (!lost.signal.aborted) cut(client);
}
