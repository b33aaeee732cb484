// A server's side of OPC UA, for tests: written from OPC 10000-6 on its own, so that it does not share the mistakes of
// what it tests.

export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
};

export const text = (value: string | null): Buffer => {
  if (value === null) return int32(-1);
  return Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]);
};

export const bytes = (value: Buffer): Buffer => Buffer.concat([int32(value.length), value]);

export const list = (items: readonly Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items]);

export const localized = (value: string): Buffer =>
  Buffer.concat([Buffer.from([3]), text("en"), text(value)]);

const typeId = (id: number): Buffer => Buffer.from([1, 0, id & 0xff, id >> 8]);

/** 2009-09-01, as ticks of 100 ns since 1601. */
const TIME = Buffer.from("edd560575c2bca01", "hex");
export const TIME_US = 1_251_847_893_643_006;

/** Body of an answer, up to its parameters. */
export function answer(id: number, parameters: readonly Buffer[], status = 0): Buffer {
  const noDiagnostics = Buffer.from([0]);
  const noAddition = Buffer.from([0, 0, 0]);
  return Buffer.concat([
    typeId(id),
    TIME,
    int32(1),
    int32(status),
    noDiagnostics,
    list([]),
    noAddition,
    ...parameters,
  ]);
}

export const fault = (status: number): Buffer => answer(397, [], status);

function chunk(kind: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(kind), int32(8 + content.length), content]);
}

/** @param pieces bodies of the chunks of one message */
export function serviceMessage(request: number, pieces: readonly Buffer[]): Buffer {
  const chunks = pieces.map((piece, at) => {
    const header = [int32(5), int32(1), int32(100 + at), int32(request)];
    return chunk(at === pieces.length - 1 ? "MSGF" : "MSGC", Buffer.concat([...header, piece]));
  });
  return Buffer.concat(chunks);
}

export function channelMessage(request: number, body: Buffer): Buffer {
  const policy = text("http://opcfoundation.org/UA/SecurityPolicy#None");
  const none = int32(-1);
  return chunk("OPNF", Buffer.concat([int32(5), policy, none, none, int32(1), int32(request), body]));
}

export const openChannelBody = (): Buffer =>
  answer(449, [int32(0), int32(5), int32(1), TIME, int32(10_000), text(null)]);

export const acknowledge = (): Buffer =>
  chunk("ACKF", Buffer.concat([int32(0), int32(65_535), int32(8192), int32(0), int32(16)]));

export const errorMessage = (status: number, reason: string): Buffer =>
  chunk("ERRF", Buffer.concat([int32(status), text(reason)]));

export const abortMessage = (request: number, status: number): Buffer =>
  chunk(
    "MSGA",
    Buffer.concat([int32(5), int32(1), int32(9), int32(request), int32(status), text("too large")]),
  );

export interface TestEndpoint {
  readonly url?: string;
  readonly mode?: number;
  readonly policy?: string;
  readonly tokens?: readonly { readonly policyId: string; readonly kind: number }[];
  readonly certificate?: Buffer;
}

export function endpoint(options: TestEndpoint = {}): Buffer {
  const tokens = options.tokens ?? [{ policyId: "anonymous", kind: 0 }];
  const server = 0;
  return Buffer.concat([
    text(options.url ?? "opc.tcp://192.0.2.7:4840"),
    text("urn:SIMATIC.S7-1500.OPC-UA.Application:PLC_1"),
    text("https://www.siemens.com/s7-1500"),
    localized("SIMATIC.S7-1500.OPC-UA.Application:PLC_1"),
    int32(server),
    text(null),
    text(null),
    list([text("opc.tcp://192.0.2.7:4840")]),
    options.certificate === undefined ? text(null) : bytes(options.certificate),
    int32(options.mode ?? 1),
    text(`http://opcfoundation.org/UA/SecurityPolicy#${options.policy ?? "None"}`),
    list(
      tokens.map(({ policyId, kind }) =>
        Buffer.concat([text(policyId), int32(kind), text(null), text(null), text(null)]),
      ),
    ),
    text("http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"),
    Buffer.from([0]),
  ]);
}

export const endpointsBody = (endpoints: readonly Buffer[]): Buffer => answer(431, [list(endpoints)]);

/** An opaque token in namespace 0. */
export const SESSION_TOKEN = Buffer.concat([Buffer.from([5, 0, 0]), bytes(Buffer.from("cafe", "hex"))]);

export function sessionBody(): Buffer {
  const timeout = Buffer.alloc(8);
  timeout.writeDoubleLE(10_000);
  const sessionId = Buffer.from([2, 1, 0, 7, 0, 0, 0]);
  const signature = [text(null), text(null)];
  return answer(464, [
    sessionId,
    SESSION_TOKEN,
    timeout,
    text(null),
    text(null),
    list([endpoint()]),
    list([Buffer.concat([bytes(Buffer.from("00", "hex")), bytes(Buffer.from("01", "hex"))])]),
    ...signature,
    int32(0),
  ]);
}

export const activeBody = (): Buffer => answer(470, [text(null), list([int32(0)]), list([])]);

export const readBody = (values: readonly Buffer[]): Buffer => answer(634, [list(values), list([])]);

export const closedBody = (): Buffer => answer(476, []);

/** A DataValue that holds a variant alone. */
export const value = (type: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x01, type]), content]);

export const badValue = (status: number): Buffer => Buffer.concat([Buffer.from([0x02]), int32(status)]);
