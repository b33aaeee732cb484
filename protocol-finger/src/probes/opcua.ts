import {
  decodeActivateSession,
  decodeCloseSession,
  decodeCreateSession,
  decodeGetEndpoints,
  decodeOpenChannel,
  decodeRead,
  type UaEndpoint,
} from "../wire/opcua-answer.ts";
import { encodeNodeId } from "../wire/opcua-node-id.ts";
import {
  encodeActivateSession,
  encodeCloseChannel,
  encodeCloseSession,
  encodeCreateSession,
  encodeGetEndpoints,
  encodeHello,
  encodeOpenChannel,
  encodeRead,
} from "../wire/opcua-request.ts";
import { statusName } from "../wire/opcua-status.ts";
import { withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import { BUILD_NODES, noteBuild } from "./opcua-build.ts";
import { anonymousToken, noteEndpoints } from "./opcua-endpoints.ts";
import { OPCUA_FRAMES } from "./opcua-frames.ts";
import { createUaTalk, type Reply, type UaTalk } from "./opcua-talk.ts";
import type { Probe, Visit } from "./probe.ts";

export const opcuaProbe: Probe = {
  protocol: "opcua",
  transport: "tcp",
  defaultPort: 4840,
  frames: OPCUA_FRAMES,
  async run(visit, signal) {
    await withLine(visit, "opcua", "tcp", signal, (line) => examine(visit, createUaTalk(line, signal)));
  },
};

// The server forgets us soon where we cannot take our leave.
const LIFETIME_MS = 10_000;
const CLIENT = { applicationUri: "urn:stethos:protocol-finger", name: "Stethos protocol-finger" };
// Open channel, endpoints, close channel; session, activation, values, end of session.
const CHANNEL_FRAMES = 3;
const SESSION_FRAMES = 5;

async function examine(visit: Visit, talk: UaTalk): Promise<void> {
  const url = endpointUrl(visit);
  if (!(await greet(visit, talk, url)) || visit.left.frames < CHANNEL_FRAMES) return;
  const opened = await talk.ask(
    (context) => encodeOpenChannel(context, false, LIFETIME_MS),
    decodeOpenChannel,
  );
  const channel = accepted(visit, "channel", opened);
  if (channel?.kind !== "channel") return;
  talk.opened(channel.channel, channel.token, channel.timeUs);
  const listed = await talk.ask((context) => encodeGetEndpoints(context, url), decodeGetEndpoints);
  const answer = accepted(visit, "endpoints", listed);
  if (answer?.kind === "endpoints") {
    noteEndpoints(visit, answer.endpoints, listed.bytes);
    await readBuild(visit, talk, url, answer.endpoints);
  }
  // It answers by hanging up.
  if (visit.left.frames > 0) await talk.ask(encodeCloseChannel, () => undefined);
}

/** The address as it was dialled: what the server calls itself may not lead to it. */
function endpointUrl(visit: Visit): string {
  const host = visit.host.includes(":") ? `[${visit.host}]` : visit.host;
  return `opc.tcp://${host}:${visit.portOf("opcua")}`;
}

async function greet(visit: Visit, talk: UaTalk, url: string): Promise<boolean> {
  if (visit.left.frames < 1) return false;
  const unlimited = 0;
  const greeted = await talk.hello(encodeHello(url, unlimited));
  const note = createNoter(visit, "opcua", greeted.bytes);
  const answer = accepted(visit, "hello", greeted);
  if (answer?.kind !== "acknowledge") return false;
  note("speaks", true, "OPC UA answers a hello");
  note("receiveBytes", answer.receiveBytes, `takes chunks of ${answer.receiveBytes} bytes`);
  note("sendBytes", answer.sendBytes, `sends chunks of ${answer.sendBytes} bytes`);
  note("mostMessageBytes", answer.mostMessageBytes, `takes messages of ${answer.mostMessageBytes} bytes`);
  note("mostChunks", answer.mostChunks, `takes messages of ${answer.mostChunks} chunks`);
  if (greeted.kind === "reply") note("latencyMs", rounded(greeted.rttMs), "answer to the hello");
  return true;
}

/** Opens a session, reads what the server was built as, and closes it again whatever happened in it. */
async function readBuild(
  visit: Visit,
  talk: UaTalk,
  url: string,
  endpoints: readonly UaEndpoint[],
): Promise<void> {
  const token = anonymousToken(endpoints);
  if (token === undefined || visit.left.frames < SESSION_FRAMES) return;
  const created = await talk.ask(
    (context) => encodeCreateSession(context, CLIENT, url, LIFETIME_MS),
    decodeCreateSession,
  );
  const session = accepted(visit, "session", created);
  if (session?.kind !== "session") return;
  talk.loggedIn(session.token);
  const active = await talk.ask((context) => encodeActivateSession(context, token), decodeActivateSession);
  if (accepted(visit, "session", active)?.kind === "active") {
    const nodes = BUILD_NODES.map(({ node }) => encodeNodeId(node) ?? Buffer.alloc(0));
    const read = await talk.ask((context) => encodeRead(context, nodes), decodeRead);
    const answer = accepted(visit, "read", read);
    if (answer?.kind === "values") noteBuild(visit, answer.values, read.bytes);
  }
  await talk.ask(encodeCloseSession, decodeCloseSession);
}

type Step = "hello" | "channel" | "endpoints" | "session" | "read";

/** The reply, or undefined and a fact that says why there is none. */
function accepted<T extends { readonly kind: string; readonly status?: number }>(
  visit: Visit,
  step: Step,
  reply: Reply<T>,
): T | undefined {
  const note = createNoter(visit, "opcua", reply.bytes);
  if (reply.kind === "forbidden") return undefined;
  if (reply.kind === "error") {
    note("speaks", true, "OPC UA ends the connection with a reason");
    note("error", statusName(reply.status), `${step}: ${statusName(reply.status)}: ${reply.reason}`);
    return undefined;
  }
  if (reply.kind !== "reply") {
    note(step, reply.kind, `${step}: ${reply.kind}`);
    return undefined;
  }
  const { status } = reply.reply;
  if (reply.reply.kind !== "refusal" || status === undefined) return reply.reply;
  note("error", statusName(status), `${step}: ${statusName(status)}`);
  return undefined;
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;
