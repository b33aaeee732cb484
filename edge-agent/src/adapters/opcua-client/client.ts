import { hostname } from "node:os";
import type { ClientSecureChannelLayer, OPCUAClient, OPCUAClientOptions } from "node-opcua";
import { describeError } from "../../core/errors.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import { ask } from "./ask.ts";
import type { Opcua } from "./library.ts";
import type { OpcuaOptions } from "./options.ts";
import { guardedTransport } from "./transport.ts";
import type { TrustStore } from "./trust.ts";

export type ClientOptions = Pick<
  OpcuaOptions,
  "applicationUri" | "connectTimeoutMs" | "requestTimeoutMs" | "heartbeatMs"
>;

/** A node-opcua client that neither reconnects by itself nor outlives its close. */
export interface Client {
  readonly client: OPCUAClient;
  /** Within `limitMs`, whatever its state: politely first, then by force. Never throws. */
  close(limitMs: number): Promise<void>;
}

/** What a secure channel needs; undefined for one without security. */
export interface Security {
  readonly mode: number;
  readonly policyUri: string;
  readonly serverCertificate: Buffer;
  readonly store: TrustStore;
}

// Room for a block of a million doubles with everything around it; a peer that sends more is cut off.
const MOST_MESSAGE_BYTES = 16 * 1024 * 1024;

export function createClient(
  opcua: Opcua,
  name: string,
  options: ClientOptions,
  security: Security | undefined,
  deps: DriverDeps,
): Client {
  const client = opcua.OPCUAClient.create({
    applicationName: "Stethos edge agent",
    applicationUri: options.applicationUri ?? `urn:${hostname()}:stethos`,
    clientName: `stethos ${name} `,
    // One attempt: when to try again is this product's own decision.
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    // The host that a server says it has need not be the one it was dialled by.
    endpointMustExist: false,
    // A socket that is silent for so long is cut; between two heartbeats it may be.
    transportTimeout: options.connectTimeoutMs + 2 * options.heartbeatMs,
    defaultTransactionTimeout: options.requestTimeoutMs,
    requestedSessionTimeout: Math.max(60_000, 4 * options.heartbeatMs),
    transportFactory: guardedTransport(opcua),
    transportSettings: { maxMessageSize: MOST_MESSAGE_BYTES },
    ...(security === undefined ? withoutCertificate() : withCertificate(security)),
  });
  if (security === undefined) skipCertificateCheck(client);
  let channel: ClientSecureChannelLayer | undefined;
  client.on("secure_channel_created", (created) => {
    channel = created;
  });
  return {
    client,
    async close(limitMs) {
      const asking = {
        clock: deps.clock,
        what: "end of the connection",
        where: client.endpointUrl,
        limitMs,
      };
      try {
        await ask(asking, () => client.disconnect(), new AbortController().signal);
      } catch (thrown) {
        deps.logger.debug({ err: describeError(thrown) }, "connection cut");
        // Ends what still waits for an answer, with its timers, and destroys the socket.
        channel?.cancelPendingTransactions(() => undefined);
        channel?.abortConnection(() => undefined);
      }
    },
  };
}

function withCertificate(security: Security): OPCUAClientOptions {
  return {
    securityMode: security.mode,
    securityPolicy: security.policyUri,
    serverCertificate: security.serverCertificate,
    clientCertificateManager: security.store.manager,
  };
}

/** Without security a certificate proves nothing, and making one would need a folder and a second of work. */
function withoutCertificate(): OPCUAClientOptions {
  const none = {
    certificateFile: "<in-memory>",
    privateKeyFile: "<in-memory>",
    // Its types know no client without one; its code does (opcua_client_impl.ts, _getApplicationUri).
    getCertificate: () => null as unknown as Buffer,
    getCertificateChain: () => [],
    getPrivateKey: () => ({ hidden: "" }),
    getKeyOperations: () => undefined,
  };
  return { certificateKeyPairProvider: none };
}

/** node-opcua 2.186 insists on a certificate even where nothing is signed (client_base_impl.ts, initializeCM). */
function skipCertificateCheck(client: OPCUAClient): void {
  Object.defineProperty(client, "initializeCM", { value: () => Promise.resolve() });
}
