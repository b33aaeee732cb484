import type { DiagnosisCode } from "../diagnosis/diagnosis.ts";
import { FingerError } from "../finger-error.ts";
import { statusName } from "../wire/opcua-status.ts";

/** What a status says of the cause, and the mend. */
const CAUSES: Readonly<Record<string, readonly [DiagnosisCode, string]>> = {
  BadTcpEndpointUrlInvalid: ["OPCUA_ENDPOINT_HOST", "give the address with the path that the server tells"],
  BadSecurityChecksFailed: [
    "OPCUA_UNTRUSTED",
    "read it with `stethos`, whose certificate the server can trust",
  ],
  BadSecurityModeRejected: ["OPCUA_UNTRUSTED", "read it with `stethos`, which can encrypt"],
  BadSecurityPolicyRejected: ["OPCUA_UNTRUSTED", "read it with `stethos`, which can encrypt"],
  BadIdentityTokenRejected: ["OPCUA_UNTRUSTED", "read it with `stethos`, which can log in as a user"],
  BadIdentityTokenInvalid: ["OPCUA_UNTRUSTED", "read it with `stethos`, which can log in as a user"],
  BadUserAccessDenied: ["OPCUA_UNTRUSTED", "read it with `stethos`, which can log in as a user"],
  BadTooManySessions: ["OPCUA_LIMIT", "end other clients of the server and try again in a minute"],
  BadTooManyOperations: ["OPCUA_LIMIT", "read fewer values at a time"],
  BadTcpServerTooBusy: ["OPCUA_LIMIT", "try again in a minute"],
  BadTcpNotEnoughResources: ["OPCUA_LIMIT", "end other clients of the server and try again in a minute"],
};

/** The server said no. */
export function uaRefusal(where: string, step: string, status: number, reason = ""): FingerError {
  const name = statusName(status);
  const [diagnosis, mend] = CAUSES[name] ?? [undefined, "look it up in the server's own log"];
  const said = reason === "" ? name : `${name}, "${reason}"`;
  return new FingerError("PLC_REFUSED", `${where} refuses ${step}: ${said}; ${mend}`, {
    ...(diagnosis !== undefined && { diagnosis }),
  });
}

export const uaLinkLost = (where: string, how: string): FingerError =>
  new FingerError("PLC_UNREACHABLE", `the connection to ${where} ${how}: check cable and device`, {
    diagnosis: "LINK_LOST",
  });
