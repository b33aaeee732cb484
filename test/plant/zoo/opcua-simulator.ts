import { mkdtemp } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DataType,
  LogLevel,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  setLogLevel,
} from "node-opcua";
import { disposeCertificates, removeCertificates } from "../opcua-certificates.ts";
import { placeGate } from "./opcua-gate.ts";
import { keepManners } from "./opcua-manners.ts";
import { createOtherClients } from "./opcua-others.ts";
import type { OpcuaTraits } from "./opcua-traits.ts";
import type { Side } from "./other-device.ts";
import type { Received } from "./received.ts";

const HOST = "127.0.0.1";
/** What the server's own certificate must hold; a key is made in a quarter of a second. */
const KEY_BITS = 2048;

/** node-opcua's server with the limits and manners of a controller. What others occupy are its sessions, where they need
 *  no certificate for that. */
export async function startOpcuaSimulator(traits: OpcuaTraits, received: Received): Promise<Side> {
  setLogLevel(LogLevel.Emergency);
  const folder = await mkdtemp(join(tmpdir(), "zoo-opcua-"));
  const certificates = await clientCertificates(folder, traits.newClients);
  const server = new OPCUAServer(serverOptions(traits, certificates));
  keepManners(server, traits);
  await server.initialize();
  fill(server, traits);
  await server.start();
  const endpoint = server.endpoints[0];
  if (endpoint === undefined) throw new Error("node-opcua started without an endpoint");
  const gate = placeGate(listenerOf(endpoint), {
    received,
    ...(traits.requiredHost !== undefined && { requiredHost: traits.requiredHost }),
  });
  const others = createOtherClients(`opc.tcp://${HOST}:${endpoint.port}`);
  return {
    port: endpoint.port,
    get accepted() {
      return gate.accepted;
    },
    setFirmware(firmware) {
      server.engine.buildInfo.softwareVersion = firmware;
    },
    ...(traits.securityModes.includes("None") && {
      occupy: (sessions: number) => others.hold(sessions),
    }),
    async close() {
      await others.leave();
      gate.close();
      await server.shutdown(0);
      await disposeCertificates(certificates);
      await removeCertificates(folder);
    },
  };
}

async function clientCertificates(
  rootFolder: string,
  newClients: OpcuaTraits["newClients"],
): Promise<OPCUACertificateManager> {
  const certificates = new OPCUACertificateManager({
    rootFolder,
    keySize: KEY_BITS,
    disableFileWatchers: true,
    automaticallyAcceptUnknownCertificate: newClients === "accepted",
  });
  await certificates.initialize();
  if (newClients === "accepted-later") trustAfterRefusal(certificates);
  return certificates;
}

function trustAfterRefusal(certificates: OPCUACertificateManager): void {
  const check = certificates.checkCertificate.bind(certificates);
  certificates.checkCertificate = async (certificate) => {
    const status = await check(certificate);
    if (status.isNotGood()) await certificates.trustCertificate(single(certificate));
    return status;
  };
}

const single = (certificate: Buffer | Buffer[]): Buffer =>
  Buffer.isBuffer(certificate) ? certificate : (certificate[0] ?? Buffer.alloc(0));

type ServerOptions = NonNullable<ConstructorParameters<typeof OPCUAServer>[0]>;

function serverOptions(traits: OpcuaTraits, certificates: OPCUACertificateManager): ServerOptions {
  const { limits, build } = traits;
  const isOpen = traits.securityModes.includes("None");
  return {
    host: HOST,
    hostname: traits.hostname ?? HOST,
    port: 0,
    securityModes: traits.securityModes.map((mode) => MessageSecurityMode[mode]),
    securityPolicies: [...(isOpen ? [SecurityPolicy.None] : []), SecurityPolicy.Basic256Sha256],
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    serverInfo: {
      applicationUri: traits.applicationUri,
      applicationName: { text: traits.applicationName },
      productUri: traits.productUri,
    },
    buildInfo: {
      productName: build.product,
      productUri: traits.productUri,
      manufacturerName: build.manufacturer,
      softwareVersion: build.software,
      buildNumber: build.software,
    },
    maxConnectionsPerEndpoint: limits.sessions * 2,
    serverCapabilities: {
      maxSessions: limits.sessions,
      maxMonitoredItems: limits.monitoredItems,
      operationLimits: {
        maxNodesPerRead: limits.nodesPerCall,
        maxNodesPerWrite: limits.nodesPerCall,
        maxNodesPerBrowse: limits.nodesPerCall,
        maxMonitoredItemsPerCall: limits.nodesPerCall,
      },
    },
  };
}

function fill(server: OPCUAServer, { namespaces, variables, limits }: OpcuaTraits): void {
  const space = server.engine.addressSpace;
  if (space === null) throw new Error("the server has no address space");
  const registered = namespaces.map((uri) => space.registerNamespace(uri));
  const namespace = registered.at(-1) ?? space.getOwnNamespace();
  const folder = namespace.addFolder(space.rootFolder.objects, { browseName: "Data" });
  for (const { identifier, type, value } of variables) {
    namespace.addVariable({
      componentOf: folder,
      browseName: identifier,
      nodeId: `s=${identifier}`,
      dataType: DataType[type],
      minimumSamplingInterval: limits.leastSamplingMs,
      value: { dataType: DataType[type], value },
    });
  }
}

/** The package does not hand it out otherwise. */
const listenerOf = (endpoint: object): Server => (endpoint as { readonly _server: Server })._server;
