import { type Cursor, createCursor } from "./cursor.ts";
import { decodeS7Header, encodeS7Request, S7_KIND } from "./s7-header.ts";
import { WireError } from "./wire-error.ts";

/** One answer to the service "read system status list"; several make a list that does not fit a PDU. */
export type SzlReply =
  | {
      readonly kind: "part";
      /** To be given back in the request for the next part. */
      readonly sequence: number;
      /** Names the row of parts on the controller's side. */
      readonly dataReference: number;
      readonly isLast: boolean;
      /** The parameters end before reference, mark and error: no controller leaves these out, conpot does. */
      readonly isCurt: boolean;
      /** The first one begins with the header of the list; the others go on where the one before ended. */
      readonly bytes: Buffer;
    }
  /** Class and code: 0xd402, this list is not available here (ITI/ICS-Security-Tools, snap7_s300_everything.pcapng); or
   *  a return code: 0x0a, as an S7-1200 refuses 0x001c (gijzelaerr/python-snap7 #710). */
  | { readonly kind: "refused"; readonly error: number };

// Userdata parameters (Wireshark, packet-s7comm.c): head, method 11 request / 12 with a sequence, group, subfunction.
const HEAD = [0x00, 0x01, 0x12] as const;
const REQUEST_PARAMETERS = [...HEAD, 0x04, 0x11, 0x44, 0x01, 0x00] as const;
const GROUP_REPLY_CPU = 0x84;
const READ_SZL = 0x01;
const RETURN_OK = 0xff;
const RETURN_NONE = 0x0a;
const TRANSPORT_OCTETS = 0x09;
const LENGTH_IN_BITS = 0x04;

/** TPKT and COTP included, as in all that follows.
 *  @param id of the list: 0x0011 @param index of the part of the list that is wanted; 0 for all of it */
export function encodeSzlRequest(number: number, id: number, index: number): Buffer {
  const data = Buffer.from([RETURN_OK, TRANSPORT_OCTETS, 0, 4, 0, 0, 0, 0]);
  data.writeUInt16BE(id, 4);
  data.writeUInt16BE(index, 6);
  return encodeS7Request(S7_KIND.userdata, number, Uint8Array.from(REQUEST_PARAMETERS), data);
}

/** Asks for the part after the one that came with `sequence` (STEP 7 does it so:
 *  ITI/ICS-Security-Tools, snap7_s300_everything.pcapng). */
export function encodeSzlFollowUp(number: number, sequence: number): Buffer {
  const parameters = Uint8Array.from([...HEAD, 0x08, 0x12, 0x44, READ_SZL, sequence, 0, 0, 0, 0]);
  const data = Uint8Array.from([RETURN_NONE, 0, 0, 0]);
  return encodeS7Request(S7_KIND.userdata, number, parameters, data);
}

/** @param pdu without TPKT and COTP
 *  @throws WireError where it is no answer to a request for a list */
export function decodeSzlReply(pdu: Buffer): SzlReply {
  const header = decodeS7Header(pdu);
  // A controller that knows no userdata answers with an ordinary error.
  if (header.error !== 0) return { kind: "refused", error: header.error };
  if (header.kind !== S7_KIND.userdata) throw new WireError(1, `kind ${header.kind} is no userdata`);
  const dataAt = pdu.length - header.data.length;
  const tail = takeParameters(createCursor(pdu.subarray(0, dataAt), dataAt - header.parameters.length));
  if (tail.error !== 0) return { kind: "refused", error: tail.error };
  const data = takeData(createCursor(pdu, dataAt));
  return typeof data === "number"
    ? { kind: "refused", error: data }
    : { kind: "part", ...tail.row, bytes: data };
}

interface Tail {
  readonly row: Omit<Extract<SzlReply, { readonly kind: "part" }>, "bytes" | "kind">;
  readonly error: number;
}

/** What is left of the parameters of which the last four bytes were left out (mushorg/conpot, s7.py). */
const CURT_PARAMETERS = 4;

function takeParameters(cursor: Cursor): Tail {
  for (const byte of HEAD) {
    if (cursor.u8("the parameters") !== byte) cursor.fail("this is no answer to userdata");
  }
  const length = cursor.u8("the length of the parameters");
  const isCurt = cursor.left === CURT_PARAMETERS;
  if (length !== cursor.left && !isCurt)
    cursor.fail(`${length} bytes of parameters are told and ${cursor.left} came`);
  cursor.skip(1, "the method");
  const group = cursor.u8("the function group");
  const subfunction = cursor.u8("the function");
  if (group !== GROUP_REPLY_CPU || subfunction !== READ_SZL) {
    cursor.fail(`group 0x${group.toString(16)}, function ${subfunction} is no system status list`);
  }
  const sequence = cursor.u8("the sequence number");
  if (isCurt) return { row: { sequence, dataReference: 0, isLast: true, isCurt }, error: 0 };
  const dataReference = cursor.u8("the data reference");
  const isLast = cursor.u8("the mark of the last part") === 0;
  const error = cursor.u16("the error");
  return { row: { sequence, dataReference, isLast, isCurt }, error };
}

/** @returns the return code where there are no data */
function takeData(cursor: Cursor): Buffer | number {
  const code = cursor.u8("the return code");
  if (code !== RETURN_OK) return code;
  const transport = cursor.u8("the transport code");
  const stated = cursor.u16("the length of the data");
  const length = transport === LENGTH_IN_BITS ? stated / 8 : stated;
  const bytes = cursor.bytes(length, "the data");
  // A fill byte may follow.
  if (cursor.left > 1) cursor.fail(`${cursor.left} bytes follow the data`);
  return bytes;
}
