import type { TimeUs } from "../../core/time.ts";
import { SinkError, type SinkFault } from "../../ports/sink.ts";
import type { Answer } from "./request.ts";

/** What an answer means for the rows that were sent. "refused": not these rows, or not so many. */
export type Verdict =
  | { readonly kind: "taken" }
  | { readonly kind: "held"; readonly location: string }
  | { readonly kind: "refused"; readonly reason: string };

const REFUSED = new Set([400, 413, 422]);
const DENIED = new Set([401, 403, 407]);
const BUSY = new Set([408, 425, 429, 503]);

/** @param server for messages: its address without a secret
 *  @throws SinkError for what is not about the rows */
export function verdictOf(answer: Answer, server: string, nowUs: TimeUs): Verdict {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return { kind: "taken" };
  const { location } = headers;
  // ListenHTTPServlet: the hold's address, which a DELETE confirms.
  if (status === 303 && headers["x-location-uri-intent"] === "flowfile-hold" && typeof location === "string")
    return { kind: "held", location };
  const said = `${server} answered ${status}${answer.text === "" ? "" : `: ${oneLine(answer.text)}`}`;
  if (REFUSED.has(status)) return { kind: "refused", reason: said };
  const retryAfterMs = retryAfter(headers["retry-after"], nowUs);
  throw new SinkError(
    faultOf(status),
    hintOf(status) === undefined ? said : `${said}; ${hintOf(status)}`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
}

function faultOf(status: number): SinkFault {
  if (DENIED.has(status)) return "denied";
  if (BUSY.has(status)) return "busy";
  return status >= 500 ? "failed" : "misfit";
}

function hintOf(status: number): string | undefined {
  if (status === 401 || status === 407) return "it asks for credentials: see tokenFile and certFile";
  if (status === 403) return "it does not let this client in: see its pattern of authorized subjects";
  if (status === 404 || status === 405) return "no ListenHTTP listens at this path";
  if (status >= 300 && status < 400) return "redirects are not followed: give the address itself";
  return undefined;
}

const oneLine = (text: string): string =>
  text
    .replace(/<[^>]*>|\s+/g, " ")
    .replace(/ +/g, " ")
    .trim();

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfter(header: string | string[] | undefined, nowUs: TimeUs): number | undefined {
  if (typeof header !== "string") return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowUs / 1000);
}

const DENIED_CODES = new Set([
  "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
  "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
  "ERR_SSL_TLS_ALERT_BAD_CERTIFICATE",
  "ERR_SSL_TLS_ALERT_UNKNOWN_CA",
]);
const UNTRUSTED = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

/** What the network failed with. */
export function networkError(thrown: unknown, server: string): SinkError {
  const code = codeOf(thrown);
  if (DENIED_CODES.has(code))
    return new SinkError("denied", `${server} does not take the client's certificate (${code})`, {
      cause: thrown,
    });
  if (UNTRUSTED.test(code))
    return new SinkError("denied", `the certificate of ${server} is not trusted (${code}); see caFile`, {
      cause: thrown,
    });
  if (code.startsWith("ERR_OSSL"))
    return new SinkError("denied", `caFile, certFile or keyFile is no PEM, or they do not match (${code})`, {
      cause: thrown,
    });
  return new SinkError("unreachable", `${server} cannot be reached (${code})`, { cause: thrown });
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.message;
}
