import { readFile } from "node:fs/promises";
import { z } from "zod";
import { EdgeError } from "../core/errors.ts";

const ANSWER_MS = 10_000;

export interface AgentOptions {
  /** Where the agent's API is: "http://127.0.0.1:8642". */
  readonly url: string;
  readonly tokenFile?: string;
}

/** Asks a running agent over its API.
 *  @param path with its query; a body makes it a POST
 *  @throws EdgeError AGENT_UNREACHABLE, CONFIG_UNREADABLE */
export async function askAgent<T>(
  { url, tokenFile }: AgentOptions,
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
  body?: unknown,
): Promise<T> {
  const authorization = await authorizationOf(tokenFile);
  const address = addressOf(url, path);
  const request = {
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    headers: { ...authorization, ...(body !== undefined && { "content-type": "application/json" }) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  };
  let response: Response;
  try {
    response = await fetch(address, request);
  } catch (cause) {
    throw unreachable(url, "does not answer; is the agent running there?", cause);
  }
  const answer = await bodyOf(response, url);
  if (!response.ok) {
    throw unreachable(url, `refuses (${response.status}): ${detailOf(answer)}${mendOf(response.status)}`);
  }
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw unreachable(url, STRANGER, parsed.error);
  return parsed.data;
}

/** What only the command line can add: where the token comes from. */
const mendOf = (status: number): string =>
  status === 401 || status === 403 ? "; name the file of a token that may with --token-file" : "";

const STRANGER = "answers as no Stethos agent does; check the address";

async function bodyOf(response: Response, url: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    const status = response.ok ? "" : ` (${response.status})`;
    throw unreachable(url, `${STRANGER}${status}`, cause);
  }
}

function addressOf(url: string, path: string): URL {
  if (!URL.canParse(url)) throw unreachable(url, "is no address; write it as http://127.0.0.1:8642");
  return new URL(path, url);
}

async function authorizationOf(file: string | undefined): Promise<{ readonly authorization?: string }> {
  if (file === undefined) return {};
  try {
    const [token = ""] = (await readFile(file, "utf8")).split("\n");
    return { authorization: `Bearer ${token.trim()}` };
  } catch (cause) {
    throw new EdgeError("CONFIG_UNREADABLE", `${file} cannot be read; check the path after --token-file`, {
      cause,
    });
  }
}

function detailOf(body: unknown): string {
  const problem = z.object({ detail: z.string() }).safeParse(body);
  return problem.success ? problem.data.detail : "without saying why";
}

const unreachable = (url: string, what: string, cause?: unknown): EdgeError =>
  new EdgeError("AGENT_UNREACHABLE", `${url} ${what}`, { cause });
