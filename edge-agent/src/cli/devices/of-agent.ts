import { readFile } from "node:fs/promises";
import type { Language } from "@stethos/protocol-finger/diagnosis";
import { z } from "zod";
import { device } from "../../adapters/http-api/schemas.ts";
import { EdgeError } from "../../core/errors.ts";
import type { DeviceDto } from "../../core/feed.ts";

const ANSWER_MS = 10_000;

/** What a running agent knows of its devices.
 *  @throws EdgeError AGENT_UNREACHABLE, CONFIG_UNREADABLE */
export async function devicesOfAgent(
  url: string,
  options: { readonly lang: Language; readonly tokenFile?: string },
  signal: AbortSignal,
): Promise<readonly DeviceDto[]> {
  const headers = await headersOf(options.tokenFile);
  const address = addressOf(url, options.lang);
  let response: Response;
  try {
    response = await fetch(address, {
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
  } catch (cause) {
    throw unreachable(url, "does not answer; is the agent running there?", cause);
  }
  const body = await bodyOf(response, url);
  if (!response.ok) throw unreachable(url, `refuses (${response.status}): ${detailOf(body)}`);
  const parsed = z.array(device).safeParse(body);
  if (!parsed.success) throw unreachable(url, STRANGER, parsed.error);
  return parsed.data;
}

const STRANGER = "answers as no Stethos agent does; check the address";

async function bodyOf(response: Response, url: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    const status = response.ok ? "" : ` (${response.status})`;
    throw unreachable(url, `${STRANGER}${status}`, cause);
  }
}

function addressOf(url: string, lang: Language): URL {
  if (!URL.canParse(url)) throw unreachable(url, "is no address; write it as http://127.0.0.1:8642");
  return new URL(`/v1/devices?lang=${lang}`, url);
}

async function headersOf(file: string | undefined): Promise<Record<string, string>> {
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
