import { readFile } from "node:fs/promises";
import type { Clock } from "@stethos/protocol-finger/clock";
import { SinkError } from "../../ports/sink.ts";
import {
  type ConnectTarget,
  connectMqtt,
  type InMessage,
  type MqttConnection,
  type MqttVersion,
  type OutMessage,
} from "./connection.ts";
import { isOtherVersion } from "./faults.ts";
import type { ConnectionOptions } from "./options.ts";

export interface Call {
  readonly url: string;
  /** Made anew for each CONNECT. */
  readonly will?: () => Promise<OutMessage>;
  readonly onMessage: (message: InMessage) => void;
}

/** @throws SinkError; the signal's reason */
export type Dial = (call: Call, signal: AbortSignal) => Promise<MqttConnection>;

/** Connects as configured: reads the secrets each time, and finds the version of MQTT that the server speaks. */
export function createDial(options: ConnectionOptions, clientId: string, clock: Clock): Dial {
  const versions = new Map<string, MqttVersion>();

  async function attempt(call: Call, version: MqttVersion, signal: AbortSignal): Promise<MqttConnection> {
    const secrets = await readSecrets(options);
    return connectMqtt(
      { ...target(options, clientId), ...call, ...secrets, version, will: await call.will?.() },
      clock,
      signal,
    );
  }

  return async (call, signal) => {
    const version = options.protocolVersion === "3.1.1" ? 4 : (versions.get(call.url) ?? 5);
    try {
      return await attempt(call, version, signal);
    } catch (thrown) {
      if (options.protocolVersion !== "auto" || version === 4 || !mayBeOlder(thrown)) throw thrown;
      signal.throwIfAborted();
      const connection = await attempt(call, 4, signal);
      // A server that hung up may have had another reason; one that named the version had not.
      if (isOtherVersion(causeOf(thrown))) versions.set(call.url, 4);
      return connection;
    }
  };
}

const causeOf = (thrown: unknown): unknown => (thrown instanceof SinkError ? thrown.cause : thrown);

/** A server of MQTT 3.1.1 names the version (3.1.2.2), answers what is no CONNACK of MQTT 5, or just hangs up. */
function mayBeOlder(thrown: unknown): boolean {
  const cause = causeOf(thrown);
  return isOtherVersion(cause) || cause === undefined || (cause instanceof Error && !("code" in cause));
}

function target(
  options: ConnectionOptions,
  clientId: string,
): Omit<ConnectTarget, keyof Call | "version" | "password" | "tls"> {
  return {
    clientId,
    keepaliveS: options.keepaliveS,
    connectTimeoutMs: options.connectTimeoutMs,
    username: options.username,
  };
}

async function readSecrets(options: ConnectionOptions): Promise<Pick<ConnectTarget, "password" | "tls">> {
  const { passwordFile, caFile, certFile, keyFile } = options;
  return {
    password: passwordFile === undefined ? undefined : trimmed(await secret(passwordFile)),
    tls: {
      ...(caFile !== undefined && { ca: await secret(caFile) }),
      ...(certFile !== undefined && { cert: await secret(certFile) }),
      ...(keyFile !== undefined && { key: await secret(keyFile) }),
    },
  };
}

async function secret(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SinkError("denied", `${path} cannot be read; check that it is there, its owner and its mode`, {
      cause,
    });
  }
}

/** Editors end a file with a line feed. */
const trimmed = (text: Buffer): Buffer => Buffer.from(text.toString("utf8").replace(/\r?\n$/, ""));
