/** Where a database is, without any secret. */
export interface Target {
  readonly user: string | undefined;
  readonly database: string;
  /** Tried in turn; the host is a folder for a Unix socket. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
}

const DEFAULT_PORT = 5432;
const URL_PARTS = /^postgres(?:ql)?:\/\/(?:([^@/]*)@)?([^/?#@]*)\/([^/?#]+)(?:\?([^#]*))?$/;
const SERVER = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

/** libpq's notation (PostgreSQL 15, 34.1.1.2), several hosts included; of its parameters only `host` and `port`.
 *  @returns undefined where it is something else */
export function parseTarget(url: string): Target | undefined {
  const [, credentials, hosts = "", database = "", query = ""] = URL_PARTS.exec(url) ?? [];
  const [user] = credentials?.split(":") ?? [];
  const parameters = new URLSearchParams(query);
  if ([...parameters.keys()].some((name) => name !== "host" && name !== "port")) return undefined;
  const folder = parameters.get("host");
  const texts = (folder === null ? hosts : "").split(",").filter((text) => text !== "");
  const servers = texts.map(serverOf);
  if (folder !== null) servers.push(portOf(folder, parameters.get("port") ?? undefined));
  const names = decoded([user ?? "", database]);
  if (names === undefined || database === "" || servers.length === 0) return undefined;
  const known = servers.filter((server) => server !== undefined);
  if (known.length < servers.length) return undefined;
  return { user: names[0] || undefined, database: names[1] ?? "", servers: known };
}

/** Whether somebody wrote a password into the address. */
export const hasPassword = (url: string): boolean => URL_PARTS.exec(url)?.[1]?.includes(":") ?? false;

function serverOf(text: string): Target["servers"][number] | undefined {
  const [, host, port] = SERVER.exec(text) ?? [];
  return host === undefined ? undefined : portOf(host.replace(/^\[|\]$/g, ""), port);
}

function portOf(host: string, text: string | undefined): Target["servers"][number] | undefined {
  const port = text === undefined ? DEFAULT_PORT : Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? { host, port } : undefined;
}

function decoded(texts: readonly string[]): readonly string[] | undefined {
  try {
    return texts.map((text) => decodeURIComponent(text));
  } catch (thrown) {
    if (thrown instanceof URIError) return undefined;
    throw thrown;
  }
}
