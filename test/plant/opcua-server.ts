import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DataType,
  LogLevel,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  ReadRequest,
  SecurityPolicy,
  type ServerSession,
  type StatusCode,
  StatusCodes,
  type Subscription,
  setLogLevel,
  type UAVariable,
  Variant,
  VariantArrayType,
} from "node-opcua";
import { disposeCertificates, removeCertificates } from "./opcua-certificates.ts";

export type OpcuaSecurityMode = "None" | "Sign" | "SignAndEncrypt";
export type OpcuaType = keyof typeof DataType;

/** A simulated controller on 127.0.0.1: node-opcua's own server. */
export interface OpcuaServer {
  readonly port: number;
  /** Where to dial; what the server calls itself may differ. */
  readonly url: string;
  readonly certificateFile: string;
  /** @returns the address of the new variable */
  add(name: string, type: OpcuaType, value: unknown, access?: VariableAccess): string;
  /** Sets value, status and source time; status Good and the time now where absent. */
  set(name: string, value: unknown, at?: ValueFacts): void;
  /** An array of samples and the number that counts its blocks: rewrite both with `setBlock`. */
  addWaveform(name: string, type: OpcuaType, samples: ArrayLike<number>): WaveformAddresses;
  setBlock(name: string, samples: ArrayLike<number>, sequence: number): void;
  /** Runs whenever a client has the samples read, after they are taken. */
  onBlockRead(name: string, hook: () => void): void;
  /** Sessions that clients hold open. */
  sessions(): number;
  subscriptions(): number;
  /** Ends all subscriptions as a server short of memory would. */
  dropSubscriptions(): void;
  /** Requests, by the name of the service, since the start. */
  requests(service: string): number;
  close(): Promise<void>;
}

export interface OpcuaServerOptions {
  /** A free one where absent. */
  readonly port?: number;
  readonly securityModes?: readonly OpcuaSecurityMode[];
  /** What the server calls its host, to clients that ask for its endpoints. */
  readonly hostnameOverride?: string;
  /** What the server adds to its address. */
  readonly path?: string;
  /** Certificate store; a folder of its own, which goes with the server, where absent. */
  readonly certificateFolder?: string;
  /** Clients whose certificate it does not know are turned away. */
  readonly isStrict?: boolean;
  /** Passwords by user; where given nobody else gets in. */
  readonly users?: Readonly<Record<string, string>>;
  readonly limits?: {
    readonly nodesPerRead?: number;
    readonly itemsPerCall?: number;
    readonly sessions?: number;
  };
}

export interface VariableAccess {
  readonly isReadable: boolean;
  /** As the value looks where absent; a 64-bit integer is a pair and looks like an array. */
  readonly isArray?: boolean;
}

export interface ValueFacts {
  readonly status?: StatusCode;
  readonly sourceTime?: Date;
}

export interface WaveformAddresses {
  readonly address: string;
  readonly sequenceAddress: string;
}

interface Served {
  readonly variable: UAVariable;
  readonly type: DataType;
  readonly isArray: boolean;
}

const HOST = "127.0.0.1";

export async function startOpcuaServer(options: OpcuaServerOptions = {}): Promise<OpcuaServer> {
  setLogLevel(LogLevel.Emergency);
  const folder = options.certificateFolder ?? (await mkdtemp(join(tmpdir(), "opcua-server-")));
  const certificates = new OPCUACertificateManager({
    rootFolder: folder,
    disableFileWatchers: true,
    automaticallyAcceptUnknownCertificate: options.isStrict !== true,
  });
  await certificates.initialize();
  const server = new OPCUAServer(serverOptions(options, certificates));
  const requests = new Map<string, number>();
  server.on("request", (request) => {
    const name = request.schema.name;
    requests.set(name, (requests.get(name) ?? 0) + 1);
  });
  const subscriptions = new Set<Subscription>();
  server.on("create_session", (session: ServerSession) => {
    session.on("new_subscription", (one: Subscription) => subscriptions.add(one));
    session.on("subscription_terminated", (one: Subscription) => subscriptions.delete(one));
  });
  await server.initialize();
  const variables = createVariables(server);
  await server.start();
  const port = server.endpoints[0]?.port ?? 0;
  return {
    ...variables,
    port,
    url: `opc.tcp://${HOST}:${port}${options.path ?? ""}`,
    certificateFile: server.certificateFile,
    sessions: () => server.currentSessionCount,
    subscriptions: () => subscriptions.size,
    dropSubscriptions() {
      for (const one of subscriptions) one.terminate();
    },
    requests: (service) => requests.get(service) ?? 0,
    async close() {
      await server.shutdown(0);
      await disposeCertificates(certificates);
      if (options.certificateFolder === undefined) await removeCertificates(folder);
    },
  };
}

type ServerOptions = NonNullable<ConstructorParameters<typeof OPCUAServer>[0]>;

