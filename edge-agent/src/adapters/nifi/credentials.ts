import { readFile } from "node:fs/promises";
import { Agent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { SinkError } from "../../ports/sink.ts";
import type { NifiSinkOptions } from "./options.ts";

/** A way to the server, with what it asks for. */
export interface Door {
  readonly agent: Agent;
  /** The value of the Authorization header. */
  readonly authorization: string | undefined;
}

export interface Doorkeeper {
  /** The files are read each time; connections go on while they say the same.
   *  @throws SinkError "denied" where a file cannot be read */
  open(): Promise<Door>;
  close(): void;
}

export function createDoorkeeper(options: NifiSinkOptions): Doorkeeper {
  const isTls = new URL(options.url).protocol === "https:";
  let agent: Agent | undefined;
  let known = "";

  function agentFor(ca: string | undefined, cert: string | undefined, key: string | undefined): Agent {
    const now = JSON.stringify([ca, cert, key]);
    if (agent !== undefined && now === known) return agent;
    agent?.destroy();
    known = now;
    const settings = { keepAlive: true, maxSockets: 1 };
    agent = isTls ? new HttpsAgent({ ...settings, ...defined({ ca, cert, key }) }) : new Agent(settings);
    return agent;
  }

  return {
    async open() {
      const { caFile, certFile, keyFile, tokenFile } = options;
      const [ca, cert, key, token] = await Promise.all([caFile, certFile, keyFile, tokenFile].map(textOf));
      return {
        agent: agentFor(ca, cert, key),
        authorization: token === undefined ? undefined : `Bearer ${token.trim()}`,
      };
    },
    close() {
      agent?.destroy();
      agent = undefined;
    },
  };
}

async function textOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new SinkError("denied", `${path} cannot be read; check its owner and mode`, { cause });
  }
}

const defined = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
