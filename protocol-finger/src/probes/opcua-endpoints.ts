import { createHash, X509Certificate } from "node:crypto";
import type { UaEndpoint } from "../wire/opcua-answer.ts";
import { createNoter, type Noter } from "./note.ts";
import type { Visit } from "./probe.ts";

/** The policy of the token with which anybody may log in without security; undefined where nobody may. */
export function anonymousToken(endpoints: readonly UaEndpoint[]): string | undefined {
  const open = endpoints.filter((endpoint) => endpoint.securityMode === "None");
  return open.flatMap((endpoint) => endpoint.userTokens).find((token) => token.isAnonymous)?.policyId;
}

export function noteEndpoints(visit: Visit, endpoints: readonly UaEndpoint[], bytes: Buffer): void {
  const note = createNoter(visit, "opcua", bytes);
  note("endpoints", endpoints.length, `${endpoints.length} endpoints`);
  const [first] = endpoints;
  if (first === undefined) return;
  note("applicationUri", first.applicationUri, `application ${first.applicationUri}`);
  note("productUri", first.productUri, `product ${first.productUri}`);
  note("applicationName", first.applicationName, `application name "${first.applicationName}"`);
  const policies = [...new Set(endpoints.map(({ securityPolicyUri }) => policyName(securityPolicyUri)))].join(
    ",",
  );
  note("policies", policies, `security policies ${policies}`);
  const isAnonymous = anonymousToken(endpoints) !== undefined;
  note(
    "anonymous",
    isAnonymous,
    isAnonymous ? "anybody may read without security" : "security or a user is wanted",
  );
  noteHosts(visit, endpoints, note);
  const certified = endpoints.find(({ certificate }) => certificate.length > 0);
  if (certified !== undefined) noteCertificate(certified.certificate, note);
}

/** "Basic256Sha256" of ".../SecurityPolicy#Basic256Sha256". */
const policyName = (uri: string): string => uri.slice(uri.indexOf("#") + 1);

const HOST = /^opc\.tcp:\/\/(\[[^\]]+\]|[^:/]+)/i;

function noteHosts(visit: Visit, endpoints: readonly UaEndpoint[], note: Noter): void {
  const hosts = [...new Set(endpoints.map(({ url }) => (HOST.exec(url)?.[1] ?? "").replace(/[[\]]/g, "")))];
  const matches = hosts.some((host) => host.toLowerCase() === visit.host.toLowerCase());
  note("endpointHosts", hosts.join(","), `the server calls its host ${hosts.join(", ")}`);
  note(
    "endpointHostMatches",
    matches,
    matches ? "by the name dialled" : `not by the name dialled, ${visit.host}`,
  );
}

function noteCertificate(der: Buffer, note: Noter): void {
  const certificate = parseCertificate(der);
  if (certificate === undefined) {
    note("certificate", "unreadable", "the certificate cannot be read");
    return;
  }
  const subject = certificate.subject.split("\n").join(", ");
  note("certificateSubject", subject, `certificate of ${subject}`);
  const thumbprint = createHash("sha1").update(certificate.raw).digest("hex");
  note("certificateThumbprint", thumbprint, `thumbprint ${thumbprint}`);
}

function parseCertificate(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch (thrown) {
    // OpenSSL's many ways to say that this is no certificate.
    if (thrown instanceof Error) return undefined;
    throw thrown;
  }
}
