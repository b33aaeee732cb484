import { describeError } from "../../core/errors.ts";
import { SinkError, type SinkFault } from "../../ports/sink.ts";

/** Return codes of MQTT 3.1.1 (3.2.2.3) and reason codes of MQTT 5 (2.4); the two share no number. */
const FAULTS: ReadonlyMap<number, SinkFault> = new Map<number, SinkFault>([
  [2, "denied"], // identifier rejected
  [3, "busy"], // server unavailable
  [4, "denied"], // bad user name or password
  [5, "denied"], // not authorised
  [0x85, "denied"], // client identifier not valid
  [0x86, "denied"], // bad user name or password
  [0x87, "denied"], // not authorised
  [0x88, "busy"], // server unavailable
  [0x89, "busy"], // server busy
  [0x8a, "denied"], // banned
  [0x8b, "unreachable"], // server shutting down
  [0x8c, "denied"], // bad authentication method
  [0x8d, "unreachable"], // keep alive timeout
  [0x8e, "denied"], // session taken over
  [0x8f, "misfit"], // topic filter invalid
  [0x96, "busy"], // message rate too high
  [0x97, "busy"], // quota exceeded
  [0x98, "busy"], // administrative action
  [0x9b, "misfit"], // QoS not supported
  [0x9c, "unreachable"], // use another server
  [0x9d, "unreachable"], // server moved
  [0x9f, "busy"], // connection rate exceeded
]);

/** Of these the message is the reason and no other one will fare better. */
const POISON = new Map<number, string>([
  [0x90, "the server does not take its topic"],
  [0x95, "it is longer than the server takes"],
  [0x99, "the server does not take its payload"],
]);

const OTHER_VERSION = [1, 0x84];

/** Why a server will never take one message; undefined where it is not the message's fault. */
export const poisonReason = (thrown: unknown): string | undefined => POISON.get(codeOf(thrown) ?? 0);

/** The server speaks another version of MQTT. */
export const isOtherVersion = (thrown: unknown): boolean => OTHER_VERSION.includes(codeOf(thrown) ?? 0);

/** Errors of TLS that a new attempt does not mend: an operator must. */
const TLS_TROUBLE =
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO|HOSTNAME_MISMATCH)/;

/** What mqtt.js or the socket threw, as the sink says it.
 *  @param server named in the message */
export function sinkErrorOf(thrown: unknown, server: string): SinkError {
  if (thrown instanceof SinkError) return thrown;
  const code = codeOf(thrown);
  const text = describeError(thrown);
  if (code !== undefined)
    return new SinkError(FAULTS.get(code) ?? "failed", `${server}: ${text}`, { cause: thrown });
  const name = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (TLS_TROUBLE.test(name)) {
    return new SinkError(
      "denied",
      `${server}: TLS failed, ${text}; check caFile and the server's certificate`,
      {
        cause: thrown,
      },
    );
  }
  return new SinkError("unreachable", `${server}: ${text}`, { cause: thrown });
}

function codeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "number" ? thrown.code : undefined;
}
