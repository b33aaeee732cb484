import type { Clock } from "@stethos/protocol-finger/clock";
import type { Logger } from "../../../ports/logger.ts";
import { SinkError } from "../../../ports/sink.ts";
import type { InMessage, MqttConnection } from "../connection.ts";
import { createDial } from "../dial.ts";
import { createInFlight } from "../in-flight.ts";
import type { SparkplugSinkOptions } from "../options.ts";
import { untilAborted } from "../until-aborted.ts";
import type { BdSeq } from "./bd-seq.ts";
import type { BirthWatch } from "./birth-watch.ts";
import { readCommand } from "./commands.ts";
import { createHostState, type HostState } from "./host-state.ts";
import { createNodeSession, type NodeSession } from "./node-session.ts";
import { ndeath } from "./payload.ts";
import type { Points } from "./points.ts";
import { type NodeTopics, stateTopic } from "./topics.ts";

export interface ServerWalkDeps {
  readonly topics: NodeTopics;
  readonly points: Points;
  readonly clientId: string;
  readonly bdSeq: BdSeq;
  readonly births: BirthWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Online {
  readonly session: NodeSession;
  /** Resolves when the server has taken all that was sent before.
   *  @throws SinkError; the signal's reason */
  prove(signal: AbortSignal): Promise<void>;
}

/** One connection at a time, to one of the servers: the next one where one fails or has no primary host. */
export interface ServerWalk {
  /** Connected, subscribed, and the primary host is there.
   *  @throws SinkError; the signal's reason */
  online(signal: AbortSignal): Promise<Online>;
  close(): Promise<void>;
}

/** Messages of QoS 0 that the socket has not taken yet. */
const MOST_UNSENT = 64;

interface Stay extends Online {
  readonly url: string;
  readonly connection: MqttConnection;
  /** Resolves when the primary host is online. */
  readonly hostOnline: Promise<void>;
}

export function createServerWalk(options: SparkplugSinkOptions, deps: ServerWalkDeps): ServerWalk {
  const { topics, clock, logger } = deps;
  const dial = createDial(options, deps.clientId, clock);
  const hosts = new Map<string, HostState>(options.urls.map((url) => [url, createHostState()]));
  let at = 0;
  let stay: Stay | undefined;
  let isClosed = false;

  /** The next attempt goes to the server after this one. */
  function passOver(url: string): void {
    if (options.urls[at] === url) at = (at + 1) % options.urls.length;
  }

  /** Says goodbye, and goes on to the next server. */
  async function leave(left: Stay): Promise<void> {
    if (stay === left) stay = undefined;
    passOver(left.url);
    await left.session.end();
  }

  async function arrive(url: string, signal: AbortSignal): Promise<Stay> {
    let bdSeq = 0;
    let hear: (message: InMessage) => void = () => undefined;
    const will = async () => {
      bdSeq = await deps.bdSeq.next();
      const payload = ndeath(bdSeq, clock.nowUs() / 1000);
      return { topic: topics.ndeath, payload, qos: 1, retain: false } as const;
    };
    const connection = await dial({ url, will, onMessage: (message) => hear(message) }, signal);
    const inFlight = createInFlight(
      connection,
      { most: MOST_UNSENT, ackTimeoutMs: options.ackTimeoutMs },
      clock,
    );
    const session = createNodeSession({ ...deps, connection, inFlight, bdSeq }, options);
    const { promise: hostOnline, resolve } = Promise.withResolvers<void>();
    const arrived: Stay = {
      url,
      connection,
      session,
      hostOnline,
      prove: (signal) => prove(connection, signal),
    };
    hear = (message) => heard(message, arrived, url, resolve);
    if (options.primaryHostId === undefined) resolve();
    logger.info(
      { server: connection.server, version: connection.version, bdSeq },
      "connected to the MQTT server",
    );
    return arrived;
  }

  function heard(message: InMessage, where: Stay, url: string, hostIsOnline: () => void): void {
    const { topic, payload, retained } = message;
    if (options.primaryHostId !== undefined && topic === stateTopic(options.primaryHostId)) {
      const verdict = hosts.get(url)?.hear(payload);
      if (verdict === "online") hostIsOnline();
      if (verdict !== "offline") return;
      logger.warn(
        { server: where.connection.server },
        "the primary host is offline: leaving this MQTT server",
      );
      void leave(where);
    } else if (topic === topics.nbirth) deps.births.hear(payload);
    // A command that the server has kept is an old one.
    else if (!retained && readCommand(topic, payload, logger)) where.session.askRebirth();
  }

  async function subscribe({ connection }: Stay, signal: AbortSignal): Promise<void> {
    const { primaryHostId } = options;
    const filters = [
      { topic: topics.ncmd, qos: 1, withRetained: false },
      { topic: topics.dcmd, qos: 1, withRetained: false },
      ...(primaryHostId === undefined
        ? []
        : [{ topic: stateTopic(primaryHostId), qos: 1, withRetained: true } as const]),
    ] as const;
    const deadline = clock.deadline(options.ackTimeoutMs, signal);
    try {
      await connection.subscribe(filters, deadline.signal);
      await connection
        .subscribe([{ topic: topics.nbirth, qos: 0, withRetained: false }], deadline.signal)
        .catch((error) => {
          deadline.signal.throwIfAborted();
          connection.lost.throwIfAborted();
          logger.info({ error }, "may not hear its own births: a second node of this name would go unseen");
        });
    } catch (thrown) {
      throw deadline.expired ? silent(connection) : thrown;
    } finally {
      deadline.dispose();
    }
  }

  /** SUBACK comes behind whatever stood before its SUBSCRIBE in the stream: the server has read and routed that. It is the one
   *  request with an answer that any server lets any edge node make. */
  async function prove(connection: MqttConnection, signal: AbortSignal): Promise<void> {
    const deadline = clock.deadline(options.ackTimeoutMs, signal);
    try {
      await connection.subscribe([{ topic: topics.ncmd, qos: 1, withRetained: false }], deadline.signal);
    } catch (thrown) {
      if (!deadline.expired) throw thrown;
      const why = silent(connection);
      connection.drop(why);
      throw why;
    } finally {
      deadline.dispose();
    }
  }

  const silent = ({ server }: MqttConnection) =>
    new SinkError("unreachable", `${server} does not answer within ${options.ackTimeoutMs} ms`);

  async function meetHost(where: Stay, signal: AbortSignal): Promise<void> {
    const deadline = clock.deadline(options.hostWaitMs, AbortSignal.any([signal, where.connection.lost]));
    try {
      await untilAborted(where.hostOnline, deadline.signal);
    } catch (thrown) {
      if (!deadline.expired) throw thrown;
      if (options.urls.length > 1) await leave(where);
      throw new SinkError(
        "unreachable",
        `the primary host ${options.primaryHostId} is not online at ${where.connection.server}`,
      );
    } finally {
      deadline.dispose();
    }
  }

  async function here(url: string, signal: AbortSignal): Promise<Stay> {
    if (stay !== undefined && !stay.connection.lost.aborted) return stay;
    stay = undefined;
    const arrived = await arrive(url, signal);
    stay = arrived;
    if (isClosed) {
      await leave(arrived);
      throw new SinkError("failed", "the sink is closed");
    }
    try {
      await subscribe(arrived, signal);
      return arrived;
    } catch (thrown) {
      arrived.connection.drop(new SinkError("failed", `${arrived.connection.server}: could not subscribe`));
      throw thrown;
    }
  }

  async function attempt(signal: AbortSignal): Promise<Online> {
    const url = options.urls[at] ?? "";
    try {
      const arrived = await here(url, signal);
      await meetHost(arrived, signal);
      return arrived;
    } catch (thrown) {
      if (stay === undefined || stay.connection.lost.aborted) passOver(url);
      throw thrown;
    }
  }

  return {
    async online(signal) {
      let last: unknown;
      for (let tries = 0; tries < options.urls.length; tries += 1) {
        try {
          return await attempt(signal);
        } catch (thrown) {
          if (signal.aborted || isClosed) throw thrown;
          last = thrown;
        }
      }
      throw last;
    },
    async close() {
      isClosed = true;
      const last = stay;
      stay = undefined;
      await last?.session.end();
    },
  };
}
