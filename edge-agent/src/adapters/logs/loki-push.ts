import { promisify } from "node:util";
import { gzip } from "node:zlib";

const zip = promisify(gzip);

export type Labels = Readonly<Record<string, string>>;

const LEVELS: Readonly<Record<string, string>> = {
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

const MOST_PER_MS = 1_000_000;

// The head of a line as adapters/node/logger.ts writes it; parsing all of it would cost more than sending it.
const HEAD = /^\{"level":(\d+),"time":"([^"]+)"/;

/** Nanoseconds as text, for a time in milliseconds. */
export type Stamp = (ms: number) => string;

/** Lines of one millisecond keep their order by their last digits, whatever push they travel in. */
export function createStamp(): Stamp {
  let lastMs = Number.NaN;
  let count = 0;
  return (ms) => {
    count = ms === lastMs ? (count + 1) % MOST_PER_MS : 0;
    lastMs = ms;
    return `${ms}${String(count).padStart(6, "0")}`;
  };
}

/** The body of Loki's push API: one stream a level. Pushed again it is the same, byte by byte: Loki keeps one of two lines
 *  that are alike in time and text. */
export function pushBody(lines: readonly string[], labels: Labels, nowMs: number, stamp: Stamp): string {
  const byLevel = new Map<string, [time: string, line: string][]>();
  for (const line of lines) {
    const [, level = "", time = ""] = HEAD.exec(line) ?? [];
    const ms = Date.parse(time);
    const name = LEVELS[level] ?? "unknown";
    const values = byLevel.get(name) ?? [];
    byLevel.set(name, values);
    values.push([stamp(Number.isNaN(ms) ? Math.floor(nowMs) : ms), line.trimEnd()]);
  }
  return JSON.stringify({
    streams: [...byLevel].map(([level, values]) => ({ stream: { ...labels, level }, values })),
  });
}

export interface PushRequest {
  readonly url: string;
  readonly tenant?: string | undefined;
  readonly token?: string | undefined;
}

/** "later": Loki is busy or away; "denied": an operator must do something; "never": it will not take these lines. */
export type PushAnswer =
  | { readonly kind: "later"; readonly why: string; readonly retryAfterMs?: number }
  | { readonly kind: "done" | "never" }
  | { readonly kind: "denied"; readonly why: string };

export async function push(
  { url, tenant, token }: PushRequest,
  body: string,
  signal: AbortSignal,
): Promise<PushAnswer> {
  const response = await fetch(new URL("/loki/api/v1/push", url), {
    method: "POST",
    redirect: "error",
    headers: {
      "content-type": "application/json",
      "content-encoding": "gzip",
      ...(tenant !== undefined && { "x-scope-orgid": tenant }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: await zip(body),
    signal,
  });
  // Read to its end, or the connection cannot be used again.
  const why = `${response.status} ${(await response.text()).slice(0, 200)}`.trim();
  return answerOf(response.status, why, response.headers.get("retry-after"));
}

function answerOf(status: number, why: string, retryAfter: string | null): PushAnswer {
  if (status >= 200 && status < 300) return { kind: "done" };
  if (status === 429 || status >= 500) {
    const seconds = Number(retryAfter ?? Number.NaN);
    return { kind: "later", why, ...(Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }) };
  }
  // 400: lines too old, too long or out of order; 413, 422: too much of something. Sent again, they are refused again.
  if (status === 400 || status === 413 || status === 422) return { kind: "never" };
  return { kind: "denied", why };
}
