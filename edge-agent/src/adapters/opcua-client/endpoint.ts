import { EdgeError } from "../../core/errors.ts";
import { type OpcuaOptions, SECURITY_POLICIES } from "./options.ts";

/** What this adapter reads of a server's EndpointDescription (OPC 10000-4, EndpointDescription). */
export interface OfferedEndpoint {
  readonly endpointUrl: string | null;
  readonly securityMode: number;
  readonly securityPolicyUri: string | null;
  readonly userIdentityTokens: readonly OfferedToken[] | null;
}

interface OfferedToken {
  readonly tokenType: number;
  readonly securityPolicyUri: string | null;
}

export type EndpointOptions = Pick<
  OpcuaOptions,
  "endpoint" | "securityMode" | "securityPolicy" | "user" | "rewriteHost"
>;

// OPC 10000-4, MessageSecurityMode and UserTokenType.
const MODES: readonly string[] = ["Invalid", "None", "Sign", "SignAndEncrypt"];
const ANONYMOUS = 0;
const USER_NAME = 1;
const POLICY_PREFIX = "http://opcfoundation.org/UA/SecurityPolicy#";

/** Printable: it stands in messages. */
const policyName = (uri: string | null): string =>
  (uri ?? "").replace(POLICY_PREFIX, "").replace(/[^\x20-\x7e]/g, "?");

/** The offer that fits the options best: strongest policy first, then the address that was written.
 *  @throws EdgeError PLC_REFUSED with what the server offers instead */
export function chooseEndpoint<T extends OfferedEndpoint>(
  offered: readonly T[],
  options: EndpointOptions,
): T {
  const policies = policiesOf(options);
  const secure = offered.filter(
    (one) =>
      MODES[one.securityMode] === options.securityMode &&
      policies.includes(policyName(one.securityPolicyUri)),
  );
  if (secure.length === 0) throw noSecurity(offered, options);
  const wanted = options.user === undefined ? ANONYMOUS : USER_NAME;
  const takesUser = secure.filter((one) => tokensOf(one).some(({ tokenType }) => tokenType === wanted));
  if (takesUser.length === 0) throw noUser(options);
  const safe =
    options.user === undefined ? takesUser : takesUser.filter((one) => hidesPassword(one, options));
  if (safe.length === 0)
    throw new EdgeError(
      "PLC_REFUSED",
      `${options.endpoint} would have the password sent in clear text: set securityMode SignAndEncrypt`,
    );
  const rank = (one: T) =>
    policies.indexOf(policyName(one.securityPolicyUri)) * 2 + (isWritten(one, options) ? 0 : 1);
  return safe.reduce((best, one) => (rank(one) < rank(best) ? one : best));
}

function policiesOf(options: EndpointOptions): readonly string[] {
  if (options.securityMode === "None") return ["None"];
  return options.securityPolicy === "best" ? SECURITY_POLICIES : [options.securityPolicy];
}

const tokensOf = (one: OfferedEndpoint): readonly OfferedToken[] => one.userIdentityTokens ?? [];

/** A password is encrypted by its token's policy, or by the channel's where the token names none. */
function hidesPassword(one: OfferedEndpoint, options: EndpointOptions): boolean {
  if (options.securityMode === "SignAndEncrypt") return true;
  return tokensOf(one).some(
    ({ tokenType, securityPolicyUri }) =>
      tokenType === USER_NAME && policyName(securityPolicyUri || one.securityPolicyUri) !== "None",
  );
}

function isWritten(one: OfferedEndpoint, options: EndpointOptions): boolean {
  const offered = parseUrl(one.endpointUrl);
  const written = parseUrl(options.endpoint);
  return offered !== undefined && written !== undefined && offered.tail === written.tail;
}

function noSecurity(offered: readonly OfferedEndpoint[], options: EndpointOptions): EdgeError {
  const pairs = offered.map(
    (one) => `${MODES[one.securityMode] ?? "?"} with ${policyName(one.securityPolicyUri)}`,
  );
  const offers = pairs.length === 0 ? "nothing" : [...new Set(pairs)].join(", ");
  const policy = options.securityPolicy === "best" ? "" : ` with ${options.securityPolicy}`;
  return new EdgeError(
    "PLC_REFUSED",
    `${options.endpoint} does not offer ${options.securityMode}${policy}; it offers ${offers}: change securityMode here or the endpoints of the server`,
  );
}

function noUser(options: EndpointOptions): EdgeError {
  const mend =
    options.user === undefined
      ? "takes no anonymous users: set user and passwordFile"
      : "takes no user names: remove user and password, or allow users on the server";
  return new EdgeError("PLC_REFUSED", `${options.endpoint} ${mend}`);
}

/** The addresses to dial for an offer, in order.
 *
 *  A server behind a gateway, or with a name that nobody resolves, offers addresses that lead nowhere: the host is
 *  the one that was written. Port and path are the server's, which may keep its secure endpoint elsewhere; where a
 *  gateway maps ports that leads nowhere either, and what was written is tried next. */
export function dialUrls(
  offeredUrl: string | null,
  options: Pick<OpcuaOptions, "endpoint" | "rewriteHost">,
): string[] {
  const offered = parseUrl(offeredUrl);
  const written = parseUrl(options.endpoint);
  if (offered === undefined || written === undefined) return [options.endpoint];
  if (!options.rewriteHost) return [`opc.tcp://${offered.host}${offered.tail}`];
  const rewritten = `opc.tcp://${written.host}${offered.tail}`;
  return offered.tail === written.tail ? [options.endpoint] : [rewritten, options.endpoint];
}

interface UrlParts {
  readonly host: string;
  /** Port and path; "/" alone is no path. */
  readonly tail: string;
}

function parseUrl(text: string | null): UrlParts | undefined {
  const match = /^opc\.tcp:\/\/(\[[^\]]*\]|[^:/]+)(?::(\d+))?(\/\S*)?$/i.exec(text ?? "");
  if (match === null) return undefined;
  const path = match[3] === "/" ? "" : (match[3] ?? "");
  // 4840 is the port of OPC UA (IANA: opcua-tcp).
  return { host: match[1] ?? "", tail: `:${match[2] ?? "4840"}${path}` };
}
