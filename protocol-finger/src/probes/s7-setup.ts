import { s7Refusal } from "../s7/refusal.ts";
import { S7_PROTOCOL_ID } from "../wire/s7-header.ts";
import { decodeSetupReply, encodeSetupRequest, type S7Setup } from "../wire/s7-setup.ts";
import { createNoter, decoded } from "./note.ts";
import type { Visit } from "./probe.ts";
import { codeText, noteStranger } from "./s7-note.ts";
import { pduOf, type S7Talk, type Said } from "./s7-talk.ts";

// What STEP 7 asks for; a controller that has less grants less, and which it grants tells its family.
const SETUP: S7Setup = { amqCalling: 1, amqCalled: 1, pduSize: 480 };

/** Greets as S7 does.
 *  @returns true where the controller has granted a PDU */
export async function setUp(visit: Visit, talk: S7Talk): Promise<boolean> {
  const said = await talk.ask(encodeSetupRequest(SETUP, talk.nextNumber()));
  const note = createNoter(visit, "s7", said.bytes);
  const pdu = pduOf(said);
  if (pdu === undefined) {
    noteNoSetup(visit, said);
    return false;
  }
  const protocol = protocolOf(pdu);
  note("protocol", protocol, PROTOCOLS[protocol]);
  const reply = decoded(decodeSetupReply, pdu);
  if (reply === undefined) {
    note("setup", "other", "answers the S7 greeting with something else");
    return false;
  }
  note("speaks", true, "S7 answers a greeting");
  if (reply.kind === "refused") {
    const { reason } = s7Refusal(reply.error);
    note("setup", codeText(reply.error), `refuses the S7 greeting: ${reason} (${codeText(reply.error)})`);
    return false;
  }
  note("pduSize", reply.pduSize, `PDU of ${reply.pduSize} bytes where ${SETUP.pduSize} were asked for`);
  note("amqCalling", reply.amqCalling, `${reply.amqCalling} jobs of the caller in flight`);
  note("amqCalled", reply.amqCalled, `${reply.amqCalled} jobs of the controller in flight`);
  return true;
}

type Dialect = "s7comm" | "s7comm-plus" | "mms" | "unknown";

const PROTOCOLS: Readonly<Record<Dialect, string>> = {
  s7comm: "classic S7 communication",
  "s7comm-plus": "S7comm-plus only (first byte 0x72)",
  mms: "an OSI session in place of S7: MMS, as IEC 61850 devices speak it",
  unknown: "something unknown in place of S7",
};

const S7_PLUS = 0x72;
// ISO 8327-1, 8.3: refuse, connect, accept, give tokens, finish, abort.
const SESSION = [0x0c, 0x0d, 0x0e, 0x01, 0x09, 0x19];

function protocolOf(pdu: Buffer): Dialect {
  const first = pdu[0] ?? 0;
  if (first === S7_PROTOCOL_ID) return "s7comm";
  if (first === S7_PLUS) return "s7comm-plus";
  return SESSION.includes(first) ? "mms" : "unknown";
}

/** LOGO! and gateways take an ISO connection and leave it at that. */
function noteNoSetup(visit: Visit, said: Said): void {
  const note = createNoter(visit, "s7", said.bytes);
  switch (said.kind) {
    case "closed":
      note("setup", "closed", `ends the connection ${said.afterMs.toFixed(1)} ms after the S7 greeting`);
      return;
    case "silence":
      note("setup", "silence", `leaves the S7 greeting unanswered for ${said.afterMs.toFixed(0)} ms`);
      return;
    case "packet":
      note("setup", "other", "answers the S7 greeting with something else");
      noteStranger(visit, said.bytes);
      return;
    case "forbidden":
      return;
  }
}