function serverOptions(options: OpcuaServerOptions, certificates: OPCUACertificateManager): ServerOptions {
  const modes = options.securityModes ?? ["None"];
  const { users, limits } = options;
  return {
    host: HOST,
    hostname: options.hostnameOverride ?? HOST,
    port: options.port ?? 0,
    ...(options.path !== undefined && { resourcePath: options.path }),
    securityModes: modes.map((mode) => MessageSecurityMode[mode]),
    securityPolicies: [SecurityPolicy.Basic256Sha256, SecurityPolicy.None].filter(
      (policy) => policy !== SecurityPolicy.None || modes.includes("None"),
    ),
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    allowAnonymous: users === undefined,
    userManager: {
      isValidUser: (user: string, password: string) => users !== undefined && users[user] === password,
    },
    maxConnectionsPerEndpoint: 100,
    serverCapabilities: {
      maxSessions: limits?.sessions ?? 20,
      operationLimits: {
        ...(limits?.nodesPerRead !== undefined && { maxNodesPerRead: limits.nodesPerRead }),
        ...(limits?.itemsPerCall !== undefined && { maxMonitoredItemsPerCall: limits.itemsPerCall }),
      },
    },
  };
}

type Variables = Pick<OpcuaServer, "add" | "set" | "addWaveform" | "setBlock" | "onBlockRead">;

function createVariables(server: OPCUAServer): Variables {
  const space = server.engine.addressSpace;
  if (!space) throw new Error("the server has no address space");
  const namespace = space.getOwnNamespace();
  const folder = namespace.addFolder(space.rootFolder.objects, { browseName: "Plant" });
  const served = new Map<string, Served>();
  const hooks = new Map<string, () => void>();
  callHooks(server, hooks);

  function serve(name: string, type: OpcuaType, isArray: boolean, access: VariableAccess): Served {
    const variable = namespace.addVariable({
      componentOf: folder,
      browseName: name,
      nodeId: `s=${name}`,
      dataType: DataType[type],
      // -1: a single value; 1: an array (OPC 10000-3, ValueRank).
      valueRank: isArray ? 1 : -1,
      // Told when it changes, not looked at now and then.
      minimumSamplingInterval: 0,
      ...(!access.isReadable && { userAccessLevel: "CurrentWrite" }),
    });
    const entry = { variable, type: DataType[type], isArray };
    served.set(name, entry);
    return entry;
  }

  function find(name: string): Served {
    const entry = served.get(name);
    if (entry === undefined) throw new RangeError(`the server has no variable ${name}`);
    return entry;
  }

  const addressOf = (name: string) => `ns=${namespace.index};s=${name}`;
  function set(name: string, value: unknown, at: ValueFacts = {}): void {
    const { variable, ...shape } = find(name);
    variable.setValueFromSource(
      variantOf(shape, value),
      at.status ?? StatusCodes.Good,
      at.sourceTime ?? new Date(),
    );
  }

  return {
    add(name, type, value, access = { isReadable: true }) {
      serve(name, type, access.isArray ?? (Array.isArray(value) || isTypedArray(value)), access);
      set(name, value);
      return addressOf(name);
    },
    set,
    addWaveform(name, type, samples) {
      serve(name, type, true, { isReadable: true });
      set(name, samples);
      serve(`${name}.sequence`, "UInt32", false, { isReadable: true });
      set(`${name}.sequence`, 0);
      return { address: addressOf(name), sequenceAddress: addressOf(`${name}.sequence`) };
    },
    setBlock(name, samples, sequence) {
      set(name, samples);
      set(`${name}.sequence`, sequence);
    },
    onBlockRead(name, hook) {
      hooks.set(find(name).variable.nodeId.toString(), hook);
    },
  };
}

/** Calls the hook of a variable when an answer that holds its value is on its way. */
function callHooks(server: OPCUAServer, hooks: ReadonlyMap<string, () => void>): void {
  const due = new Map<number, () => void>();
  server.on("request", (request) => {
    if (!(request instanceof ReadRequest)) return;
    const read = (request.nodesToRead ?? []).map(({ nodeId }) => hooks.get(nodeId.toString()));
    const hook = read.find((one) => one !== undefined);
    if (hook !== undefined) due.set(request.requestHeader.requestHandle, hook);
  });
  server.on("response", (response) => {
    const { requestHandle } = response.responseHeader;
    due.get(requestHandle)?.();
    due.delete(requestHandle);
  });
}

function isTypedArray(value: unknown): boolean {
  // Bytes are a ByteString, one value.
  return ArrayBuffer.isView(value) && !(value instanceof Uint8Array);
}

function variantOf({ type, isArray }: Omit<Served, "variable">, value: unknown): Variant {
  return new Variant({
    dataType: type,
    arrayType: isArray ? VariantArrayType.Array : VariantArrayType.Scalar,
    value,
  });
}
