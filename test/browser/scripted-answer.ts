/** A request to the scripted agent's API. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  /** Decoded parts of the path after "/v1/". */
  readonly path: readonly string[];
  readonly body: string;
  /** ms since 1970. */
  readonly ms: number;
}

export interface Answer {
  readonly status: number;
  /** JSON, or bytes as they are. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers the requests of one part of the API; undefined: not this one's. */
export type Responder = (asked: Asked) => Answer | undefined;

export const problem = (status: number, detail: string): Answer => ({
  status,
  body: { type: "about:blank", title: "refused", status, detail },
});

export const found = (body: unknown): Answer => ({ status: 200, body });
