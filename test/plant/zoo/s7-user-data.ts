import { type SzlAnswer, systemStatusList } from "./s7-lists.ts";
import type { S7Memory } from "./s7-memory.ts";
import { type S7Pdu, userData } from "./s7-pdu.ts";
import type { S7Device, S7Traits } from "./s7-traits.ts";

/** What of one connection's lists is still to be fetched. */
export interface UserDataSession {
  /** Names the exchange in its follow-ups; the device's own. */
  readonly sequence: number;
  readonly pduSize: number;
  /** Counts fragmented answers. */
  dataUnitReference: number;
  /** Of the fragmented answer, what was not sent yet. */
  pending: Buffer;
}

const GROUPS = { blocks: 3, lists: 4, security: 5, time: 7 } as const;

/** Errors (Wireshark packet-s7comm.c, "param_errcode_names"). */
const ERRORS = { noList: 0xd402, noBlock: 0xd209, noService: 0x8104, wrongPassword: 0xd602 } as const;

/** Answer to user data (ROSCTR 7), or that the device hangs up. */
export function answerUserData(device: S7Device, pdu: S7Pdu, session: UserDataSession): Buffer | "hang-up" {
  const { parameters } = pdu;
  // 00 01 12, length, method, kind and group, subfunction, sequence; a follow-up has four bytes more.
  if (parameters.length < 8) return "hang-up";
  const kindAndGroup = parameters[5] ?? 0;
  const ask: Ask = {
    pdu,
    group: kindAndGroup & 0x0f,
    subfunction: parameters[6] ?? 0,
    sequence: parameters[7] ?? 0,
  };
  if (kindAndGroup >> 4 !== 4) return refuse(ask, ERRORS.noService);
  switch (ask.group) {
    case GROUPS.lists:
      return answerLists(device.traits, ask, session);
    case GROUPS.blocks:
      return answerBlocks(device, ask);
    case GROUPS.security:
      return refuse(ask, ERRORS.wrongPassword);
    case GROUPS.time:
      // snap7_s300_everything.pcapng, frame at 0.3869 s: 8 February 2016, 14:51:37.
      return ask.subfunction === 1
        ? answer(ask, { data: Buffer.from("00191602081451379162", "hex") })
        : refuse(ask, ERRORS.noService);
    default:
      return refuse(ask, ERRORS.noService);
  }
}

interface Ask {
  readonly pdu: S7Pdu;
  readonly group: number;
  readonly subfunction: number;
  readonly sequence: number;
}

function answerLists(traits: S7Traits, ask: Ask, session: UserDataSession): Buffer | "hang-up" {
  if (traits.szl === "closes") return "hang-up";
  if (ask.subfunction !== 1) return refuse(ask, ERRORS.noService);
  if (ask.pdu.parameters.length === 12) return nextPart(ask, session);
  if (ask.pdu.data.length < 8) return refuse(ask, ERRORS.noList);
  const list = systemStatusList(traits, ask.pdu.data.readUInt16BE(4), ask.pdu.data.readUInt16BE(6));
  if (list === undefined) return refuse({ ...ask, sequence: session.sequence }, ERRORS.noList);
  session.pending = listBytes(list);
  return nextPart({ ...ask, sequence: session.sequence }, session);
}

/** As much as the PDU holds; the rest waits for the client to ask again. */
function nextPart(ask: Ask, session: UserDataSession): Buffer {
  if (session.pending.length === 0 || ask.sequence !== session.sequence) return refuse(ask, ERRORS.noList);
  // Header 10, parameters 12, data header 4.
  const room = session.pduSize - 26;
  const data = session.pending.subarray(0, room);
  session.pending = session.pending.subarray(room);
  const isLast = session.pending.length === 0;
  const isFollowUp = ask.pdu.parameters.length === 12;
  if (!isLast && !isFollowUp) session.dataUnitReference = (session.dataUnitReference + 1) & 0xff;
  const reference = isLast && !isFollowUp ? 0 : session.dataUnitReference;
  return answer(ask, { data, reference, isLast });
}

function listBytes({ id, index, records }: SzlAnswer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(index, 2);
  head.writeUInt16BE(records[0]?.length ?? 0, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, ...records]);
}

/** Kinds of blocks in the order of the capture: OB, FB, FC, DB, SDB, SFC, SFB, each with its letter's code. */
const KINDS: readonly (readonly [number, number])[] = [
  [0x38, 1],
  [0x45, 0],
  [0x43, 0],
  [0x41, 0],
  [0x42, 8],
  [0x44, 0x4d],
  [0x46, 0x0f],
];
const DATA_BLOCKS = 0x41;

function answerBlocks({ memory }: S7Device, ask: Ask): Buffer {
  if (ask.subfunction !== 1) return refuse(ask, ERRORS.noBlock);
  const counts = KINDS.map(([kind, count]) => {
    const blocks = kind === DATA_BLOCKS ? dataBlocks(memory) : count;
    return Buffer.from([0x30, kind, blocks >> 8, blocks & 0xff]);
  });
  return answer(ask, { data: Buffer.concat(counts) });
}

const dataBlocks = ({ cells }: S7Memory): number =>
  new Set(cells.filter(({ area }) => area === "dataBlock").map(({ db }) => db)).size;

interface Part {
  readonly data: Buffer;
  readonly reference?: number;
  readonly isLast?: boolean;
}

function answer(ask: Ask, { data, reference = 0, isLast = true }: Part): Buffer {
  const head = Buffer.from([0xff, 0x09, data.length >> 8, data.length & 0xff]);
  return userData(ask.pdu.reference, parametersOf(ask, reference, isLast, 0), Buffer.concat([head, data]));
}

function refuse(ask: Ask, error: number): Buffer {
  return userData(ask.pdu.reference, parametersOf(ask, 0, true, error), Buffer.from("0a000000", "hex"));
}

function parametersOf(ask: Ask, reference: number, isLast: boolean, error: number): Buffer {
  return Buffer.from([
    ...[0x00, 0x01, 0x12, 0x08, 0x12],
    0x80 | ask.group,
    ask.subfunction,
    ask.sequence,
    reference,
    isLast ? 0 : 1,
    error >> 8,
    error & 0xff,
  ]);
}
