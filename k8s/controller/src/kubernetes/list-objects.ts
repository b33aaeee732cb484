import type { Api } from "./api.ts";
import { isExpired, refusal, statusOf } from "./api-status.ts";
import { readAnswered } from "./read-answered.ts";
import { listSchema } from "./schemas.ts";

export interface Listed {
  readonly items: readonly unknown[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

const PAGE = 500;

/** All objects under a path as of one moment, the newest, in pages that neither side finds large.
 *  @throws ClusterError */
export async function listObjects(
  api: Api,
  path: string,
  what: string,
  signal: AbortSignal,
): Promise<Listed> {
  for (let attempt = 1; ; attempt += 1) {
    const listed = await listPages(api, path, what, signal);
    if (listed !== "expired") return listed;
    // The pages are of one moment; a server that forgot it in between is asked for all at once.
    if (attempt > 1) return await listWhole(api, path, what, signal);
  }
}

async function listPages(
  api: Api,
  path: string,
  what: string,
  signal: AbortSignal,
): Promise<Listed | "expired"> {
  const items: unknown[] = [];
  let next: string | undefined;
  for (;;) {
    const query = { limit: String(PAGE), ...(next !== undefined && { continue: next }) };
    const { status, body } = await api.ask({ method: "GET", path, query, what }, signal);
    if (status !== 200) {
      const said = statusOf(status, body);
      if (next !== undefined && isExpired(said)) return "expired";
      throw refusal(said, what);
    }
    const page = readAnswered(listSchema, body, what);
    for (const item of page.items) items.push(item);
    next = page.metadata.continue;
    if (next === undefined || next === "") return { items, resourceVersion: page.metadata.resourceVersion };
  }
}

async function listWhole(api: Api, path: string, what: string, signal: AbortSignal): Promise<Listed> {
  const body = await api.demand({ method: "GET", path, what }, signal);
  const { items, metadata } = readAnswered(listSchema, body, what);
  return { items, resourceVersion: metadata.resourceVersion };
}
