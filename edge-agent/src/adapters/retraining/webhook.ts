import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../../core/errors.ts";
import type { Delivery, Webhook } from "../../ports/retraining.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly timeoutMs: number;
  /** Plain HTTP beyond this machine: the request is signed, but anybody on the way can read it. */
  readonly allowPlainHttp: boolean;
  /** Sent as bearer token. */
  readonly token?: string;
}

export const defaultWebhook: Omit<WebhookOptions, "url"> = { timeoutMs: 10_000, allowPlainHttp: false };

/** @throws EdgeError CONFIG_INVALID for another address than https, or http to this machine */
export function createWebhook(options: WebhookOptions, clock: Clock): Webhook {
  const url = addressOf(options);
  return {
    // Not its path: there may be a secret in it.
    name: url.origin,
    async post(id, body, signal) {
      const deadline = clock.deadline(options.timeoutMs, signal);
      try {
        const response = await fetch(url, {
          method: "POST",
          headers: {
            "content-type": "application/vnd.dsse.envelope+json",
            // Who got it already, and was cut off while saying so, need not take it twice.
            "idempotency-key": id,
            ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
          },
          body,
          redirect: "error",
          signal: deadline.signal,
        });
        await response.body?.cancel();
        return verdictOn(response.status);
      } catch (thrown) {
        signal.throwIfAborted();
        const why = deadline.expired ? `no answer within ${options.timeoutMs} ms` : reasonOf(thrown);
        return { kind: "unreachable", why };
      } finally {
        deadline.dispose();
      }
    },
  };
}

function addressOf({ url: text, allowPlainHttp }: WebhookOptions): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new EdgeError("CONFIG_INVALID", "the webhook is no http or https address");
  }
  if (url.protocol === "http:" && !allowPlainHttp && !isThisMachine(url.hostname)) {
    throw new EdgeError(
      "CONFIG_INVALID",
      `the webhook at ${url.host} is plain http: use https, or allow it if the network is yours`,
    );
  }
  return url;
}

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);

// What these say may be otherwise in a while (RFC 9110, 15.5.9; RFC 8470; RFC 6585).
const LATER = [408, 425, 429];

function verdictOn(status: number): Delivery {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const why = `answer ${status}`;
  return { kind: status < 500 && !LATER.includes(status) ? "refused" : "unreachable", why };
}

/** The cause in fetch's error says more than "fetch failed"; neither holds the address. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? thrown.cause.message || thrown.cause.name : thrown.message;
}
