import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { anonymousToken } from "../probes/opcua-endpoints.ts";
import {
  decodeActivateSession,
  decodeCloseSession,
  decodeCreateSession,
  decodeGetEndpoints,
  decodeRead,
} from "../wire/opcua-answer.ts";
import { encodeNodeId } from "../wire/opcua-node-id.ts";
import {
  encodeActivateSession,
  encodeCloseSession,
  encodeCreateSession,
  encodeGetEndpoints,
  encodeRead,
} from "../wire/opcua-request.ts";
import type { UaDataValue } from "../wire/opcua-value.ts";
import { connectUa } from "./opcua-connect.ts";
import { createUaConversation, type UaConversation } from "./opcua-conversation.ts";

export interface OpcuaReaderOptions {
  /** "opc.tcp://10.0.0.5:4840". */
  readonly endpointUrl: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** Reads values from a server that lets anybody read without security. */
export interface OpcuaReader {
  /** One call after the other, whoever makes them.
   *  @param nodeIds "ns=2;s=Line1.Temp", "i=2258"
   *  @returns one value for each; a bad one with its status
   *  @throws FingerError ADDRESS_INVALID, PLC_REFUSED, PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED; the signal's
   *          reason */
  read(nodeIds: readonly string[], signal: AbortSignal): Promise<readonly UaDataValue[]>;
  /** Ends session and connection, whatever the server makes of it. */
  close(): Promise<void>;
}

/** @throws FingerError OPTION_INVALID (no opc.tcp address), PLC_REFUSED (security or a user is wanted), PLC_TIMEOUT,
 *          PLC_UNREACHABLE, PDU_MALFORMED; the signal's reason */
export async function openOpcuaReader(
  options: OpcuaReaderOptions,
  { clock }: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<OpcuaReader> {
  const { where, link } = await connectUa(options, clock, signal);
  const talk = createUaConversation(link, where, clock);
  try {
    await talk.open(options.endpointUrl, signal);
    await logIn(talk, where, options.endpointUrl, signal);
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }
  return {
    async read(nodeIds, readSignal) {
      const nodes = nodeIds.map(encodedNode);
      return inTurn(() => readAll(talk, nodes, readSignal));
    },
    async close() {
      await inTurn(() => logOut(talk));
      await link.close();
    },
  };
}

const CLIENT = { applicationUri: "urn:stethos:protocol-finger", name: "Stethos protocol-finger" };
const SESSION_TIMEOUT_MS = 60_000;

async function logIn(talk: UaConversation, where: string, url: string, signal: AbortSignal): Promise<void> {
  const { endpoints } = await talk.ask(
    "to give its endpoints",
    (context) => encodeGetEndpoints(context, url),
    decodeGetEndpoints,
    signal,
  );
  const token = anonymousToken(endpoints);
  if (token === undefined) throw closedToAll(where, endpoints);
  const session = await talk.ask(
    "a session",
    (context) => encodeCreateSession(context, CLIENT, url, SESSION_TIMEOUT_MS),
    decodeCreateSession,
    signal,
  );
  talk.loggedIn(session.token);
  await talk.ask(
    "an anonymous user",
    (context) => encodeActivateSession(context, token),
    decodeActivateSession,
    signal,
  );
}

async function logOut(talk: UaConversation): Promise<void> {
  const { signal } = new AbortController();
  try {
    await talk.ask("to end the session", encodeCloseSession, decodeCloseSession, signal);
  } catch (thrown) {
    // The server forgets a session that nobody ends.
    if (!(thrown instanceof FingerError)) throw thrown;
  }
}

function closedToAll(
  where: string,
  endpoints: readonly { readonly securityMode: string; readonly securityPolicyUri: string }[],
): FingerError {
  const offered = endpoints.map(({ securityMode, securityPolicyUri }) => {
    return `${securityPolicyUri.slice(securityPolicyUri.indexOf("#") + 1)} (${securityMode})`;
  });
  const what = offered.length === 0 ? "no endpoint at all" : [...new Set(offered)].join(", ");
  return new FingerError(
    "PLC_REFUSED",
    `${where} does not let anybody read without security and user: it offers ${what}. ` +
      "protocol-finger has no certificate; read it with `stethos`, which has one",
    { diagnosis: "OPCUA_UNTRUSTED" },
  );
}

// Fits every server's limits and every server's chunk of 8192 bytes but for the longest names.
const MOST_NODES = 50;

async function readAll(
  talk: UaConversation,
  nodes: readonly Buffer[],
  signal: AbortSignal,
): Promise<readonly UaDataValue[]> {
  const values: UaDataValue[] = [];
  for (let at = 0; at < nodes.length; at += MOST_NODES) {
    const some = nodes.slice(at, at + MOST_NODES);
    const answer = await talk.ask("to read", (context) => encodeRead(context, some), decodeRead, signal);
    if (answer.values.length !== some.length) {
      const text = `${answer.values.length} values came for ${some.length} nodes`;
      throw new FingerError("PDU_MALFORMED", text, { diagnosis: "MALFORMED_ANSWER" });
    }
    values.push(...answer.values);
  }
  return values;
}

function encodedNode(text: string): Buffer {
  const bytes = encodeNodeId(text);
  if (bytes !== undefined) return bytes;
  throw new FingerError("ADDRESS_INVALID", `"${text}" is no node id: write "ns=2;s=Line1.Temp" or "i=2258"`);
}
