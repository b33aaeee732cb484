import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AttributeIds,
  type ClientSession,
  type ClientSessionRawSubscriptionService,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
} from "node-opcua";
import type { ZooTag } from "./zoo-profile.ts";

/** Who a client is, for encrypted connections. */
export interface ClientIdentity {
  readonly certificates: OPCUACertificateManager;
  forget(): Promise<void>;
}

export async function createClientIdentity(): Promise<ClientIdentity> {
  const rootFolder = await mkdtemp(join(tmpdir(), "zoo-client-"));
  const certificates = new OPCUACertificateManager({
    rootFolder,
    disableFileWatchers: true,
    automaticallyAcceptUnknownCertificate: true,
  });
  await certificates.initialize();
  return {
    certificates,
    async forget() {
      await certificates.dispose();
      await rm(rootFolder, { recursive: true, force: true });
    },
  };
}

/** With the services that node-opcua keeps out of its plain type. */
export type OpcuaSession = ClientSession & ClientSessionRawSubscriptionService;

/** node-opcua's client at the address that was dialled, whatever the server calls itself; one try.
 *  @param identity signs and encrypts; without security where absent
 *  @throws whatever the client throws */
export async function visitOpcua<T>(
  url: string,
  identity: ClientIdentity | undefined,
  use: (session: OpcuaSession) => Promise<T>,
): Promise<T> {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    ...(identity !== undefined && {
      clientCertificateManager: identity.certificates,
      securityMode: MessageSecurityMode.SignAndEncrypt,
      securityPolicy: SecurityPolicy.Basic256Sha256,
    }),
  });
  try {
    await client.connect(url);
    // Not withSessionAsync: that tries for ever where the server has no session left.
    const session = await client.createSession();
    try {
      return await use(session as OpcuaSession);
    } finally {
      await session.close();
    }
  } finally {
    await client.disconnect();
  }
}

/** Values by the names of the tags. */
export async function readOpcuaTags(
  session: ClientSession,
  tags: readonly ZooTag[],
): Promise<Record<string, unknown>> {
  const values = await session.read(
    tags.map(({ address }) => ({ nodeId: address, attributeId: AttributeIds.Value })),
  );
  return Object.fromEntries(tags.map(({ name }, i) => [name, values[i]?.value.value]));
}
