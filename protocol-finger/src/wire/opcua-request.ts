import { timeTicks } from "./opcua-binary.ts";

// Requests of a client that reads and never writes, over a channel without security (OPC 10000-6, 6.7 and 7.1; service
// parameters: OPC 10000-4).

export const SECURITY_NONE = "http://opcfoundation.org/UA/SecurityPolicy#None";
export const TRANSPORT_TCP = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";

/** Ids of the binary encodings in namespace 0. */
export const REQUEST = {
  openChannel: 446,
  closeChannel: 452,
  getEndpoints: 428,
  createSession: 461,
  activateSession: 467,
  read: 631,
  closeSession: 473,
} as const;

/** What every message of one connection bears. */
export interface UaContext {
  /** 0 until the channel is open. */
  readonly channel: number;
  readonly token: number;
  /** As the server encoded it; empty before there is a session. */
  readonly session: Buffer;
  /** Counts messages; number of the request as well. */
  readonly sequence: number;
  /** Clock to stamp the request with; servers look at it in their logs. */
  readonly timeUs: number | undefined;
}

// What we take: the least that a server must be able to send in, and more than a probe ever gets.
const BUFFER_BYTES = 65_535;

export function encodeHello(endpointUrl: string, mostMessageBytes: number): Buffer {
  const version = 0;
  const anyChunks = 0;
  const numbers = [version, BUFFER_BYTES, BUFFER_BYTES, mostMessageBytes, anyChunks].map(uint32);
  return message("HELF", [...numbers, text(endpointUrl)]);
}

/** @param isRenewal of the token of an open channel */
export function encodeOpenChannel(context: UaContext, isRenewal: boolean, lifetimeMs: number): Buffer {
  const version = uint32(0);
  const modeNone = uint32(1);
  return message("OPNF", [
    uint32(context.channel),
    text(SECURITY_NONE),
    NULL,
    NULL,
    ...sequence(context),
    typeId(REQUEST.openChannel),
    requestHeader(context),
    version,
    uint32(isRenewal ? 1 : 0),
    modeNone,
    NULL,
    uint32(lifetimeMs),
  ]);
}

export function encodeCloseChannel(context: UaContext): Buffer {
  return service("CLOF", context, REQUEST.closeChannel, []);
}

export function encodeGetEndpoints(context: UaContext, endpointUrl: string): Buffer {
  return service("MSGF", context, REQUEST.getEndpoints, [
    text(endpointUrl),
    NULL,
    uint32(1),
    text(TRANSPORT_TCP),
  ]);
}

/** Who asks. */
export interface UaClientName {
  readonly applicationUri: string;
  readonly name: string;
}

export function encodeCreateSession(
  context: UaContext,
  { applicationUri, name }: UaClientName,
  endpointUrl: string,
  timeoutMs: number,
): Buffer {
  const client = uint32(1);
  const application = [text(applicationUri), NULL, localized(name), client, NULL, NULL, NULL];
  const unlimited = uint32(0);
  return service("MSGF", context, REQUEST.createSession, [
    ...application,
    NULL,
    text(endpointUrl),
    text(name),
    NULL,
    NULL,
    double(timeoutMs),
    unlimited,
  ]);
}

// Id of the binary encoding of an AnonymousIdentityToken.
const ANONYMOUS = 321;
const HAS_BYTES = 1;

/** @param policyId of the anonymous token, as the server's endpoint names it */
export function encodeActivateSession(context: UaContext, policyId: string): Buffer {
  const token = text(policyId);
  const noSignature = [NULL, NULL];
  return service("MSGF", context, REQUEST.activateSession, [
    ...noSignature,
    NULL,
    NULL,
    typeId(ANONYMOUS),
    Buffer.from([HAS_BYTES]),
    uint32(token.length),
    token,
    ...noSignature,
  ]);
}

const VALUE_ATTRIBUTE = 13;
const SOURCE_TIME = 0;

/** @param nodes encoded node ids */
export function encodeRead(context: UaContext, nodes: readonly Buffer[]): Buffer {
  const notOlderThanNow = double(0);
  const noNamespace = Buffer.alloc(2);
  return service("MSGF", context, REQUEST.read, [
    notOlderThanNow,
    uint32(SOURCE_TIME),
    uint32(nodes.length),
    ...nodes.flatMap((node) => [node, uint32(VALUE_ATTRIBUTE), NULL, noNamespace, NULL]),
  ]);
}

export function encodeCloseSession(context: UaContext): Buffer {
  const deleteSubscriptions = Buffer.from([1]);
  return service("MSGF", context, REQUEST.closeSession, [deleteSubscriptions]);
}

const HEADER_BYTES = 8;

function service(
  kind: "MSGF" | "CLOF",
  context: UaContext,
  id: number,
  parameters: readonly Buffer[],
): Buffer {
  return message(kind, [
    uint32(context.channel),
    uint32(context.token),
    ...sequence(context),
    typeId(id),
    requestHeader(context),
    ...parameters,
  ]);
}

function message(kind: string, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(kind, "latin1"), uint32(HEADER_BYTES + body.length), body]);
}

/** Sequence and request count alike: one request after the other. */
const sequence = (context: UaContext): readonly Buffer[] => [
  uint32(context.sequence),
  uint32(context.sequence),
];

const NO_SESSION = Buffer.alloc(2);
const HINT_MS = 10_000;

function requestHeader({ session, sequence: handle, timeUs }: UaContext): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigInt64LE(timeTicks(timeUs));
  const noDiagnostics = uint32(0);
  const noAddition = Buffer.alloc(3);
  const id = session.length === 0 ? NO_SESSION : session;
  return Buffer.concat([id, time, uint32(handle), noDiagnostics, NULL, uint32(HINT_MS), noAddition]);
}

const NULL = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const HAS_TEXT = 2;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([uint32(bytes.length), bytes]);
}

const localized = (value: string): Buffer => Buffer.concat([Buffer.from([HAS_TEXT]), text(value)]);

/** A number of namespace 0 in four bytes. */
const typeId = (id: number): Buffer => Buffer.from([1, 0, id & 0xff, id >> 8]);
