import { type ClientSession, OPCUAClient } from "node-opcua";

/** Clients that hold sessions of a server and do nothing with them. */
export interface OtherClients {
  /** From now on they hold so many, or as many as the server gives them. */
  hold(sessions: number): Promise<void>;
  leave(): Promise<void>;
}

export function createOtherClients(url: string): OtherClients {
  const held: ClientSession[] = [];
  let client: OPCUAClient | undefined;

  async function connected(): Promise<OPCUAClient> {
    if (client === undefined) {
      client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 } });
      await client.connect(url);
    }
    return client;
  }

  return {
    async hold(sessions) {
      for (const session of held.splice(sessions)) await session.close();
      const server = await connected();
      while (held.length < sessions) {
        const session = await sessionOf(server);
        if (session === undefined) return;
        held.push(session);
      }
    },
    async leave() {
      await client?.disconnect();
    },
  };
}

async function sessionOf(client: OPCUAClient): Promise<ClientSession | undefined> {
  try {
    return await client.createSession();
  } catch (error) {
    if (error instanceof Error && error.message.includes("BadTooManySessions")) return undefined;
    throw error;
  }
}
