import type { Socket } from "node:net";
import { connectionConfirm, cutTpkt, dataTransfer, readConnectionRequest } from "./s7-frames.ts";
import { jobAnswer, readPdu, type S7Pdu, userData } from "./s7-pdu.ts";

/** A honeypot as conpot is one (mushorg/conpot, protocols/s7comm: cotp.py, s7.py, s7_server.py): it confirms any TSAP
 *  without a TPDU size and with reference 0, grants whatever is asked, knows two lists, leaves out the last four bytes
 *  of their parameters, and hangs up when asked for anything else. */
export function serveConpotLike(socket: Socket): void {
  let bytes: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let cut = cutTpkt(bytes); cut !== "more"; cut = cutTpkt(bytes)) {
      const answer = cut === "garbage" ? undefined : answerTo(cut.frame);
      if (cut === "garbage" || answer === undefined) {
        socket.destroy();
        return;
      }
      socket.write(answer);
      bytes = cut.rest;
    }
  });
}

function answerTo(frame: Buffer): Buffer | undefined {
  const request = frame[5] === 0xe0 ? readConnectionRequest(frame) : undefined;
  if (request !== undefined) return connectionConfirm(request, 0, "no-size");
  const pdu = frame[5] === 0xf0 ? readPdu(frame.subarray(7)) : undefined;
  if (pdu === undefined) return undefined;
  const answer = pdu.kind === 7 ? answerList(pdu) : answerJob(pdu);
  return answer === undefined ? undefined : dataTransfer(answer);
}

const SETUP = 0xf0;

function answerJob(pdu: S7Pdu): Buffer | undefined {
  return pdu.parameters[0] === SETUP ? jobAnswer(pdu.reference, pdu.parameters) : undefined;
}

function answerList(pdu: S7Pdu): Buffer | undefined {
  if (pdu.data.length < 8) return undefined;
  const id = pdu.data.readUInt16BE(4);
  const index = pdu.data.readUInt16BE(6);
  const data = id === 0x11 ? moduleList(index) : id === 0x1c ? componentList(index) : undefined;
  return data === undefined
    ? undefined
    : userData(pdu.reference, Buffer.from("0001120812840101", "hex"), data);
}

/** One record of the index asked for; nothing at all for index 0. */
function moduleList(index: number): Buffer {
  if (index !== 1 && index !== 6 && index !== 7) return Buffer.alloc(0);
  // "V3", then 1337 and 1338 as the rest of the version.
  const version = { 1: "000000000000", 6: "000056330539", 7: "00005633053a" }[index];
  return list(0x11, index, [Buffer.concat([word(index), Buffer.alloc(20), Buffer.from(version, "hex")])]);
}

/** Its default template. */
const NAMES: readonly (readonly [number, string])[] = [
  [1, "Technodrome"],
  [2, "Siemens, SIMATIC, S7-200"],
  [3, "Mouser Factory"],
  [4, "Original Siemens Equipment"],
  [5, "88111222"],
  [7, "IM151-8 PN/DP CPU"],
  [10, ""],
  [11, ""],
];

function componentList(index: number): Buffer {
  return list(
    0x1c,
    index,
    NAMES.map(([number, name]) => Buffer.concat([word(number), Buffer.from(name, "latin1")], 34)),
  );
}

function list(id: number, index: number, records: readonly Buffer[]): Buffer {
  const body = Buffer.concat([
    word(id),
    word(index),
    word(records[0]?.length ?? 0),
    word(records.length),
    ...records,
  ]);
  return Buffer.concat([Buffer.from([0xff, 0x09]), word(body.length), body]);
}

function word(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
