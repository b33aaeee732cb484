import { createNoter, decoded } from "../../probes/note.ts";
import type { Visit } from "../../probes/probe.ts";
import {
  type NoteList,
  noteCommunication,
  noteMode,
  noteModule,
  noteNames,
  noteProtection,
} from "../../probes/s7-identity.ts";
import { noteConfirm } from "../../probes/s7-search.ts";
import { answerLength, joinAnswer } from "../../wire/cotp.ts";
import { decodeConnectReply } from "../../wire/cotp-connect.ts";
import { decodeS7Header, S7_PROTOCOL_ID } from "../../wire/s7-header.ts";
import { decodeSetupReply } from "../../wire/s7-setup.ts";
import { decodeSzlReply } from "../../wire/s7-szl.ts";
import { decodeSzlList, MOST_SZL_BYTES } from "../../wire/s7-szl-list.ts";
import { decodeConnectRequest } from "../../wire/serve-cotp.ts";
import type { Conversation, Ear } from "./ear.ts";

// ISO 8073, 13.1: codes of the packets; the low half may carry a credit.
const KIND_AT = 5;
const CONNECT_REQUEST = 0xe0;
const CONNECT_CONFIRM = 0xd0;
const DATA = 0xf0;

const S7_PLUS = 0x72;

export const s7Ear: Ear = {
  protocol: "s7",
  transport: "tcp",
  ports: [102],
  frameLength: answerLength,
  recognises: (bytes, direction) =>
    kindOf(bytes) === (direction === "to-server" ? CONNECT_REQUEST : CONNECT_CONFIRM) &&
    bytes.readUInt16BE(0) === 0x0300 &&
    bytes.readUInt16BE(2) === bytes.length,
  open: createConversation,
};

const kindOf = (packet: Buffer): number | undefined =>
  packet.length > KIND_AT ? packet.readUInt8(KIND_AT) & 0xf0 : undefined;

function createConversation(visit: Visit): Conversation {
  let called: Buffer | undefined;
  const lists = createListJoin();
  return {
    toServer(packet) {
      if (kindOf(packet) === CONNECT_REQUEST) called = decoded(decodeConnectRequest, packet)?.calledTsap;
    },
    toClient(packet) {
      if (kindOf(packet) === CONNECT_CONFIRM) {
        const reply = decodeConnectReply(packet);
        // S7-1500s are called by names too ("SIMATIC-ROOT-HMI").
        const tsap = called?.length === 2 ? called.readUInt16BE(0) : undefined;
        if (reply.kind === "confirm") noteConfirm(visit, tsap, reply, packet);
      } else if (kindOf(packet) === DATA) {
        takePdu(visit, lists, joinAnswer(packet), packet);
      }
    },
  };
}

function takePdu(visit: Visit, lists: ListJoin, pdu: Buffer, packet: Buffer): void {
  const note = createNoter(visit, "s7", packet);
  if (pdu[0] === S7_PLUS) {
    note("protocol", "s7comm-plus", "S7comm-plus (first byte 0x72)");
    notePlusIdentity(visit, pdu, packet);
    return;
  }
  if (pdu[0] !== S7_PROTOCOL_ID) return;
  decodeS7Header(pdu);
  note("protocol", "s7comm", "classic S7 communication");
  note("speaks", true, "S7 answers");
  const setup = decoded(decodeSetupReply, pdu);
  if (setup?.kind === "granted") {
    note("pduSize", setup.pduSize, `PDU of ${setup.pduSize} bytes agreed upon`);
    note("amqCalling", setup.amqCalling, `${setup.amqCalling} jobs of the caller in flight`);
    note("amqCalled", setup.amqCalled, `${setup.amqCalled} jobs of the controller in flight`);
  } else lists.take(visit, pdu, packet);
}

/** "1;6ES7 511-1AK00-0AB0;V1.0", in the answer to the first request of every session (Wireshark, s7comm-plus; the same
 *  in ITI/ICS-Security-Tools S7-1511-opc-request-all-types.pcap and s7-1200-hmi.pcap). */
const PLUS_IDENTITY = /\d;(6[A-Z][A-Z0-9]\d [0-9A-Z-]{12,16}) ?;V(\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)/;

function notePlusIdentity(visit: Visit, pdu: Buffer, packet: Buffer): void {
  const found = PLUS_IDENTITY.exec(pdu.toString("latin1"));
  if (found === null) return;
  const note = createNoter(visit, "s7", packet);
  const [, orderNumber, version] = found;
  note("orderNumber", orderNumber, `order number ${orderNumber} (S7comm-plus session)`);
  note("firmware", `V${version}`, `firmware V${version} (S7comm-plus session)`);
}

// By the low byte of a list's id: the high one tells which part of it.
const NOTES: Readonly<Record<number, NoteList>> = {
  17: noteModule,
  28: noteNames,
  49: noteCommunication,
  50: noteProtection,
  36: noteMode,
};

interface ListJoin {
  take(visit: Visit, pdu: Buffer, packet: Buffer): void;
}

/** Lists on their way at once: a session has a handful. */
const MOST_LISTS = 16;

/** Puts lists together, several at a time, of whoever asked for them. */
function createListJoin(): ListJoin {
  const pending = new Map<number, { bytes: Buffer; parts: number }>();
  return {
    take(visit, pdu, packet) {
      const reply = decoded(decodeSzlReply, pdu);
      if (reply?.kind !== "part") return;
      const known = pending.get(reply.sequence);
      const bytes = Buffer.concat([known?.bytes ?? Buffer.alloc(0), reply.bytes]);
      const parts = (known?.parts ?? 0) + 1;
      pending.delete(reply.sequence);
      if (!reply.isLast) {
        if (bytes.length <= MOST_SZL_BYTES && pending.size < MOST_LISTS)
          pending.set(reply.sequence, { bytes, parts });
        return;
      }
      const list = decodeSzlList(bytes);
      NOTES[list.id & 0xff]?.(visit, { list, bytes: packet, parts, isOver: false });
    },
  };
}
