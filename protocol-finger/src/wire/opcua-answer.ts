import { type Cursor, createCursor } from "./cursor.ts";
import {
  readBytes,
  readList,
  readLocalizedText,
  readNodeId,
  readText,
  readTimeUs,
  skipDiagnosticInfo,
  skipExtensionObject,
} from "./opcua-binary.ts";
import { isBad } from "./opcua-status.ts";
import { readDataValue, type UaDataValue } from "./opcua-value.ts";

/** What every answer begins with. A server that refuses answers with this alone (ServiceFault). */
export interface UaRefusal {
  readonly kind: "refusal";
  readonly status: number;
}

export interface UaChannel {
  readonly kind: "channel";
  readonly channel: number;
  readonly token: number;
  readonly lifetimeMs: number;
  /** The server's clock. */
  readonly timeUs: number | undefined;
}

export interface UaUserToken {
  readonly policyId: string;
  readonly isAnonymous: boolean;
}

export interface UaEndpoint {
  readonly url: string;
  readonly applicationUri: string;
  readonly productUri: string;
  readonly applicationName: string;
  /** DER; the server's own first, those of its issuers after it. Empty where there is none. */
  readonly certificate: Buffer;
  readonly securityMode: "None" | "Sign" | "SignAndEncrypt" | "invalid";
  readonly securityPolicyUri: string;
  readonly userTokens: readonly UaUserToken[];
}

export interface UaSession {
  readonly kind: "session";
  /** As the server encoded it: to be sent with every request. */
  readonly token: Buffer;
  readonly timeoutMs: number;
}

const SERVICE_FAULT = 397;
const ANSWER = {
  openChannel: 449,
  getEndpoints: 431,
  createSession: 464,
  activateSession: 470,
  read: 634,
  closeSession: 476,
} as const;

/** @throws WireError */
export function decodeOpenChannel(body: Buffer): UaChannel | UaRefusal {
  return decodeAnswer(body, ANSWER.openChannel, (cursor, timeUs) => {
    cursor.skip(4, "the protocol version");
    const channel = cursor.u32le("the channel");
    const token = cursor.u32le("the token");
    cursor.skip(8, "the time of the token");
    const lifetimeMs = cursor.u32le("the lifetime");
    readBytes(cursor, "the nonce");
    return { kind: "channel", channel, token, lifetimeMs, timeUs };
  });
}

/** @throws WireError */
export function decodeGetEndpoints(
  body: Buffer,
): { readonly kind: "endpoints"; readonly endpoints: readonly UaEndpoint[] } | UaRefusal {
  return decodeAnswer(body, ANSWER.getEndpoints, (cursor) => ({
    kind: "endpoints",
    endpoints: readList(cursor, "the endpoints", readEndpoint),
  }));
}

/** @throws WireError */
export function decodeCreateSession(body: Buffer): UaSession | UaRefusal {
  return decodeAnswer(body, ANSWER.createSession, (cursor) => {
    readNodeId(cursor);
    const token = readNodeId(cursor).bytes;
    const timeoutMs = cursor.bytes(8, "the timeout").readDoubleLE(0);
    readBytes(cursor, "the nonce");
    readBytes(cursor, "the certificate");
    readList(cursor, "the endpoints", readEndpoint);
    readList(cursor, "the software certificates", (each) => {
      readBytes(each, "a certificate");
      readBytes(each, "a signature");
    });
    readText(cursor, "the algorithm");
    readBytes(cursor, "the signature");
    cursor.skip(4, "the longest request");
    return { kind: "session", token, timeoutMs };
  });
}

/** @throws WireError */
export function decodeActivateSession(body: Buffer): { readonly kind: "active" } | UaRefusal {
  return decodeAnswer(body, ANSWER.activateSession, (cursor) => {
    readBytes(cursor, "the nonce");
    readList(cursor, "the results", (each) => each.u32le("a result"));
    readList(cursor, "the diagnostics", (each) => skipDiagnosticInfo(each));
    return { kind: "active" };
  });
}

/** @throws WireError */
export function decodeRead(
  body: Buffer,
): { readonly kind: "values"; readonly values: readonly UaDataValue[] } | UaRefusal {
  return decodeAnswer(body, ANSWER.read, (cursor) => {
    const values = readList(cursor, "the values", (each) => readDataValue(each));
    readList(cursor, "the diagnostics", (each) => skipDiagnosticInfo(each));
    return { kind: "values", values };
  });
}

/** @throws WireError */
export function decodeCloseSession(body: Buffer): { readonly kind: "closed" } | UaRefusal {
  return decodeAnswer(body, ANSWER.closeSession, () => ({ kind: "closed" }));
}

function decodeAnswer<T>(
  body: Buffer,
  expected: number,
  read: (cursor: Cursor, timeUs: number | undefined) => T,
): T | UaRefusal {
  const cursor = createCursor(body);
  const type = readNodeId(cursor).text;
  if (type !== `i=${expected}` && type !== `i=${SERVICE_FAULT}`) {
    cursor.fail(`the answer is ${type} where i=${expected} is due`);
  }
  const timeUs = readTimeUs(cursor, "the time");
  cursor.skip(4, "the number of the request");
  const status = cursor.u32le("the result");
  skipDiagnosticInfo(cursor);
  readList(cursor, "the texts", (each) => readText(each, "a text"));
  skipExtensionObject(cursor);
  if (isBad(status) || type === `i=${SERVICE_FAULT}`) return { kind: "refusal", status };
  return read(cursor, timeUs);
}

const MODES = ["invalid", "None", "Sign", "SignAndEncrypt"] as const;
const ANONYMOUS_TOKEN = 0;

function readEndpoint(cursor: Cursor): UaEndpoint {
  const url = readText(cursor, "the endpoint");
  const application = readApplication(cursor);
  const certificate = readBytes(cursor, "the certificate") ?? Buffer.alloc(0);
  const securityMode = MODES[cursor.u32le("the security mode")] ?? "invalid";
  const securityPolicyUri = readText(cursor, "the security policy");
  const userTokens = readList(cursor, "the user tokens", readUserToken);
  readText(cursor, "the transport");
  cursor.skip(1, "the security level");
  return { url, ...application, certificate, securityMode, securityPolicyUri, userTokens };
}

function readApplication(cursor: Cursor) {
  const applicationUri = readText(cursor, "the application");
  const productUri = readText(cursor, "the product");
  const applicationName = readLocalizedText(cursor);
  cursor.skip(4, "the kind of application");
  readText(cursor, "the gateway");
  readText(cursor, "the discovery profile");
  readList(cursor, "the discovery addresses", (each) => readText(each, "an address"));
  return { applicationUri, productUri, applicationName };
}

function readUserToken(cursor: Cursor): UaUserToken {
  const policyId = readText(cursor, "the policy");
  const isAnonymous = cursor.u32le("the kind of token") === ANONYMOUS_TOKEN;
  readText(cursor, "the kind of issued token");
  readText(cursor, "the issuer");
  readText(cursor, "the policy of the token");
  return { policyId, isAnonymous };
}
