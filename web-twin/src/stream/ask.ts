import { ApiError } from "./api-error.ts";
import { Mismatch, object, type Shape, text } from "./shape.ts";

const TIMEOUT_MS = 10_000;

export interface ApiDeps {
  readonly fetch: typeof fetch;
  /** Where the agent's "v1/" lies. */
  readonly base: string;
}

/** Asks the agent; every failure is an ApiError, except that an abort rejects with the signal's reason. */
export type Ask = <T>(
  path: string,
  init: RequestInit,
  read: (response: Response) => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

/** The agent's own words for a refusal (RFC 9457), where it gave any. */
async function refusal(response: Response): Promise<string> {
  const body = await response.text();
  try {
    const parsed = object({ detail: text })(JSON.parse(body), "problem", []);
    return parsed.detail;
  } catch {
    // Not the agent's form, so not the agent: say what the status line says.
    return `${response.status} ${response.statusText}`.trim();
  }
}

function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ApiError) return error;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new ApiError("timeout", `no answer in ${TIMEOUT_MS / 1000} s`, { cause: error });
  }
  if (error instanceof Mismatch || error instanceof SyntaxError) {
    return new ApiError("malformed", error.message, { cause: error });
  }
  return new ApiError("unreachable", error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

export const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** Reads an answer of JSON in the given shape. */
export const parsed =
  <T>(shape: Shape<T>) =>
  async (response: Response): Promise<T> =>
    shape(await response.json(), "answer", []);

/** For an answer whose content does not matter. */
export const nothing = async (): Promise<void> => {};

export function createAsk(deps: ApiDeps): Ask {
  return async (path, init, read, signal) => {
    try {
      const response = await deps.fetch(new URL(path, deps.base), {
        ...init,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      if (response.status === 401) throw new ApiError("unauthorized", await refusal(response));
      if (response.status === 404) throw new ApiError("not-found", await refusal(response));
      if (!response.ok) throw new ApiError("refused", await refusal(response));
      return await read(response);
    } catch (error) {
      throw failureOf(error, signal);
    }
  };
}
