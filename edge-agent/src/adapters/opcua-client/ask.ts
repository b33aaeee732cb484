import type { DiagnosisCode } from "@stethos/protocol-finger";
import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError, type EdgeErrorCode } from "../../core/errors.ts";

/** A wait for something that another machine must do. */
export interface Asking {
  readonly clock: Clock;
  /** What is waited for, as a technician reads it: "the list of endpoints". */
  readonly what: string;
  /** The server's address. */
  readonly where: string;
  readonly limitMs: number;
  /** What it means where no answer comes. */
  readonly silence?: DiagnosisCode;
}

/** The work's result; an EdgeError where the server refuses, is lost or does not answer in time.
 *
 *  The work itself cannot be stopped: its later end goes unheard. */
export async function ask<T>(asking: Asking, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const deadline = asking.clock.deadline(asking.limitMs, signal);
  const ended = endOf(deadline.signal);
  try {
    return await Promise.race([work(), ended.promise]);
  } catch (thrown) {
    if (thrown instanceof EdgeError) throw thrown;
    signal.throwIfAborted();
    if (deadline.expired) {
      const { what, where, limitMs } = asking;
      throw new EdgeError(
        "PLC_TIMEOUT",
        `${where} gave no answer (${what}) in ${limitMs} ms; check the network, or allow a slow server more time`,
        { diagnosis: asking.silence },
      );
    }
    throw peerError(asking, thrown);
  } finally {
    ended.dispose();
    deadline.dispose();
  }
}

function endOf(signal: AbortSignal): { readonly promise: Promise<never>; dispose(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  // Nobody may be listening any more when it aborts.
  promise.catch(() => undefined);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return { promise, dispose: () => signal.removeEventListener("abort", onAbort) };
}

interface Mend {
  readonly code: EdgeErrorCode;
  readonly text: string;
  readonly diagnosis?: DiagnosisCode;
}

const unreachable = (text: string, diagnosis: DiagnosisCode): Mend => ({
  code: "PLC_UNREACHABLE",
  text,
  diagnosis,
});
const refused = (text: string, diagnosis: DiagnosisCode): Mend => ({ code: "PLC_REFUSED", text, diagnosis });

/** What a technician can do about the words in node-opcua's messages: system error codes, OPC UA status names. */
const mends: readonly (readonly [RegExp, Mend])[] = [
  [
    /ECONNREFUSED/,
    unreachable(
      "nothing listens there; check the port, and whether the OPC UA server is switched on",
      "PORT_CLOSED",
    ),
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    unreachable(
      "the host name is not known here; check its spelling or write the address in numbers",
      "OPCUA_ENDPOINT_HOST",
    ),
  ],
  [
    /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/,
    unreachable("no way leads there; check cable, address and firewall", "HOST_SILENT"),
  ],
  [
    /BadIdentityToken|BadUserAccessDenied|BadUserSignature/,
    refused(
      "it does not accept this user; check user, password and the rights of the user on the server",
      "OPCUA_UNTRUSTED",
    ),
  ],
  [
    /BadTooManySessions/,
    refused(
      "all its sessions are in use; close other clients or raise the limit on the server",
      "OPCUA_LIMIT",
    ),
  ],
  [
    /BadTooMany(?:Operations|MonitoredItems|Subscriptions|PublishRequests)/,
    refused("a limit of the server is reached; read fewer tags or close other clients", "OPCUA_LIMIT"),
  ],
  [
    /BadNoSubscription|BadSubscriptionIdInvalid/,
    unreachable("it has dropped the subscription, which is made anew", "OPCUA_SUBSCRIPTION_LOST"),
  ],
  [
    /BadSecurityChecksFailed|BadCertificate|BadSecurityModeRejected|BadSecurityPolicyRejected/,
    refused(
      "it does not trust this agent; copy own/certs/client_certificate.pem of the certificate folder into the server's list of trusted clients",
      "OPCUA_UNTRUSTED",
    ),
  ],
  [
    /EACCES|EPERM|EROFS|ENOSPC|ENOTDIR/,
    {
      code: "CONFIG_UNREADABLE",
      text: "the folder cannot be used; check its path, its permissions and the space on its disk",
    },
  ],
  [
    /BadTcpEndpointUrlInvalid/,
    refused("it does not know the address it was dialled by; check the path", "OPCUA_ENDPOINT_HOST"),
  ],
];

/** A failure that node-opcua reports, in terms of this product. */
export function peerError(asking: Pick<Asking, "what" | "where">, thrown: unknown): EdgeError {
  const message = oneLine(thrown);
  const mend = mends.find(([pattern]) => pattern.test(message))?.[1];
  const text = mend?.text ?? "the connection is made anew";
  return new EdgeError(
    mend?.code ?? "PLC_UNREACHABLE",
    `${asking.where} failed (${asking.what}): ${text} [${message}]`,
    { cause: thrown, diagnosis: mend?.diagnosis },
  );
}

function oneLine(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 300);
}
