import type { DiagnosisCode } from "@stethos/protocol-finger";
import type {
  ClientSession,
  ClientSessionPublishService,
  ClientSessionRawSubscriptionService,
  EndpointDescription,
} from "node-opcua";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import { ask } from "./ask.ts";
import { type Client, createClient } from "./client.ts";
import { chooseEndpoint, dialUrls } from "./endpoint.ts";
import { readIdentity } from "./identity.ts";
import { loadOpcua, type Opcua } from "./library.ts";
import type { OpcuaOptions } from "./options.ts";
import { openTrustStore, type TrustStore } from "./trust.ts";

/** A session with the plain services of subscriptions: node-opcua's own ClientSubscription would make objects and
 *  events of each value. */
export type Session = ClientSession & ClientSessionRawSubscriptionService & ClientSessionPublishService;

/** A session that is open. */
export interface Connection {
  readonly opcua: Opcua;
  readonly session: Session;
  /** The address that was dialled. */
  readonly url: string;
  /** Aborts, with an EdgeError as its reason, when the connection is lost. */
  readonly broken: AbortSignal;
  /** Ends session and connection politely, within a second and a half, whatever their state. Never throws. */
  close(): Promise<void>;
}

interface Dial {
  readonly opcua: Opcua;
  readonly device: string;
  readonly options: OpcuaOptions;
  readonly deps: DriverDeps;
  readonly signal: AbortSignal;
}

// Making the key of the store takes a second on a slow computer, once.
const STORE_LIMIT_MS = 60_000;
const SESSION_CLOSE_MS = 1000;
const CLIENT_CLOSE_MS = 500;

/** Finds the endpoint, checks the server's certificate, opens a session.
 *  @throws EdgeError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT, CONFIG_UNREADABLE */
export async function connect(
  device: string,
  options: OpcuaOptions,
  deps: DriverDeps,
  signal: AbortSignal,
): Promise<Connection> {
  const opcua = await loadOpcua();
  const dial: Dial = { opcua, device, options, deps, signal };
  return options.securityMode === "None" ? connectPlainly(dial) : connectSecurely(dial);
}

async function connectPlainly(dial: Dial): Promise<Connection> {
  const { options } = dial;
  const plain = createClient(dial.opcua, dial.device, options, undefined, dial.deps);
  let isKept = false;
  try {
    const endpoint = await discover(dial, plain);
    const urls = dialUrls(endpoint.endpointUrl, options);
    if (urls[0] === options.endpoint) {
      const connection = await openSession(dial, plain, options.endpoint);
      isKept = true;
      return connection;
    }
    await plain.close(CLIENT_CLOSE_MS);
    return await dialEach(dial, urls, () =>
      createClient(dial.opcua, dial.device, options, undefined, dial.deps),
    );
  } finally {
    if (!isKept) await plain.close(CLIENT_CLOSE_MS);
  }
}

async function connectSecurely(dial: Dial): Promise<Connection> {
  const { opcua, options, deps, signal } = dial;
  const asking = {
    clock: deps.clock,
    what: "certificate store",
    where: options.certificateFolder,
    limitMs: STORE_LIMIT_MS,
  };
  const store = await ask(asking, () => openTrustStore(opcua, options, deps), signal);
  let connection: Connection | undefined;
  try {
    const plain = createClient(opcua, dial.device, options, undefined, deps);
    const endpoint = await discover(dial, plain).finally(() => plain.close(CLIENT_CLOSE_MS));
    const { serverCertificate } = endpoint;
    await ask(asking, () => store.check(serverCertificate, options.endpoint), signal);
    const security = {
      mode: endpoint.securityMode,
      policyUri: endpoint.securityPolicyUri ?? "",
      serverCertificate,
      store,
    };
    connection = await dialEach(dial, dialUrls(endpoint.endpointUrl, options), () =>
      createClient(opcua, dial.device, options, security, deps),
    );
    return withStore(connection, store);
  } finally {
    if (connection === undefined) await store.dispose();
  }
}

function withStore(connection: Connection, store: TrustStore): Connection {
  return {
    ...connection,
    async close() {
      await connection.close();
      await store.dispose();
    },
  };
}

/** Asks the server what it offers, over a connection without security, which every server allows for this. */
async function discover(dial: Dial, plain: Client): Promise<EndpointDescription> {
  const { options } = dial;
  await dialled(dial, plain, options.endpoint);
  const offered = await wait(dial, "list of endpoints", options.endpoint, () => plain.client.getEndpoints());
  return chooseEndpoint(offered, options);
}

async function dialEach(dial: Dial, urls: readonly string[], make: () => Client): Promise<Connection> {
  let failure: unknown;
  for (const url of urls) {
    const client = make();
    try {
      await dialled(dial, client, url);
      return await openSession(dial, client, url);
    } catch (thrown) {
      await client.close(CLIENT_CLOSE_MS);
      failure = thrown;
      const isElsewhere = thrown instanceof EdgeError && thrown.code !== "PLC_REFUSED";
      if (!isElsewhere || dial.signal.aborted) throw thrown;
      dial.deps.logger.debug({ url, err: describeError(thrown) }, "address does not answer");
    }
  }
  throw failure;
}

async function dialled(dial: Dial, client: Client, url: string): Promise<void> {
  await wait(dial, "connection", url, () => client.client.connect(url), "HOST_SILENT");
}

async function openSession(dial: Dial, client: Client, url: string): Promise<Connection> {
  const identity = await readIdentity(dial.opcua, dial.options);
  const broken = watch(client, url);
  const session = await wait(dial, "session", url, () => client.client.createSession(identity));
  if (!hasPlainServices(session)) throw new TypeError("this node-opcua has no createMonitoredItems");
  return {
    opcua: dial.opcua,
    session,
    url,
    broken,
    async close() {
      await closeSession(dial, session, url);
      await client.close(CLIENT_CLOSE_MS);
    },
  };
}

const hasPlainServices = (session: ClientSession): session is Session => "createMonitoredItems" in session;

function watch(client: Client, url: string): AbortSignal {
  const broken = new AbortController();
  const onEnd = (cause?: Error | null) =>
    broken.abort(
      new EdgeError("PLC_UNREACHABLE", `${url} ended the connection; it is made anew`, {
        ...(cause && { cause }),
      }),
    );
  client.client.on("close", onEnd);
  client.client.on("connection_lost", () => onEnd());
  return broken.signal;
}

/** An abrupt end leaves the session on the server: an S7-1500 keeps it for 20 minutes, and has few. */
async function closeSession(dial: Dial, session: ClientSession, url: string): Promise<void> {
  const asking = {
    clock: dial.deps.clock,
    what: "end of the session",
    where: url,
    limitMs: SESSION_CLOSE_MS,
  };
  try {
    await ask(asking, () => session.close(true), new AbortController().signal);
  } catch (thrown) {
    dial.deps.logger.debug({ url, err: describeError(thrown) }, "session not closed");
  }
}

function wait<T>(
  dial: Dial,
  what: string,
  where: string,
  work: () => Promise<T>,
  silence?: DiagnosisCode,
): Promise<T> {
  const { clock } = dial.deps;
  const limitMs = dial.options.connectTimeoutMs;
  return ask({ clock, what, where, limitMs, ...(silence && { silence }) }, work, dial.signal);
}
